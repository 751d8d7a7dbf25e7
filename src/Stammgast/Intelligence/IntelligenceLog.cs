namespace Stammgast.Intelligence;

/// <summary>What training tells the operator; counts only.</summary>
internal static partial class IntelligenceLog
{
    [LoggerMessage(1, LogLevel.Information,
        "Models trained: {People} people, {Uses} uses, {Sessions} sessions in {Milliseconds} ms")]
    public static partial void Trained(
        ILogger logger, int people, int uses, int sessions, long milliseconds);

    [LoggerMessage(2, LogLevel.Warning, "{Rows} training rows wait for the next full training")]
    public static partial void Dropped(ILogger logger, long rows);

    [LoggerMessage(3, LogLevel.Error, "Training failed; the models stay as they were")]
    public static partial void Failed(ILogger logger, Exception why);
}
