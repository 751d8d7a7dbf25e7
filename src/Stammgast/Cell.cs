using Stammgast.Catalogue;
using Stammgast.Collect;
using Stammgast.Consent;
using Stammgast.Decisions;
using Stammgast.Identity;
using Stammgast.Intelligence;
using Stammgast.Keys;
using Stammgast.Privacy;
using Stammgast.Profiles;
using Stammgast.Storage;
using Stammgast.Storage.Embedded;

namespace Stammgast;

/// <summary>
/// One region's whole world in this process: opened from a folder, run, closed. Composition only;
/// every rule is a room's.
/// </summary>
internal sealed class Cell : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _loops = [];

    private Cell()
    {
    }

    /// <summary>The data folder is this process's until the cell is closed.</summary>
    public required CellLock Only { get; init; }

    /// <summary>The node's settings.</summary>
    public required CellOptions Options { get; init; }

    /// <summary>The cell's clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>The cell's own keys.</summary>
    public required CellKeys CellKeys { get; init; }

    /// <summary>Everybody's keys.</summary>
    public required PersonKeys PersonKeys { get; init; }

    /// <summary>Who may call.</summary>
    public required ApiKeys ApiKeys { get; init; }

    /// <summary>The durable queue.</summary>
    public required IEventLog Log { get; init; }

    /// <summary>The state.</summary>
    public required IStore Store { get; init; }

    /// <summary>What may be done with data.</summary>
    public required Purposes Purposes { get; init; }

    /// <summary>What customers were told.</summary>
    public required Notices Notices { get; init; }

    /// <summary>What may join leaves.</summary>
    public required IdentityRules Rules { get; init; }

    /// <summary>Where events come from.</summary>
    public required Sources Sources { get; init; }

    /// <summary>Products.</summary>
    public required CatalogueWorker Catalogue { get; init; }

    /// <summary>Leaves and persons.</summary>
    public required ProfileReaderWorker Profiles { get; init; }

    /// <summary>Who is one person.</summary>
    public required IdentityWorker Identity { get; init; }

    /// <summary>How far the fold has come.</summary>
    public required FlowProgress Progress { get; init; }

    /// <summary>Who watches.</summary>
    public required FlowNotices Watchers { get; init; }

    /// <summary>Where loops and rooms say what went wrong; never anything personal.</summary>
    public required ILoggerFactory Logs { get; init; }

    /// <summary>What this node knows of lowerings.</summary>
    public required RevocationFeed Feed { get; init; }

    /// <summary>Writes what was said of purposes.</summary>
    public required ConsentWorker Consents { get; init; }

    /// <summary>What is worth showing.</summary>
    public DecisionRoom Decisions => field ??= MakeDecisions();

    /// <summary>Erases persons.</summary>
    public required ErasureWorker Erasures { get; init; }

    /// <summary>Pages a person's past.</summary>
    public required TimelineWorker Timeline { get; init; }

    /// <summary>The models.</summary>
    public required TrainingWorker Training { get; init; }

    /// <summary>Feeds them between two trainings, and takes out who says no.</summary>
    private FlowLearning Learning => field ??= new(Profiles, Training, Purposes, Time);

    /// <summary>The gate.</summary>
    public CollectWorker Collect => field ??= MakeCollect();

    /// <summary>Keeps what the gate rejected.</summary>
    public required DeadLetterWorker DeadLetters { get; init; }

    /// <summary>Bytes in hand.</summary>
    public required Backpressure Pressure { get; init; }

    /// <summary>
    /// Opens the cell's files, migrating them where they are older, and finishes what erasures had
    /// begun. Nothing runs yet.
    /// </summary>
    /// <exception cref="FolderInUseException">Another process has the folder.</exception>
    public static async ValueTask<Cell> OpenAsync(
        CellOptions options, TimeProvider time, CancellationToken cancel)
    {
        options.Data.Create();
        var only = CellLock.Take(options.Data);
        try
        {
            return await OpenAsync(only, options, time, cancel);
        }
        catch
        {
            only.Dispose();
            throw;
        }
    }

    private static async ValueTask<Cell> OpenAsync(
        CellLock only, CellOptions options, TimeProvider time, CancellationToken cancel)
    {
        var data = options.Data;
        var logs = LoggerFactory.Create(Rooms.LogToErrors);
        var (purposes, notices) = ConsentConfigurationWorker.Load(data);
        var cellKeys = CellKeys.Open(data);
        var personKeys = PersonKeys.Open(data, cellKeys);
        var store = new SqliteStore(Path.Combine(data.FullName, "store"), time);
        var log = new FileEventLog(Path.Combine(data.FullName, "log"), time);
        var settings = new ProfileOptions { CacheMiB = options.CacheMiB };
        var profiles = new ProfileReaderWorker(
            store, personKeys, cellKeys.Index, purposes, time, settings);
        var erasures = new ErasureWorker(store, personKeys, profiles, time);
        await erasures.ReplayAsync(cancel);
        var apiKeys = await ApiKeys.LoadAsync(store, personKeys, time, cancel);
        var catalogue = new CatalogueWorker(store, time);
        await catalogue.LoadAsync(cancel);
        var feed = new RevocationFeed(store, time, logs.CreateLogger<RevocationFeed>());
        var rules = IdentityRules.Default;
        var letters = new DeadLetterWorker(new DeadLetterParts
        {
            Store = store,
            Keys = personKeys,
            Index = cellKeys.Index,
            Options = new CollectOptions(),
            Time = time,
        });
        var cell = new Cell
        {
            Only = only,
            DeadLetters = letters,
            Options = options,
            Time = time,
            Logs = logs,
            CellKeys = cellKeys,
            PersonKeys = personKeys,
            ApiKeys = apiKeys,
            Log = log,
            Store = store,
            Purposes = purposes,
            Notices = notices,
            Rules = rules,
            Sources = DefaultSources.Create(
                purposes, notices.Current(time.GetUtcNow().ToUnixTimeMilliseconds())),
            Catalogue = catalogue,
            Profiles = profiles,
            Identity = new IdentityWorker(
                store, personKeys, cellKeys.Index, profiles, rules, settings),
            Timeline = new TimelineWorker(store, profiles),
            Erasures = erasures,
            Progress = new FlowProgress(time, log.Acknowledged),
            Watchers = new FlowNotices(),
            Pressure = new Backpressure(options.RequestsMiB * 1024L * 1024),
            Feed = feed,
            Consents = new ConsentWorker(store, cellKeys, personKeys, purposes, feed, time,
                logs.CreateLogger<ConsentWorker>()),
            Training = new TrainingWorker(
                () => catalogue.Current,
                stop => FlowTraining.RowsAsync(store, profiles, purposes, stop), time,
                new TrainingOptions(), logs.CreateLogger<TrainingWorker>()),
        };
        await cell.Decisions.LoadAsync(cancel);
        return cell;
    }

    /// <summary>Starts the loops of this node's roles.</summary>
    /// <param name="failed">Told of a loop that ended by a bug: the process must not go on.</param>
    public void Start(Action<string, Exception> failed)
    {
        Feed.Subscribe(revoked =>
        {
            Profiles.Forget(revoked.Leaf);
            Learning.Forget(revoked.Leaf);
            if (revoked.Kind == RevocationKind.Erasure)
                Decisions.Forget(revoked.Leaf);
        });
        Run("revocation feed", Feed.RunAsync, failed);
        Run("training", Training.RunAsync, failed);
        Run("learning", Learning.RunAsync, failed);
        Run("decisions", Decisions.RunAsync, failed);
        if (Options.Roles.HasFlag(CellRoles.Fold))
        {
            var flow = new FlowWorker(new FlowParts
            {
                Log = Log,
                Store = Store,
                Keys = PersonKeys,
                Index = CellKeys.Index,
                Profiles = Profiles,
                Identity = Identity,
                Rules = Rules,
                Purposes = Purposes,
                Notices = Notices,
                Progress = Progress,
                Watchers = Watchers,
                Letters = DeadLetters,
                Logger = Logs.CreateLogger<FlowWorker>(),
                Folded = Learn,
            });
            for (var partition = 0; partition < Log.Partitions; partition++)
            {
                var mine = partition;
                Run("fold", stop => flow.RunAsync(mine, stop), failed);
            }
        }
    }

    private void Learn(Event e, ConsentState consents)
    {
        Decisions.Feedback.Observe(e);
        Learning.Observe(e, consents);
    }

    /// <summary>Makes a key for the sources of a new cell; its token, shown here only.</summary>
    public async ValueTask<string> NewKeyAsync(
        ApiKeyKind kind, string name, CancellationToken cancel)
    {
        var made = await ApiKeys.CreateAsync(
            new ApiKeyOrder
            {
                Kind = kind, Name = name, Source = SourceOf(kind), Purposes = PurposesOf(kind),
            },
            cancel);
        return made.Token;
    }

    /// <summary>A profile's leaves with their join times; itself where nobody joined it.</summary>
    public async ValueTask<IReadOnlyList<ProfileMember>> MembersAsync(
        LeafId profile, CancellationToken cancel)
    {
        var (_, members) = await Profiles.MembersAsync(profile, cancel);
        return members.Count == 0
            ? [new ProfileMember(profile, 0)]
            : [.. members.Select(member => new ProfileMember(member.Leaf, member.JoinedAtMs))];
    }

    /// <summary>The source that a kind of key brings events from.</summary>
    public static SourceId SourceOf(ApiKeyKind kind) => kind switch
    {
        ApiKeyKind.Write => DefaultSources.Web,
        ApiKeyKind.Till => DefaultSources.Till,
        _ => DefaultSources.Server,
    };

    /// <summary>What a kind of key may read people for.</summary>
    public PurposeSet PurposesOf(ApiKeyKind kind) => kind switch
    {
        ApiKeyKind.Server or ApiKeyKind.Admin => Purposes.Everything,
        _ => PurposeSet.None,
    };

    private void Run(
        string name, Func<CancellationToken, Task> loop, Action<string, Exception> failed) =>
        _loops.Add(Task.Run(async () =>
        {
            try
            {
                await loop(_stopping.Token);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                // Asked to stop.
            }
            catch (Exception bug)
            {
                failed(name, bug);
            }
        }));

    private CollectWorker MakeCollect() => new(new CollectParts
    {
        Log = Log,
        Keys = ApiKeys,
        Sources = () => Sources,
        Lower = Consents.LowerAsync,
        DeadLetter = DeadLetters.Offer,
        Notices = Watchers,
        Time = Time,
        Rules = new AdmissionRules
        {
            Judge = new ConsentGate(Purposes, Notices).Judge,
            Index = CellKeys.Index,
            LookUp = Enrichment.In(() => Catalogue.Current),
            Identity = (token, user, anonymous, nowMs) =>
                IdentityToken.Verify(ApiKeys, token, user, anonymous, nowMs),
            Recent = new RecentMessages(),
            Currency = Options.Currency,
        },
    });

    private DecisionRoom MakeDecisions() => new(new DecisionRoomParts
    {
        Store = Store,
        PersonKeys = PersonKeys,
        Cell = CellKeys,
        Keys = ApiKeys,
        Collect = Collect,
        Pressure = Pressure,
        Profiles = Profiles,
        Catalogue = () => Catalogue.Current,
        Models = () => Training.Current,
        Purposes = Purposes,
        Identity = Rules,
        ConsentsFresh = () => Feed.Fresh,
        Progress = Progress,
        Notices = Watchers,
        Time = Time,
    });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_loops);
        await DeadLetters.DisposeAsync();
        await Log.DisposeAsync();
        await Store.DisposeAsync();
        Logs.Dispose();
        Decisions.Dispose();
        Identity.Dispose();
        Catalogue.Dispose();
        ApiKeys.Dispose();
        PersonKeys.Dispose();
        CellKeys.Dispose();
        _stopping.Dispose();
        Only.Dispose();
    }
}
