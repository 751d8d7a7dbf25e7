using System.Security.Cryptography;
using System.Text;
using Stammgast.Keys;
using Xunit;

namespace Stammgast.Tests.Keys;

public sealed class BlindIndexTests
{
    private static readonly byte[] Pepper = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly Identifier Anna = new(IdentifierType.Email, "anna@example.com");

    [Fact]
    public void Sip_hash_gives_the_vector_of_its_paper()
    {
        var hash = new SipHash(0x0706050403020100, 0x0f0e0d0c0b0a0908);
        hash.Add([.. Enumerable.Range(0, 15).Select(i => (byte)i)]);
        Assert.Equal(0xa129ca6149be45e5, hash.End());
    }

    [Theory]
    [InlineData(0, 0x726fdb47dd0e0e31)]
    [InlineData(1, 0x74f839c593dc67fd)]
    [InlineData(8, 0x93f5f5799a932462)]
    public void Sip_hash_gives_the_vectors_of_its_reference(int length, ulong expected)
    {
        var hash = new SipHash(0x0706050403020100, 0x0f0e0d0c0b0a0908);
        hash.Add([.. Enumerable.Range(0, length).Select(i => (byte)i)]);
        Assert.Equal(expected, hash.End());
    }

    [Fact]
    public void A_leaf_is_hmac_sha256_of_type_version_and_value_under_a_derived_key()
    {
        var key = HKDF.Expand(
            HashAlgorithmName.SHA256, Pepper, 32, "stammgast leaf v1"u8.ToArray());
        byte[] input = [3, 1, .. Encoding.UTF8.GetBytes(Anna.Value)];
        var mac = HMACSHA256.HashData(key, input);
        Assert.Equal(LeafId.Read(mac), new BlindIndex(Pepper).Leaf(Anna));
    }

    [Fact]
    public void The_same_identifier_gives_the_same_hashes_and_another_pepper_others()
    {
        var index = new BlindIndex(Pepper);
        var other = new BlindIndex(RandomNumberGenerator.GetBytes(32));
        Assert.Equal(index.Leaf(Anna), new BlindIndex(Pepper).Leaf(Anna));
        Assert.Equal(index.LookUp(Anna), new BlindIndex(Pepper).LookUp(Anna));
        Assert.NotEqual(index.Leaf(Anna), other.Leaf(Anna));
        Assert.NotEqual(index.LookUp(Anna), other.LookUp(Anna));
    }

    [Fact]
    public void Type_and_use_are_part_of_a_hash()
    {
        var index = new BlindIndex(Pepper);
        var asUser = Anna with { Type = IdentifierType.UserId };
        Assert.NotEqual(index.Leaf(Anna), index.Leaf(asUser));
        Assert.NotEqual(index.LookUp(Anna), index.LookUp(asUser));
        Assert.NotEqual(index.Leaf(Anna).Value, index.LookUp(Anna).Value);
    }

    [Fact]
    public void A_message_key_depends_on_source_leaf_and_message_id()
    {
        var index = new BlindIndex(Pepper);
        var leaf = index.Leaf(Anna);
        var key = index.Message(new SourceId(1), leaf, "m-1"u8);
        Assert.Equal(key, index.Message(new SourceId(1), leaf, "m-1"u8));
        Assert.NotEqual(key, index.Message(new SourceId(2), leaf, "m-1"u8));
        Assert.NotEqual(key, index.Message(new SourceId(1), LeafId.None, "m-1"u8));
        Assert.NotEqual(key, index.Message(new SourceId(1), leaf, "m-2"u8));
        Assert.NotEqual(key, index.Message(new SourceId(1), leaf, "m-1\0"u8));
    }

    [Fact]
    public void Domain_and_value_never_read_as_another_pair()
    {
        var index = new BlindIndex(Pepper);
        Assert.NotEqual(index.Hash("ab"u8, "c"u8), index.Hash("a"u8, "bc"u8));
        Assert.NotEqual(index.Hash(""u8, "abc"u8), index.Hash("abc"u8, ""u8));
        Assert.Equal(index.Hash("a"u8, new byte[5_000]), index.Hash("a"u8, new byte[5_000]));
    }

    [Fact]
    public void Buckets_are_even()
    {
        var index = new BlindIndex(Pepper);
        var counts = new int[Limits.Buckets];
        for (var i = 0; i < 25_600; i++)
            counts[index.Leaf(new Identifier(IdentifierType.UserId, "u" + i)).Bucket]++;
        // 100 each on average, a standard deviation of 10.
        Assert.All(counts, count => Assert.InRange(count, 40, 170));
    }
}
