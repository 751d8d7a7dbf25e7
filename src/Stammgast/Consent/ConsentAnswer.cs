namespace Stammgast.Consent;

/// <summary>What is to be said of one purpose at a moment.</summary>
/// <param name="Status">Its status.</param>
/// <param name="MadeAtMs">When the act was made that it rests on; 0: none.</param>
/// <param name="ReceivedAtMs">When that was received; 0: none.</param>
/// <param name="ExpiresAtMs">When a grant ends; 0: no grant.</param>
/// <param name="Notice">The notice of a grant or request; 0: none.</param>
public readonly record struct PurposeAnswer(
    ConsentStatus Status, long MadeAtMs, long ReceivedAtMs, long ExpiresAtMs, ushort Notice);

/// <summary>A leaf's consents at a moment, purpose by purpose.</summary>
public sealed class ConsentAnswer
{
    private readonly PurposeAnswer[] _answers = new PurposeAnswer[64];

    private ConsentAnswer()
    {
    }

    /// <summary>The answer for one purpose.</summary>
    public PurposeAnswer this[Purpose purpose] => _answers[purpose.Bit];

    /// <summary>
    /// A grant that counts says given or, too old, expired. Else the noes, where an earlier yes
    /// makes a refusal a withdrawal; a later question asks anew. Else the question. Else unknown.
    /// </summary>
    internal static ConsentAnswer Of(ConsentState state, long nowMs)
    {
        var answer = new ConsentAnswer();
        for (byte bit = 0; bit < 64; bit++)
            answer._answers[bit] = Of(state, new Purpose(bit), nowMs);
        return answer;
    }

    private static PurposeAnswer Of(ConsentState state, Purpose purpose, long nowMs)
    {
        PurposeAnswer granted = default, lowered = default, requested = default;
        var everGranted = long.MaxValue;
        foreach (var entry in state.Entries)
        {
            if (!entry.Purposes.Has(purpose))
                continue;
            var mark = entry.Mark;
            if (mark.IsGrant)
            {
                everGranted = Math.Min(everGranted, mark.ReceivedAtMs);
                if (state.Surviving(entry).Has(purpose) && mark.ExpiresAtMs > granted.ExpiresAtMs)
                    granted = AnswerOf(mark, nowMs < mark.ExpiresAtMs
                        ? ConsentStatus.Given : ConsentStatus.Expired);
            }
            else if (mark.IsLowering && mark.ReceivedAtMs >= lowered.ReceivedAtMs)
                lowered = AnswerOf(mark, mark.Status);
            else if (mark.Kind == MarkKind.Requested)
                requested = AnswerOf(mark, ConsentStatus.Requested);
        }
        if (granted.Status != ConsentStatus.Unknown)
            return granted;
        if (requested.ReceivedAtMs > lowered.ReceivedAtMs)
            return requested;
        return lowered.Status == ConsentStatus.Refused && everGranted <= lowered.ReceivedAtMs
            ? lowered with { Status = ConsentStatus.Withdrawn }
            : lowered;
    }

    private static PurposeAnswer AnswerOf(in ConsentMark mark, ConsentStatus status) =>
        new(status, mark.MadeAtMs, mark.ReceivedAtMs, mark.ExpiresAtMs,
            mark.IsLowering ? (ushort)0 : mark.Notice);
}
