namespace Stammgast.Consent;

/// <summary>One thing that somebody said about purposes.</summary>
public sealed record ConsentAct
{
    /// <summary>
    /// <see cref="ConsentStatus.Given"/>, <see cref="ConsentStatus.Requested"/>,
    /// <see cref="ConsentStatus.Refused"/>, <see cref="ConsentStatus.Withdrawn"/> or
    /// <see cref="ConsentStatus.Invalidated"/>; nothing else can be said.
    /// </summary>
    public required ConsentStatus Status { get; init; }

    /// <summary>
    /// Of which purposes; a lowering already with its children, a grant already within its notice.
    /// </summary>
    public required PurposeSet Purposes { get; init; }

    /// <summary>For whom it speaks.</summary>
    public required ConsentScope Scope { get; init; }

    /// <summary>When it was said, ms since 1970 UTC; never after receipt.</summary>
    public required long MadeAtMs { get; init; }

    /// <summary>When it was received, ms since 1970 UTC.</summary>
    public required long ReceivedAtMs { get; init; }

    /// <summary>The notice under which it was asked; grants always have one.</summary>
    public ushort Notice { get; init; }

    /// <summary>When a grant ends, ms since 1970 UTC.</summary>
    public long ExpiresAtMs { get; init; }

    /// <summary>Whether it takes.</summary>
    public bool IsLowering =>
        Status is ConsentStatus.Refused or ConsentStatus.Withdrawn or ConsentStatus.Invalidated;
}
