using Stammgast.Catalogue;
using Stammgast.Collect;
using Stammgast.Consent;
using Stammgast.Identity;
using Stammgast.Intelligence;
using Stammgast.Keys;
using Stammgast.Profiles;
using Stammgast.Storage;

namespace Stammgast.Decisions;

/// <summary>What the room needs of the cell.</summary>
internal sealed record DecisionRoomParts
{
    /// <summary>The cell's store.</summary>
    public required IStore Store { get; init; }

    /// <summary>Seals what belongs to persons.</summary>
    public required PersonKeys PersonKeys { get; init; }

    /// <summary>The cell's own keys.</summary>
    public required CellKeys Cell { get; init; }

    /// <summary>Who may call.</summary>
    public required ApiKeys Keys { get; init; }

    /// <summary>Takes events.</summary>
    public required CollectWorker Collect { get; init; }

    /// <summary>Bounds what is in the process's hands.</summary>
    public required Backpressure Pressure { get; init; }

    /// <summary>Loads persons.</summary>
    public required ProfileReaderWorker Profiles { get; init; }

    /// <summary>The catalogue now.</summary>
    public required Func<CatalogueSnapshot> Catalogue { get; init; }

    /// <summary>The models now.</summary>
    public required Func<ModelSet> Models { get; init; }

    /// <summary>The cell's purposes.</summary>
    public required Purposes Purposes { get; init; }

    /// <summary>How identifiers join.</summary>
    public required IdentityRules Identity { get; init; }

    /// <summary>Whether withdrawals have been read within the last second.</summary>
    public required Func<bool> ConsentsFresh { get; init; }

    /// <summary>How far the fold has come.</summary>
    public required FlowProgress Progress { get; init; }

    /// <summary>Who watches the line.</summary>
    public required FlowNotices Notices { get; init; }

    /// <summary>The cell's clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Settings.</summary>
    public ExperienceOptions Options { get; init; } = new();
}

/// <summary>
/// The room put together: make it, <see cref="LoadAsync"/>, <see cref="Map"/>, then
/// <see cref="RunAsync"/> until the end. The fold hands each event that it committed to
/// <see cref="FeedbackWorker.Observe"/>.
/// </summary>
internal sealed class DecisionRoom : IDisposable
{
    private readonly DecisionRoomParts parts;
    private readonly ReservationWorker reservations;
    private readonly ReleaseWorker release;
    private readonly RetentionWorker retention;
    private readonly ExperienceWorker experience;
    private readonly RecentDecisions recent = new();

    /// <summary>Makes the workers; nothing runs yet.</summary>
    public DecisionRoom(DecisionRoomParts parts)
    {
        this.parts = parts;
        var caps = parts.Options.Caps;
        reservations = new ReservationWorker(parts.Store, parts.PersonKeys);
        release = new ReleaseWorker(parts.Store, reservations, caps, parts.Time);
        retention = new RetentionWorker(parts.Store, parts.PersonKeys, parts.Time);
        Motifs = new(DecisionNouns.Motifs, parts.Store, parts.PersonKeys);
        Placements = new(DecisionNouns.Placements, parts.Store, parts.PersonKeys);
        Stops = new StopWorker(parts.Store, parts.PersonKeys, parts.Time);
        Feedback = new FeedbackWorker(reservations, caps);
        experience = new ExperienceWorker(new ExperienceParts
        {
            Collect = parts.Collect,
            Profiles = parts.Profiles,
            Store = parts.Store,
            Keys = parts.PersonKeys,
            Catalogue = parts.Catalogue,
            Models = parts.Models,
            Purposes = parts.Purposes,
            Identity = parts.Identity,
            ConsentsFresh = parts.ConsentsFresh,
            Progress = parts.Progress,
            Notices = parts.Notices,
            Reservations = reservations,
            Feedback = Feedback,
            Motifs = Motifs,
            Stops = Stops,
            Recent = recent,
            Time = parts.Time,
            Options = parts.Options,
        });
    }

    /// <summary>Motifs; the demo puts its own.</summary>
    public ResourceWorker<Motif> Motifs { get; }

    /// <summary>Placements as configured.</summary>
    public ResourceWorker<PlacementSetting> Placements { get; }

    /// <summary>The stop button.</summary>
    public StopWorker Stops { get; }

    /// <summary>Banners seen and the customer's words.</summary>
    public FeedbackWorker Feedback { get; }

    /// <summary>Drops from memory what was decided for a leaf: erased.</summary>
    public void Forget(LeafId leaf)
    {
        recent.Forget(leaf);
        Feedback.Forget(leaf);
    }

    /// <summary>Reads what is configured; before the first request.</summary>
    public async ValueTask LoadAsync(CancellationToken cancel)
    {
        await Motifs.LoadAsync(cancel);
        await Placements.LoadAsync(cancel);
        await Stops.LoadAsync(cancel);
    }

    /// <summary>Adds all routes of the room.</summary>
    public void Map(IEndpointRouteBuilder app)
    {
        var admin = KeyAccessApi.Guard(parts.Keys, ApiKeyKind.Admin);
        ExperienceApi.Map(app, experience, new ExperienceGate
        {
            Keys = parts.Keys,
            Cell = parts.Cell,
            Purposes = parts.Purposes,
            Placements = () => Placements.Values,
            Time = parts.Time,
        }, parts.Pressure);
        DecisionsApi.Map(app, reservations, recent, Stops, admin);
        new ProfileDecisionsApi(parts.Store, parts.PersonKeys, parts.Profiles, parts.Keys,
            parts.Purposes).Map(app);
        ResourcesApi.Map(app, Motifs, admin);
        ResourcesApi.Map(app, Placements, admin);
    }

    /// <summary>Releases, retention, stops and banners seen, until the end.</summary>
    public Task RunAsync(CancellationToken cancel) =>
        Task.WhenAll(
        release.RunAsync(cancel), retention.RunAsync(cancel), Stops.RunAsync(cancel),
        Feedback.RunAsync(cancel));

    /// <inheritdoc/>
    public void Dispose()
    {
        reservations.Dispose();
        Motifs.Dispose();
        Placements.Dispose();
    }
}
