using System.Buffers;
using System.Buffers.Binary;
using Stammgast.Identity;

namespace Stammgast.Profiles;

// The bytes. One state has one encoding: tables are sorted, strings are sorted and front-coded,
// times are distances to the newest. Layout, version 1:
//   version, pieces, erasedAt │ anchor, root?, ties │ origins │ strings │ newest │ groups
// A tombstone is 17 bytes and never sealed: its leaf's key is gone. Anything sealed is longer.
public sealed partial class LeafState
{
    private const byte CodecVersion = 1;
    private const int TombstoneBytes = 17;

    private static ReadOnlySpan<byte> TombstoneMark => "SG-ERASED"u8;

    /// <summary>What stays of an erased leaf: that, and when. Stored in the clear.</summary>
    public static byte[] Tombstone(long erasedAtMs)
    {
        var bytes = new byte[TombstoneBytes];
        TombstoneMark.CopyTo(bytes);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(9), erasedAtMs);
        return bytes;
    }

    /// <summary>Whether a stored body is a tombstone, and of when.</summary>
    public static bool TryReadTombstone(ReadOnlySpan<byte> body, out long erasedAtMs)
    {
        erasedAtMs = 0;
        if (body.Length != TombstoneBytes || !body.StartsWith(TombstoneMark))
            return false;
        erasedAtMs = BinaryPrimitives.ReadInt64BigEndian(body[9..]);
        return true;
    }

    /// <summary>An erased leaf as it begins again.</summary>
    public static LeafState Erased(LeafId leaf, IdentifierType anchor, long erasedAtMs) =>
        new(leaf, anchor, new MarkTable(byOrigin: true)) { ErasedAtMs = erasedAtMs };

    /// <summary>The whole state as bytes to be sealed.</summary>
    public byte[] Encode()
    {
        var target = new ArrayBufferWriter<byte>(1_024);
        target.Put(CodecVersion);
        target.PutVarint((ulong)Pieces);
        target.PutVarint((ulong)ErasedAtMs);
        WriteContent(target);
        return target.WrittenSpan.ToArray();
    }

    /// <summary>
    /// What is a function of the set of events (and of what staff said): all but the number of
    /// pieces, which depends on how the events came.
    /// </summary>
    public byte[] EncodeContent()
    {
        var target = new ArrayBufferWriter<byte>(512);
        WriteContent(target);
        return target.WrittenSpan.ToArray();
    }

    /// <summary>Reads what <see cref="Encode"/> wrote for this leaf.</summary>
    /// <exception cref="InvalidDataException">It did not write this.</exception>
    public static LeafState Decode(LeafId leaf, ReadOnlySpan<byte> source)
    {
        var reader = new StateReader(source);
        if (reader.Byte() != CodecVersion)
            throw new InvalidDataException("A leaf's state of an unknown version.");
        var pieces = (long)reader.Varint();
        var erasedAtMs = (long)reader.Varint();
        var anchor = (IdentifierType)reader.Byte();
        var root = reader.Byte() == 0 ? leaf : LeafId.Read(reader.Take(16));
        var ties = new Tie[reader.Count()];
        for (var i = 0; i < ties.Length; i++)
            ties[i] = new Tie(LeafId.Read(reader.Take(16)), reader.Byte() != 0, (long)reader.Varint());
        var table = new MarkTable(byOrigin: true);
        MarkCodec.Read(ref reader, table);
        return new LeafState(leaf, anchor, table)
        {
            Root = root,
            Ties = ties,
            Pieces = pieces,
            ErasedAtMs = erasedAtMs,
        };
    }

    private void WriteContent(ArrayBufferWriter<byte> target)
    {
        target.Put((byte)Anchor);
        target.Put(Root == Leaf ? (byte)0 : (byte)1);
        if (Root != Leaf)
            target.PutLeaf(Root);
        target.PutVarint((ulong)Ties.Count);
        foreach (var tie in Ties)
        {
            target.PutLeaf(tie.Other);
            target.Put(tie.Joined ? (byte)1 : (byte)0);
            target.PutVarint((ulong)tie.AtMs);
        }
        MarkCodec.Write(_marks.Marks, target);
    }
}
