namespace Stammgast.Consent;

/// <summary>What this room says to operators; never of whom.</summary>
internal static partial class ConsentLog
{
    [LoggerMessage(1, LogLevel.Error,
        "The revocation feed could not be read; without it this node turns generic within 1 s")]
    public static partial void FeedNotRead(ILogger log, Exception failure);

    [LoggerMessage(2, LogLevel.Error,
        "A leaf's consents could not be opened; they count as all refused")]
    public static partial void ConsentsUnreadable(ILogger log);
}
