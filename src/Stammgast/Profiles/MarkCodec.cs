using System.Buffers;

namespace Stammgast.Profiles;

/// <summary>
/// Marks as bytes: origins and texts once each, then groups of one kind and origin, in which a
/// mark stores only the columns of its kind.
/// </summary>
internal static class MarkCodec
{
    private const long DayMs = 86_400_000;
    private const int BytesOfMark = 4;
    private const int MarksAtFirst = 64;

    public static void Write(ReadOnlySpan<Mark> marks, ArrayBufferWriter<byte> target)
    {
        var origins = new List<Origin>();
        var texts = new Dictionary<string, int>(StringComparer.Ordinal);
        long newestMs = 0;
        foreach (ref readonly var mark in marks)
        {
            if (!origins.Contains(mark.Origin))
                origins.Add(mark.Origin);
            var columns = MarkLaw.Of(mark.Kind).Columns;
            Note(texts, mark.A, columns & Columns.A);
            Note(texts, mark.B, columns & Columns.B);
            Note(texts, mark.C, columns & Columns.C);
            newestMs = Math.Max(newestMs, mark.AtMs);
        }
        origins.Sort();
        target.PutVarint((ulong)origins.Count);
        foreach (var origin in origins)
        {
            target.PutVarint(origin.Allowed.Bits);
            target.Put((byte)origin.Provenance);
        }
        var sorted = texts.Keys.Order(StringComparer.Ordinal).ToArray();
        for (var i = 0; i < sorted.Length; i++)
            texts[sorted[i]] = i;
        TextTable.Write(sorted, target);
        target.PutVarint((ulong)newestMs);
        WriteGroups(marks, target, new Tables(origins, texts, newestMs));
    }

    public static void Read(ref StateReader reader, MarkTable into)
    {
        var origins = new Origin[reader.Count()];
        for (var i = 0; i < origins.Length; i++)
            origins[i] = new Origin(new PurposeSet(reader.Varint()), (Provenance)reader.Byte());
        var texts = TextTable.Read(ref reader);
        var newestMs = (long)reader.Varint();
        into.Expect(Math.Min(reader.Left / BytesOfMark, MarksAtFirst));
        while (!reader.IsAtEnd)
        {
            var kind = (MarkKind)reader.Byte();
            var columns = MarkLaw.Of(kind).Columns;
            var origin = origins[(int)reader.Varint()];
            for (var left = reader.Count(); left > 0; left--)
            {
                into.AddSorted(new Mark
                {
                    Kind = kind,
                    Origin = origin,
                    Slot = columns.HasFlag(Columns.Slot) ? (long)reader.Varint() : 0,
                    A = columns.HasFlag(Columns.A) ? texts[(int)reader.Varint()] : "",
                    B = columns.HasFlag(Columns.B) ? texts[(int)reader.Varint()] : "",
                    AtMs = columns.HasFlag(Columns.At) ? ReadTime(ref reader, kind, newestMs) : 0,
                    N = columns.HasFlag(Columns.N) ? reader.Signed() : 0,
                    C = columns.HasFlag(Columns.C) ? texts[(int)reader.Varint()] : "",
                });
            }
        }
    }

    private static void WriteGroups(
        ReadOnlySpan<Mark> marks, ArrayBufferWriter<byte> target, in Tables tables)
    {
        var from = 0;
        while (from < marks.Length)
        {
            ref readonly var first = ref marks[from];
            var to = from + 1;
            while (to < marks.Length && marks[to].Kind == first.Kind
                && marks[to].Origin == first.Origin)
                to++;
            target.Put((byte)first.Kind);
            target.PutVarint((ulong)tables.Origins.BinarySearch(first.Origin));
            target.PutVarint((ulong)(to - from));
            var columns = MarkLaw.Of(first.Kind).Columns;
            foreach (ref readonly var mark in marks[from..to])
                WriteMark(mark, columns, target, tables);
            from = to;
        }
    }

    private static void WriteMark(
        in Mark mark, Columns columns, ArrayBufferWriter<byte> target, in Tables tables)
    {
        if (columns.HasFlag(Columns.Slot))
            target.PutVarint((ulong)mark.Slot);
        if (columns.HasFlag(Columns.A))
            target.PutVarint((ulong)tables.Texts[mark.A]);
        if (columns.HasFlag(Columns.B))
            target.PutVarint((ulong)tables.Texts[mark.B]);
        if (columns.HasFlag(Columns.At))
            target.PutVarint((ulong)TimeOf(mark, tables.NewestMs));
        if (columns.HasFlag(Columns.N))
            target.PutSigned(mark.N);
        if (columns.HasFlag(Columns.C))
            target.PutVarint((ulong)tables.Texts[mark.C]);
    }

    // Days since 1970 where days are all that is known; else the distance to the newest time.
    private static long TimeOf(in Mark mark, long newestMs) =>
        mark.Kind == MarkKind.Rested ? mark.AtMs / DayMs : newestMs - mark.AtMs;

    private static long ReadTime(ref StateReader reader, MarkKind kind, long newestMs)
    {
        var value = (long)reader.Varint();
        return kind == MarkKind.Rested ? value * DayMs : newestMs - value;
    }

    private static void Note(Dictionary<string, int> texts, string text, Columns column)
    {
        if (column != Columns.None)
            texts.TryAdd(text, 0);
    }

    private readonly record struct Tables(
        List<Origin> Origins, Dictionary<string, int> Texts, long NewestMs);
}
