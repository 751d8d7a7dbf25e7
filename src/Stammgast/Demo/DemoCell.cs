using Stammgast.Keys;

namespace Stammgast.Demo;

/// <summary>What the demo needs of a cell that the root composed; not yet started.</summary>
internal sealed record DemoCell
{
    /// <summary>The cell's web application, to which the demo adds its pages.</summary>
    public required WebApplication App { get; init; }

    /// <summary>Where each start makes its keys.</summary>
    public required ApiKeys Keys { get; init; }

    /// <summary>What a key of a kind is allowed in this cell.</summary>
    public required Func<ApiKeyKind, ApiKeyOrder> Order { get; init; }

    /// <summary>What the glass box watches.</summary>
    public required FlowNotices Watchers { get; init; }

    /// <summary>
    /// Brings the past of the real retailer in, shifted so that its last day is the one before the
    /// given moment; null: this cell cannot import.
    /// </summary>
    public required Func<DateTimeOffset, IProgress<PastProgress>, CancellationToken, Task>? Import
    {
        get; init;
    }
}
