using Stammgast.Collect;

namespace Stammgast.Consent;

/// <summary>
/// The sources of a retailer as a new cell has them: who may be believed how far, and under which
/// notice their stamps are grants.
/// </summary>
internal static class DefaultSources
{
    /// <summary>The shop's pages.</summary>
    public static readonly SourceId Web = new(1);

    /// <summary>The shop's app.</summary>
    public static readonly SourceId App = new(2);

    /// <summary>The stores' tills.</summary>
    public static readonly SourceId Till = new(3);

    /// <summary>The shop's server.</summary>
    public static readonly SourceId Server = new(4);

    /// <summary>Files of the past.</summary>
    public static readonly SourceId Import = new(5);

    /// <summary>
    /// All of them. What a server, till or file brings without a stamp may serve whatever the
    /// ledger allows when it is used: it is kept on the contract, never on a consent of its own.
    /// </summary>
    public static Sources Create(Purposes purposes, Notice notice) => new(
    [
        Source(Web, "web", SourceKind.Browser, Provenance.Declared, notice),
        Source(App, "app", SourceKind.App, Provenance.Declared, notice),
        Source(Till, "till", SourceKind.Till, Provenance.Observed, notice) with
        {
            DeclaredBasis = purposes.Everything,
        },
        Source(Server, "server", SourceKind.Server, Provenance.Declared, notice) with
        {
            DeclaredBasis = purposes.Everything,
        },
        Source(Import, "import", SourceKind.Import, Provenance.Observed, notice) with
        {
            DeclaredBasis = purposes.Everything,
        },
    ]);

    private static Source Source(
        SourceId id, string name, SourceKind kind, Provenance ceiling, Notice notice) => new()
        {
            Id = id, Name = name, Kind = kind, Ceiling = ceiling, NoticeVersion = notice.Version,
        };
}
