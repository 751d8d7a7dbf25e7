using System.Buffers.Binary;
using System.Text;

namespace Stammgast.Decisions;

/// <summary>
/// A decision as it is stored: at most <see cref="MaxBytes"/>, with the first
/// <see cref="MaxCandidates"/> candidates. <see cref="Replay"/> settles it again from what was
/// recorded and never asks a model. Bytes: format, id, instant, header, sparse drop counts,
/// candidates; varints; keys of more than <see cref="InlineKeyBytes"/> bytes as a hash.
/// </summary>
public static class DecisionRecord
{
    /// <summary>Upper bound of a record.</summary>
    public const int MaxBytes = 1024;

    /// <summary>Candidates kept: shown ones first, then by score.</summary>
    public const int MaxCandidates = 20;

    /// <summary>Longer keys are kept as <c>#</c> and 16 hex digits of their hash.</summary>
    public const int InlineKeyBytes = 24;

    private const byte Format = 1;

    /// <summary>The record's bytes: the same for the same decision. A settled decision only.</summary>
    public static byte[] Encode(Decision decision)
    {
        Span<byte> buffer = stackalloc byte[MaxBytes];
        var writer = new Writer(buffer);
        writer.Byte(Format);
        writer.Id(decision.Id);
        writer.Number((ulong)decision.AtMs);
        writer.Byte((byte)((int)decision.Type | (decision.Personal ? 0x80 : 0)));
        writer.Key(decision.Placement, Placement.KeyChars);
        writer.Number((ulong)decision.Limit);
        writer.Fixed(decision.Seed);
        writer.Number((ulong)decision.Versions.Arbitration);
        writer.Number((ulong)decision.Versions.Catalogue);
        writer.Number((ulong)decision.Versions.Models);
        writer.Byte((byte)decision.Block);
        writer.Number((ulong)decision.Facts);
        writer.Key(decision.Campaign, Placement.KeyChars);
        writer.Byte((byte)decision.Reason);
        writer.Byte((byte)decision.Silence);
        Drops(ref writer, decision.Drops);
        var count = Math.Min(decision.Candidates.Length, MaxCandidates);
        writer.Number((ulong)Math.Min(decision.ShownCount, count));
        writer.Byte((byte)count);
        foreach (ref readonly var candidate in decision.Candidates.AsSpan(0, count))
        {
            writer.Key(candidate.Key, InlineKeyBytes);
            writer.Number((ulong)candidate.Score);
            writer.Byte((byte)candidate.Source);
            writer.Byte((byte)candidate.Held);
            writer.Number((ulong)candidate.Position);
        }
        return buffer[..writer.Length].ToArray();
    }

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    /// <exception cref="FormatException">Not ours, or cut short.</exception>
    public static Decision Decode(ReadOnlySpan<byte> record)
    {
        var reader = new Reader(record);
        if (reader.Byte() != Format)
            throw new FormatException("Unknown form of a decision.");
        var id = reader.Id();
        var atMs = (long)reader.Number();
        var type = reader.Byte();
        var decision = new Decision
        {
            Id = id,
            AtMs = atMs,
            Type = (PlacementType)(type & 0x7F),
            Personal = (type & 0x80) != 0,
            Placement = reader.Key(),
            Limit = (int)reader.Number(),
            Seed = reader.Fixed(),
            Versions = new((int)reader.Number(), (long)reader.Number(), (long)reader.Number()),
            Block = (HeldBack)reader.Byte(),
            Facts = (FactsUsed)reader.Number(),
            Campaign = reader.Key(),
            Reason = (ShownFor)reader.Byte(),
            Silence = (HeldBack)reader.Byte(),
            Drops = Drops(ref reader),
            ShownCount = (int)reader.Number(),
            Candidates = new Judged[reader.Byte()],
        };
        for (var i = 0; i < decision.Candidates.Length; i++)
        {
            decision.Candidates[i] = new Judged(reader.Key(), (int)reader.Number(),
                (ShownFor)reader.Byte(), (HeldBack)reader.Byte(), (short)reader.Number(),
                (short)(i < decision.ShownCount ? i + 1 : 0));
        }
        return decision;
    }

    /// <summary>
    /// Settles the recorded candidates again, from their scores alone and in another order than
    /// they were written, and encodes what comes out: the same bytes, or the record was changed.
    /// </summary>
    public static byte[] Replay(ReadOnlySpan<byte> record)
    {
        var decision = Decode(record);
        Array.Sort(decision.Candidates, static (a, b) => a.Position.CompareTo(b.Position));
        return Encode(Arbitration.Settle(decision with
        {
            ShownCount = 0,
            Reason = ShownFor.None,
            Silence = HeldBack.None,
        }));
    }

    private static void Drops(ref Writer writer, int[] drops)
    {
        var kinds = 0;
        foreach (var count in drops)
            kinds += count > 0 ? 1 : 0;
        writer.Byte((byte)kinds);
        for (var code = 0; code < drops.Length; code++)
        {
            if (drops[code] == 0)
                continue;
            writer.Byte((byte)code);
            writer.Number((ulong)drops[code]);
        }
    }

    private static int[] Drops(ref Reader reader)
    {
        var drops = new int[ReasonCodes.HeldCount];
        for (var kinds = reader.Byte(); kinds > 0; kinds--)
        {
            var code = reader.Byte();
            if (code >= drops.Length)
                throw new FormatException("Unknown drop code.");
            drops[code] = (int)reader.Number();
        }
        return drops;
    }

    /// <summary>A key as the record keeps it.</summary>
    public static string KeyIn(string key, int inlineBytes) =>
        Encoding.UTF8.GetByteCount(key) <= inlineBytes ? key
            : "#" + KeyHash.Of(key).ToString("x16", System.Globalization.CultureInfo.InvariantCulture);

    private ref struct Writer(Span<byte> target)
    {
        private readonly Span<byte> target = target;

        public int Length { get; private set; }

        public void Byte(byte value) => target[Length++] = value;

        public void Fixed(ulong value)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(target[Length..], value);
            Length += 8;
        }

        public void Id(DecisionId id)
        {
            BinaryPrimitives.WriteUInt128LittleEndian(target[Length..], id.Value);
            Length += 16;
        }

        public void Number(ulong value)
        {
            for (; value > 0x7F; value >>= 7)
                Byte((byte)(value | 0x80));
            Byte((byte)value);
        }

        public void Key(string key, int inlineBytes)
        {
            var kept = KeyIn(key, inlineBytes);
            var length = Encoding.UTF8.GetBytes(kept, target[(Length + 1)..]);
            Byte((byte)length);
            Length += length;
        }
    }

    private ref struct Reader(ReadOnlySpan<byte> source)
    {
        private ReadOnlySpan<byte> source = source;

        public byte Byte() => Take(1)[0];

        public ulong Fixed() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

        public DecisionId Id() => new(BinaryPrimitives.ReadUInt128LittleEndian(Take(16)));

        public ulong Number()
        {
            var value = 0UL;
            for (var shift = 0; shift < 64; shift += 7)
            {
                var part = Byte();
                value |= (ulong)(part & 0x7F) << shift;
                if (part < 0x80)
                    return value;
            }
            throw new FormatException("A number without end.");
        }

        public string Key() => Encoding.UTF8.GetString(Take(Byte()));

        private ReadOnlySpan<byte> Take(int count)
        {
            if (source.Length < count)
                throw new FormatException("A decision cut short.");
            var taken = source[..count];
            source = source[count..];
            return taken;
        }
    }
}
