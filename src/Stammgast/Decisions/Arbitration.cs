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

    /// <summary>A row of one reason is worth showing from so many items on.</summary>
    private const int WorthARow = 3;

    private const int PositionBits = 11;

    // Reasons from the most to the least specific to the moment: one row has one honest sentence,
    // so it takes the first of them that fills it, never a blend.
    private static readonly ShownFor[] Voices =
    [
        ShownFor.Wish, ShownFor.Session, ShownFor.ItemToItem, ShownFor.BuyAgain,
        ShownFor.DeclaredPreference, ShownFor.Audience, ShownFor.Contextual, ShownFor.Popular,
    ];

    /// <summary>
    /// Settles a decision whose candidates are judged. Reorders and ranks its candidates in place
    /// (the array is the decision's own). O(n log n).
    /// </summary>
    public static Decision Settle(Decision decision)
    {
        if (decision.Versions.Arbitration != Current)
            throw new NotSupportedException("No such arbitration version.");
        var candidates = decision.Candidates;
        var voice = decision.Type == PlacementType.Items
            ? Voice(candidates, decision.Limit) : ShownFor.None;
        var shown = decision.Block == HeldBack.None ? Order(decision, voice) : Order(decision, null);
        Rest(candidates, shown);
        return decision with
        {
            ShownCount = shown,
            Reason = shown > 0 ? candidates[0].Source : ShownFor.None,
            Silence = shown > 0 ? HeldBack.None : Silence(decision),
        };
    }

    private static int Order(Decision decision, ShownFor? voice)
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
    private static bool May(in Judged candidate, PlacementType type, ShownFor voice) =>
        type == PlacementType.Rank
        || (candidate.Held == HeldBack.None && (voice == ShownFor.None || candidate.Source == voice));

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

    private static ShownFor Voice(Judged[] candidates, int limit)
    {
        Span<int> counts = stackalloc int[Voices.Length + 1];
        foreach (var candidate in candidates)
        {
            if (candidate.Held == HeldBack.None)
                counts[(int)candidate.Source]++;
        }
        var need = Math.Min(limit, WorthARow);
        var best = ShownFor.None;
        var bestCount = 0;
        foreach (var voice in Voices)
        {
            var count = Math.Min(counts[(int)voice], need);
            if (count > bestCount)
                (best, bestCount) = (voice, count);
        }
        // None would mean "any": with nothing to show it makes no difference.
        return best;
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
