using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Stammgast.Collect;

/// <summary>Where events come from; decides what is believed. The numbers are stored.</summary>
internal enum SourceKind : byte
{
    /// <summary>A shop's pages: whoever reads them has the key, so nothing is of record.</summary>
    Browser = 1,

    /// <summary>A shop's app: as the browser.</summary>
    App = 2,

    /// <summary>A store's till.</summary>
    Till = 3,

    /// <summary>The shop's own server.</summary>
    Server = 4,

    /// <summary>A file of the past.</summary>
    Import = 5,
}

/// <summary>
/// A configured source of events. What an event says can only lower what stands here.
/// </summary>
internal sealed record Source
{
    /// <summary>Its number in every event.</summary>
    public required SourceId Id { get; init; }

    /// <summary>For people.</summary>
    public required string Name { get; init; }

    /// <summary>Decides what is believed.</summary>
    public required SourceKind Kind { get; init; }

    /// <summary>
    /// The best provenance of its facts; a source that nobody described counts as a third party.
    /// </summary>
    public Provenance Ceiling { get; init; } = Provenance.ThirdParty;

    /// <summary>What an event without a stamp may serve; ignored for browsers and apps.</summary>
    public PurposeSet DeclaredBasis { get; init; }

    /// <summary>The notice whose grants its stamps are; 0: stamps only narrow.</summary>
    public ushort NoticeVersion { get; init; }

    /// <summary>
    /// Whether its user ids, e-mail addresses, cards and orders are believed as sent.
    /// </summary>
    public bool OfRecord => Kind is SourceKind.Till or SourceKind.Server or SourceKind.Import;
}

/// <summary>The configured sources; immutable, replaced whole.</summary>
internal sealed class Sources(IEnumerable<Source> sources)
{
    private readonly FrozenDictionary<SourceId, Source> _byId =
        sources.ToFrozenDictionary(source => source.Id);

    /// <summary>All of them, by number.</summary>
    public IReadOnlyList<Source> All { get; } = [.. sources.OrderBy(source => source.Id.Value)];

    /// <summary>The source of a number.</summary>
    public bool TryGet(SourceId id, [NotNullWhen(true)] out Source? source) =>
        _byId.TryGetValue(id, out source);
}
