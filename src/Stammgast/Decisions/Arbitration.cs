namespace Stammgast.Decisions;

/// <summary>
/// The last word: which of the candidates that may be shown are, in which order, and for which
/// one reason. Integers only and a total order, so that the same candidates give the same answer
/// on every machine and from the stored 20 alone. Changing any rule raises <see cref="Current"/>
/// and keeps the old one for replay.
/// </summary>
public static class Arbitration
{
    /// <summary>The rules that new decisions use.</summary>
    public const int Current = 1;

    private const int PositionBits = 11;

    // One row has one honest sentence, so it is never a blend of voices. What came of the page in
    // front of her, of this visit and of her past is one voice: its sentence is true of each.
    private static readonly int[] VoiceOf =
    [
        0, (int)ShownFor.Session, (int)ShownFor.Session, (int)ShownFor.BuyAgain,
        (int)ShownFor.Popular, (int)ShownFor.Contextual, (int)ShownFor.DeclaredPreference,
        (int)ShownFor.Audience, (int)ShownFor.Wish,
    ];

    /// <summary>Whether two reasons are one voice, so that a row may hold candidates of both.</summary>
    public static bool IsOneVoice(ShownFor a, ShownFor b) => VoiceOf[(int)a] == VoiceOf[(int)b];

    /// <summary>
    /// Settles a decision whose candidates are judged. Reorders and ranks its candidates in place
    /// (the array is the decision's own). O(n log n).
    /// </summary>
    public static Decision Settle(Decision decision)
    {
        if (decision.Versions.Arbitration != Current)
            throw new NotSupportedException("No such arbitration version.");
        var candidates = decision.Candidates;
        var voice = decision.Type == PlacementType.Items ? Voice(candidates, decision.Limit) : 0;
        var shown = Order(decision, decision.Block == HeldBack.None ? voice : null);
        Rest(candidates, shown);
        return decision with
        {
            ShownCount = shown,
            Reason = shown > 0 ? candidates[0].Source : ShownFor.None,
            Silence = shown > 0 ? HeldBack.None : Silence(decision),
        };
    }

    private static int Order(Decision decision, int? voice)
    {
        var candidates = decision.Candidates;
        Span<ulong> keys = candidates.Length <= 512
            ? stackalloc ulong[candidates.Length] : new ulong[candidates.Length];
        var eligible = 0;
        for (var i = 0; i < candidates.Length; i++)
        {
            var candidate = candidates[i];
            var may = voice is { } wanted && May(candidate, decision.Type, wanted);
            keys[i] = Key(candidate, decision, may);
            eligible += may ? 1 : 0;
        }
        keys.Sort(candidates.AsSpan());
        var limit = decision.Type switch
        {
            PlacementType.Banner => 1,
            PlacementType.Rank => candidates.Length,
            _ => decision.Limit,
        };
        var shown = Math.Min(limit, eligible);
        for (var i = 0; i < candidates.Length; i++)
            candidates[i] = candidates[i] with { Rank = (short)(i < shown ? i + 1 : 0) };
        return shown;
    }

    // A listing keeps what it may not promote: it stands where its page put it.
    private static bool May(in Judged candidate, PlacementType type, int voice) =>
        type == PlacementType.Rank || (candidate.Held == HeldBack.None
            && (voice == 0 || VoiceOf[(int)candidate.Source] == voice));

    // Bit 63: not shown. 31 bits: score, best first. Then 31 bits of tie-break, unique by position.
    private static ulong Key(in Judged candidate, Decision decision, bool may)
    {
        var score = candidate.Held == HeldBack.None ? candidate.Score : 0;
        var tie = (ulong)(ushort)candidate.Position;
        if (decision.Type == PlacementType.Banner)
            tie |= Turn(candidate.Key, decision.Seed) << PositionBits;
        return (may ? 0UL : 1UL << 63) | (ulong)(int.MaxValue - score) << 31 | tie;
    }

    // 20 bits that let equals take turns, from the key as the record keeps it.
    private static ulong Turn(string key, ulong seed)
    {
        var kept = DecisionRecord.KeyIn(key, DecisionRecord.InlineKeyBytes);
        return KeyHash.Mix(KeyHash.Of(kept) ^ seed) >> 44;
    }

    // The rest by score, held back or not: what nearly came is what staff ask about.
    private static void Rest(Judged[] candidates, int shown)
    {
        var rest = candidates.AsSpan(shown);
        Span<ulong> keys = rest.Length <= 512 ? stackalloc ulong[rest.Length] : new ulong[rest.Length];
        for (var i = 0; i < rest.Length; i++)
            keys[i] = (ulong)(int.MaxValue - rest[i].Score) << 31 | (ushort)rest[i].Position;
        keys.Sort(rest);
    }

    // The voice whose best items, as many as may be shown, have the highest sum; of equals the one
    // with the lower number. Leaving out what is not shown can change no other voice for the better,
    // so the stored candidates elect the same one.
    private static int Voice(Judged[] candidates, int limit)
    {
        var (best, bestSum) = (0, 0L);
        for (var voice = 1; voice < VoiceOf.Length; voice++)
        {
            var sum = VoiceOf[voice] == voice ? Sum(candidates, voice, limit) : 0;
            if (sum > bestSum)
                (best, bestSum) = (voice, sum);
        }
        return best;
    }

    private static long Sum(Judged[] candidates, int voice, int limit)
    {
        Span<int> top = stackalloc int[Placement.MaxItems];
        top = top[..Math.Min(limit, top.Length)];
        foreach (ref readonly var candidate in candidates.AsSpan())
        {
            if (candidate.Held != HeldBack.None || VoiceOf[(int)candidate.Source] != voice
                || candidate.Score <= top[^1])
                continue;
            var at = top.Length - 1;
            for (; at > 0 && top[at - 1] < candidate.Score; at--)
                top[at] = top[at - 1];
            top[at] = candidate.Score;
        }
        var sum = 0L;
        foreach (var score in top)
            sum += score;
        return sum;
    }

    private static HeldBack Silence(Decision decision)
    {
        if (decision.Block != HeldBack.None)
            return decision.Block;
        var best = HeldBack.BelowQuality;
        var bestRank = 0L;
        for (var code = 1; code < decision.Drops.Length; code++)
        {
            var rank = decision.Drops[code] == 0 ? 0
                : (long)ReasonCodes.StageOf((HeldBack)code) << 32 | (uint)decision.Drops[code];
            if (rank > bestRank)
                (best, bestRank) = ((HeldBack)code, rank);
        }
        return best;
    }
}
