using Microsoft.Extensions.Logging.Abstractions;
using Stammgast.Consent;
using Stammgast.Keys;
using Stammgast.Storage.Embedded;
using Stammgast.Tests.Storage;

namespace Stammgast.Tests.Consent;

/// <summary>A clock that a test moves; it never moves by itself.</summary>
internal sealed class StoppedClock : TimeProvider
{
    private DateTimeOffset _now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public long NowMs => _now.ToUnixTimeMilliseconds();

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.Ticks;

    public void Move(TimeSpan by) => _now += by;
}

/// <summary>A real store, real keys and the consent room on top; files of its own.</summary>
internal sealed class ConsentCell : IAsyncDisposable
{
    private readonly Folder _folder;

    public ConsentCell()
        : this(new Folder(), new StoppedClock())
    {
    }

    private ConsentCell(Folder folder, StoppedClock clock)
    {
        _folder = folder;
        Clock = clock;
        var data = new DirectoryInfo(folder.Path);
        Keys = CellKeys.Open(data);
        People = PersonKeys.Open(data, Keys);
        Store = new SqliteStore(folder.At("store"), clock);
        Feed = NewFeed();
        Worker = new ConsentWorker(Store, Keys, People, Purposes.Default, Feed, clock,
            NullLogger<ConsentWorker>.Instance);
    }

    public StoppedClock Clock { get; }

    public CellKeys Keys { get; }

    public PersonKeys People { get; }

    public SqliteStore Store { get; }

    public RevocationFeed Feed { get; }

    public ConsentWorker Worker { get; }

    public LeafId Leaf(string name) =>
        Keys.Index.Leaf(new Identifier(IdentifierType.UserId, name));

    /// <summary>What another node's feed would be.</summary>
    public RevocationFeed NewFeed() => new(Store, Clock, NullLogger<RevocationFeed>.Instance);

    /// <summary>The cell as its files say at this instant, as if the power had failed.</summary>
    public ConsentCell AfterPowerCut() => new(CopyOfFiles(), Clock);

    /// <summary>
    /// The files as they lie. The redo first: what the store moves into its tables meanwhile is in
    /// one of them or in both; a file that it drops meanwhile makes the copy begin anew.
    /// </summary>
    public Folder CopyOfFiles()
    {
        while (true)
        {
            var copy = new Folder();
            try
            {
                foreach (var file in Files().OrderBy(file => !file.Contains("redo-")))
                {
                    var target = copy.At(Path.GetRelativePath(_folder.Path, file));
                    Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                    File.Copy(file, target);
                }
                return copy;
            }
            catch (FileNotFoundException)
            {
                copy.Dispose();
            }
        }
    }

    private IEnumerable<string> Files() =>
        [.. Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories)];

    public ConsentOrder Order(ConsentStatus status, string key,
        ConsentScope scope = ConsentScope.Person, DateTimeOffset? at = null) =>
        new ConsentOrderReader(Purposes.Default, Notices.Default, Keys.Index).Read(new ConsentsPut
        {
            Purposes = new() { [key] = ConsentWords.Wire(status) }, Notice = 1, Method = "portal",
            Language = "de", Surface = "web/account", Scope = ConsentWords.Wire(scope), At = at,
        }).Order!;

    public ValueTask<ConsentOutcome> WriteAsync(
        LeafId leaf, ConsentStatus status, string key, string? idempotencyKey = null) =>
        Worker.WriteAsync(leaf, Order(status, key), idempotencyKey,
            System.Text.Encoding.UTF8.GetBytes(status + key), CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        People.Dispose();
        Keys.Dispose();
        _folder.Dispose();
    }
}
