namespace Stammgast;

/// <summary>What part of the line a node runs; a node of one machine runs all of it.</summary>
[Flags]
internal enum CellRoles
{
    /// <summary>Takes events.</summary>
    Collect = 1,

    /// <summary>Folds the log into state.</summary>
    Fold = 2,

    /// <summary>Answers questions and decisions.</summary>
    Serve = 4,

    /// <summary>Everything.</summary>
    All = Collect | Fold | Serve,
}

/// <summary>A node's settings; a cell's content is configured through its API.</summary>
internal sealed record CellOptions
{
    /// <summary>The cell's data folder; made if absent. Its <c>keys</c> want a backup of their own.</summary>
    public required DirectoryInfo Data { get; init; }

    /// <summary>TCP port, 0–65535; 0: any free one.</summary>
    public int Port { get; init; } = 5280;

    /// <summary>Listens on all addresses instead of loopback: behind a proxy that ends TLS.</summary>
    public bool Public { get; init; }

    /// <summary>The environment variable that names a node's roles, such as "Collect, Serve".</summary>
    public const string RolesVariable = "STAMMGAST_ROLES";

    /// <summary>What this node runs; all of it unless the environment says otherwise.</summary>
    public CellRoles Roles { get; init; } = RolesOf(
        Environment.GetEnvironmentVariable(RolesVariable));

    /// <summary>ISO 4217: amounts in other currencies are kept and not added up.</summary>
    public string Currency { get; init; } = "EUR";

    /// <summary>Memory for hot leaves, MiB, 16–65,536.</summary>
    public int CacheMiB { get; init; } = 256;

    /// <summary>Memory for requests in hand, MiB, 1–4,096; beyond it callers get 503.</summary>
    public int RequestsMiB { get; init; } = 64;

    /// <summary>Roles by their names, separated by commas; null or empty: all.</summary>
    /// <exception cref="ArgumentException">One is unknown.</exception>
    public static CellRoles RolesOf(string? names) => string.IsNullOrWhiteSpace(names)
        ? CellRoles.All
        : Enum.Parse<CellRoles>(names, ignoreCase: true);
}
