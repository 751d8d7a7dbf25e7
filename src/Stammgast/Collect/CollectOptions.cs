namespace Stammgast.Collect;

/// <summary>What an operator may set of Collect.</summary>
internal sealed record CollectOptions
{
    /// <summary>The cell's currency, ISO 4217: amounts in others are not added up.</summary>
    public string Currency { get; init; } = "EUR";

    /// <summary>
    /// Bytes of request bodies in the process at once; beyond it requests get 429. 1–1,024 MiB. At
    /// 64 MiB the parsed form needs at most some 600 MiB in the worst case, usually a tenth.
    /// </summary>
    public long InFlightBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// Dead letters kept each second at most; beyond it rejected events leave a count.
    /// </summary>
    public int DeadLettersPerSecond { get; init; } = 100;

    /// <summary>How long a dead letter is kept, days; 1–14.</summary>
    public int DeadLetterDays { get; init; } = 14;

    /// <summary>How long a browser's session lives without being renewed, days; 1–180.</summary>
    public int SessionDays { get; init; } = 180;
}
