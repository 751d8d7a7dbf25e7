using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Stammgast.Collect;
using Stammgast.Consent;
using Stammgast.Keys;
using Stammgast.Storage.Embedded;
using Stammgast.Tests.Keys;

namespace Stammgast.Tests.Collect;

/// <summary>Collect as it runs: Kestrel, the file log, the store, the gate. A clock of the test's.</summary>
internal sealed class Gatehouse : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly WebApplication _app;
    private readonly FileEventLog _log;
    private readonly SqliteStore _store;
    private readonly CellKeys _cell;
    private readonly PersonKeys _persons;

    private Gatehouse(long inFlightBytes)
    {
        Clock = new SetClock(DateTimeOffset.Parse("2026-11-22T12:00:00Z", null));
        _cell = CellKeys.Open(_folder.Info);
        _persons = PersonKeys.Open(_folder.Info, _cell);
        _store = new SqliteStore(Path.Combine(_folder.Info.FullName, "store"), Clock);
        _log = new FileEventLog(Path.Combine(_folder.Info.FullName, "log"), Clock);
        Pressure = new Backpressure(inFlightBytes);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        _app = builder.Build();
    }

    public SetClock Clock { get; }
    public Backpressure Pressure { get; }
    public CollectWorker Worker { get; private set; } = null!;
    public DeadLetterWorker Letters { get; private set; } = null!;
    public ApiKeys Keys { get; private set; } = null!;
    public NewApiKey Write { get; private set; }
    public NewApiKey Till { get; private set; }
    public NewApiKey Server { get; private set; }
    public NewApiKey Admin { get; private set; }
    public HttpClient Http { get; private set; } = null!;
    public BlindIndex Index => _cell.Index;
    public CellKeys Cell => _cell;
    public ConsentWorker Consents { get; private set; } = null!;
    public FileEventLog Log => _log;

    public static async Task<Gatehouse> OpenAsync(long inFlightBytes = 64 << 20)
    {
        var house = new Gatehouse(inFlightBytes);
        await house.StartAsync();
        return house;
    }

    /// <summary>A context whose stamp allows everything.</summary>
    public const string Context = """{"consent":{"categoryPreferences":{"functional":true,"personalization":true,"analytics":true,"marketing":true,"advertising":true}}}""";

    public async Task<(int Status, JsonElement Answer)> PostAsync(
        string path, string body, string? key = null, string type = "application/json")
    {
        using var answer = await SendAsync(path, new StringContent(body, Encoding.UTF8, type), key);
        return (((int)answer.StatusCode), JsonDocument.Parse(
            await answer.Content.ReadAsStringAsync()).RootElement);
    }

    public async Task<HttpResponseMessage> SendAsync(
        string path, HttpContent content, string? key = null,
        params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        if (key is not null)
            request.Headers.Authorization = Basic(key + ":");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await Http.SendAsync(request);
    }

    public static AuthenticationHeaderValue Basic(string text) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(text)));

    /// <summary>The next events in the log, which must be there.</summary>
    public async Task<IReadOnlyList<Event>> TakenAsync()
    {
        var batch = await _log.ReadAsync(0, 10_000, CancellationToken.None);
        var events = batch.Items.Select(item => EventCodec.Read(item.Payload.ToArray())).ToList();
        await _log.AcknowledgeAsync(batch, CancellationToken.None);
        return events;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        await Letters.DisposeAsync();
        Keys.Dispose();
        await _log.DisposeAsync();
        await _store.DisposeAsync();
        _persons.Dispose();
        _cell.Dispose();
        _folder.Dispose();
    }

    private async Task StartAsync()
    {
        var none = CancellationToken.None;
        Keys = await ApiKeys.LoadAsync(_store, _persons, Clock, none);
        Write = await KeyAsync(ApiKeyKind.Write, 1);
        Till = await KeyAsync(ApiKeyKind.Till, 2);
        Server = await KeyAsync(ApiKeyKind.Server, 3);
        Admin = await KeyAsync(ApiKeyKind.Admin, 0);
        var gate = new ConsentGate(Purposes.Default, Notices.Default);
        var sources = new Sources(
        [
            Source(1, SourceKind.Browser), Source(2, SourceKind.Till), Source(3, SourceKind.Server),
        ]);
        var rules = new AdmissionRules
        {
            Judge = gate.Judge,
            Index = _cell.Index,
            LookUp = Shelf,
            Identity = (token, user, anonymous, nowMs) =>
                IdentityToken.Verify(Keys, token, user, anonymous, nowMs),
            Recent = new RecentMessages(1024),
            Currency = "EUR",
        };
        Letters = new DeadLetterWorker(new DeadLetterParts
        {
            Store = _store,
            Keys = _persons,
            Index = _cell.Index,
            Options = new CollectOptions(),
            Time = Clock,
        });
        Consents = new ConsentWorker(_store, _cell, _persons, Purposes.Default,
            new RevocationFeed(_store, Clock, NullLogger<RevocationFeed>.Instance), Clock,
            NullLogger<ConsentWorker>.Instance);
        Worker = new CollectWorker(new CollectParts
        {
            Log = _log,
            Keys = Keys,
            Sources = () => sources,
            Rules = rules,
            Lower = Consents.LowerAsync,
            DeadLetter = Letters.Offer,
            Notices = new FlowNotices(),
            Time = Clock,
        });
        CollectApi.Map(_app, Worker, Pressure);
        SessionApi.Map(_app, new SessionParts
        {
            Collect = Worker,
            Cell = _cell,
            Store = _store,
            Sources = () => sources,
            Covers = gate.CoversSession,
            Options = new CollectOptions(),
            Time = Clock,
        });
        DeadLetterApi.Map(_app, Letters, Worker, KeyAccessApi.Guard(Keys, ApiKeyKind.Admin));
        await _app.StartAsync();
        var url = _app.Services.GetRequiredService<IServer>().Features
            .Get<IServerAddressesFeature>()!.Addresses.First();
        Http = new HttpClient(new HttpClientHandler { UseCookies = false })
        {
            BaseAddress = new Uri(url),
        };
    }

    private async Task<NewApiKey> KeyAsync(ApiKeyKind kind, ushort source) =>
        await Keys.CreateAsync(
            new ApiKeyOrder { Kind = kind, Source = new SourceId(source), Name = kind.ToString() },
            CancellationToken.None);

    private static Source Source(ushort id, SourceKind kind) => new()
    {
        Id = new SourceId(id),
        Name = kind.ToString(),
        Kind = kind,
        Ceiling = Provenance.Declared,
        DeclaredBasis = kind == SourceKind.Browser ? PurposeSet.None : Purposes.Default.Everything,
    };

    private static bool Shelf(string productId, string variantId, out ProductFacts facts)
    {
        facts = (productId, variantId) switch
        {
            ("RUN-01", _) => new ProductFacts("RUN-01", variantId, "shoes.running", 12_995, false),
            (_, "NURSING-S") => new ProductFacts("NURSING", "NURSING-S", "maternity", 3_900, true),
            _ => default,
        };
        return facts.ProductId is not null;
    }
}

/// <summary>A clock that stands where the test puts it.</summary>
internal sealed class SetClock(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}
