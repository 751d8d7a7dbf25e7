namespace Stammgast.Decisions;

/// <summary>Fixed 64-bit hashes of configured keys (never of personal data). Stored: never change.</summary>
public static class KeyHash
{
    /// <summary>FNV-1a over the UTF-16 units, mixed; 0 for the empty key only.</summary>
    public static ulong Of(ReadOnlySpan<char> key)
    {
        if (key.IsEmpty)
            return 0;
        var hash = 14_695_981_039_346_656_037UL;
        foreach (var c in key)
            hash = (hash ^ c) * 1_099_511_628_211UL;
        return Mix(hash) | 1;
    }

    /// <summary>SplitMix64's finaliser: every input bit moves every output bit.</summary>
    public static ulong Mix(ulong x)
    {
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ x >> 27) * 0x94D049BB133111EBUL;
        return x ^ x >> 31;
    }
}
