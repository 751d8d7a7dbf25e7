namespace Stammgast.Keys;

/// <summary>What a key may be used for; the numbers are stored.</summary>
public enum ApiKeyKind : byte
{
    /// <summary>Browser and app: events and its own decisions only. Public, in every page.</summary>
    Write = 1,

    /// <summary>A store's till.</summary>
    Till = 2,

    /// <summary>The shop's backend: events of record, reads of profiles.</summary>
    Server = 3,

    /// <summary>Configuration.</summary>
    Admin = 4,
}

/// <summary>A key as configured; the token itself is kept nowhere.</summary>
public sealed record ApiKey
{
    /// <summary>Opaque, public: <c>k_</c> and 14 hex digits.</summary>
    public required string Id { get; init; }

    /// <summary>What it may be used for.</summary>
    public required ApiKeyKind Kind { get; init; }

    /// <summary>Which source its events come from; 0 for a key that sends none.</summary>
    public required SourceId Source { get; init; }

    /// <summary>For which purposes it may read.</summary>
    public required PurposeSet Purposes { get; init; }

    /// <summary>What staff call it.</summary>
    public required string Name { get; init; }

    /// <summary>Origins from which a browser may use it; empty: any.</summary>
    public required IReadOnlyList<string> Origins { get; init; }

    /// <summary>When it was made, ms since 1970 UTC.</summary>
    public required long CreatedAtMs { get; init; }
}

/// <summary>What a new key shall be.</summary>
public sealed record ApiKeyOrder
{
    /// <inheritdoc cref="ApiKey.Kind"/>
    public required ApiKeyKind Kind { get; init; }

    /// <inheritdoc cref="ApiKey.Source"/>
    public SourceId Source { get; init; }

    /// <inheritdoc cref="ApiKey.Purposes"/>
    public PurposeSet Purposes { get; init; }

    /// <inheritdoc cref="ApiKey.Name"/>
    public required string Name { get; init; }

    /// <inheritdoc cref="ApiKey.Origins"/>
    public IReadOnlyList<string> Origins { get; init; } = [];
}

/// <summary>A key just made.</summary>
/// <param name="Key">What is kept.</param>
/// <param name="Token">The secret, to be shown once; never log it.</param>
public readonly record struct NewApiKey(ApiKey Key, string Token)
{
    /// <summary>The key's id only.</summary>
    public override string ToString() => Key.Id;
}
