using System.Buffers.Binary;

namespace Stammgast.Identity;

/// <summary>A leaf within a person.</summary>
/// <param name="Leaf">Which.</param>
/// <param name="JoinedAtMs">When its link was first seen, ms since 1970 UTC; 0 for the root.</param>
public readonly record struct Member(LeafId Leaf, long JoinedAtMs);

/// <summary>
/// A person's own small record under its root leaf: which leaves it is made of. A person of one
/// leaf has none until something (a reservation) needs its version.
/// </summary>
/// <param name="Members">Sorted; the root is among them.</param>
public sealed record PersonRecord(IReadOnlyList<Member> Members)
{
    private const byte CodecVersion = 1;
    private const int MemberBytes = 24;

    /// <summary>A person of one leaf.</summary>
    public static PersonRecord Alone(LeafId leaf) => new([new Member(leaf, 0)]);

    /// <summary>One byte of version, then 24 bytes a member in ascending order.</summary>
    public byte[] Encode()
    {
        var bytes = new byte[1 + MemberBytes * Members.Count];
        bytes[0] = CodecVersion;
        var at = bytes.AsSpan(1);
        foreach (var member in Members.OrderBy(member => member.Leaf))
        {
            member.Leaf.Write(at);
            BinaryPrimitives.WriteInt64BigEndian(at[16..], member.JoinedAtMs);
            at = at[MemberBytes..];
        }
        return bytes;
    }

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It did not write this.</exception>
    public static PersonRecord Decode(ReadOnlySpan<byte> source)
    {
        if (source.Length <= MemberBytes || source[0] != CodecVersion
            || (source.Length - 1) % MemberBytes != 0)
            throw new InvalidDataException("Not a person's record.");
        var members = new Member[(source.Length - 1) / MemberBytes];
        for (var i = 0; i < members.Length; i++)
        {
            var from = source[(1 + i * MemberBytes)..];
            members[i] = new Member(
                LeafId.Read(from), BinaryPrimitives.ReadInt64BigEndian(from[16..]));
        }
        return new PersonRecord(members);
    }

    /// <inheritdoc/>
    public bool Equals(PersonRecord? other) =>
        other is not null && Members.SequenceEqual(other.Members);

    /// <inheritdoc/>
    public override int GetHashCode() => Members.Count == 0 ? 0 : Members[0].GetHashCode();
}
