using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Stammgast.Catalogue;
using Stammgast.Collect;
using Stammgast.Consent;
using Stammgast.Decisions;
using Stammgast.Identity;
using Stammgast.Intelligence;
using Stammgast.Keys;
using Stammgast.Profiles;
using Stammgast.Storage.Embedded;
using Stammgast.Tests.Keys;
using static Stammgast.Tests.Decisions.Shelf;

namespace Stammgast.Tests.Decisions;

/// <summary>The line up to the decision over real files and Kestrel; the fold does not run.</summary>
internal sealed class ExperienceCell : IAsyncDisposable
{
    private readonly TemporaryFolder folder;
    private readonly WebApplication app;
    private readonly FileEventLog log;
    private readonly PersonKeys personKeys;
    private readonly ApiKeys apiKeys;
    private readonly DecisionRoom room;
    private readonly HttpClient http;

    private ExperienceCell(TemporaryFolder folder, WebApplication app, CellKeys cell, PersonKeys personKeys,
        (SqliteStore Store, FileEventLog Log) storage, ApiKeys apiKeys)
    {
        this.folder = folder;
        (this.app, Cell, this.personKeys, Store, log, this.apiKeys) =
            (app, cell, personKeys, storage.Store, storage.Log, apiKeys);
        Progress = new FlowProgress(Clock);
        var notices = new FlowNotices();
        var gate = new ConsentGate(Purposes.Default, Notices.Default);
        var collect = new CollectWorker(new CollectParts
        {
            Log = log,
            Keys = apiKeys,
            Sources = () => Sources,
            Rules = new AdmissionRules
            {
                Judge = gate.Judge,
                Index = cell.Index,
                LookUp = Enrichment.In(() => Goods),
                Identity = (token, user, anonymous, nowMs) =>
                    IdentityToken.Verify(apiKeys, token, user, anonymous, nowMs),
                Recent = new RecentMessages(),
                Currency = "EUR",
            },
            Lower = new ConsentWorker(Store, cell, personKeys, Purposes.Default,
                new RevocationFeed(Store, Clock, NullLogger<RevocationFeed>.Instance), Clock,
                NullLogger<ConsentWorker>.Instance).LowerAsync,
            Notices = notices,
            Time = Clock,
        });
        room = new DecisionRoom(new DecisionRoomParts
        {
            Store = Store,
            PersonKeys = personKeys,
            Cell = cell,
            Keys = apiKeys,
            Collect = collect,
            Pressure = new Backpressure(64 << 20),
            Profiles = new ProfileReaderWorker(Store, personKeys, cell.Index, Purposes.Default,
                Clock, new ProfileOptions()),
            Catalogue = () => Goods,
            Models = () => ModelSet.Empty,
            Purposes = Purposes.Default,
            Identity = IdentityRules.Default,
            ConsentsFresh = () => IsFresh,
            Progress = Progress,
            Notices = notices,
            Time = Clock,
        });
        room.Map(app);
        http = new HttpClient(new SocketsHttpHandler { UseCookies = false });
    }

    public FixedClock Clock { get; } = new(Now);

    public bool IsFresh { get; set; } = true;

    public CellKeys Cell { get; }

    public SqliteStore Store { get; }

    public FlowProgress Progress { get; }

    public DecisionRoom Room => room;

    public CatalogueSnapshot Goods { get; } = Of(Product("RUN-01"), Product("RUN-02"),
        Product("RUN-03"), Product("SOC-01", "socks"), Product("SECRET", sensitive: true));

    public NewApiKey Write { get; private set; }

    public NewApiKey Server { get; private set; }

    public NewApiKey Admin { get; private set; }

    private static Sources Sources { get; } = new([
        new Source
        {
            Id = new SourceId(1),
            Name = "shop",
            Kind = SourceKind.Browser,
            Ceiling = Provenance.Declared,
            NoticeVersion = 1,
        },
        new Source
        {
            Id = new SourceId(2),
            Name = "server",
            Kind = SourceKind.Server,
            Ceiling = Provenance.Declared,
            NoticeVersion = 1,
            DeclaredBasis = Purposes.Default.Everything,
        },
    ]);

    public static async Task<ExperienceCell> StartAsync(CancellationToken cancel)
    {
        var place = new TemporaryFolder();
        var files = place.Info;
        var cell = CellKeys.Open(files);
        var people = PersonKeys.Open(files, cell);
        var store = new SqliteStore(Path.Combine(files.FullName, "store"), TimeProvider.System);
        var eventLog = new FileEventLog(Path.Combine(files.FullName, "eventLog"), TimeProvider.System);
        var keys = await ApiKeys.LoadAsync(store, people, TimeProvider.System, cancel);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var made = new ExperienceCell(place, builder.Build(), cell, people, (store, eventLog), keys);
        await made.room.LoadAsync(cancel);
        made.Write = await keys.CreateAsync(
            new() { Kind = ApiKeyKind.Write, Source = new SourceId(1), Name = "web" }, cancel);
        made.Server = await keys.CreateAsync(
            new() { Kind = ApiKeyKind.Server, Source = new SourceId(2), Name = "server" }, cancel);
        made.Admin = await keys.CreateAsync(
            new() { Kind = ApiKeyKind.Admin, Name = "admin" }, cancel);
        await made.app.StartAsync(cancel);
        made.http.BaseAddress = new Uri(made.app.Urls.First());
        return made;
    }

    public string SessionOf(string anonymousId) => SessionToken.PlainCookieName + "="
        + SessionToken.Sign(Cell, anonymousId, Clock.NowMs / 1_000 + 600);

    public async Task<(int Status, JsonNode Body)> SendAsync(
        HttpMethod method, string path, NewApiKey? key, string? body, string? cookie = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (key is { } known)
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(known.Token + ":")));
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie);
        if (path == "/v1/motifs")
            request.Headers.Add("Idempotency-Key", "once");
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode, text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!);
    }

    /// <summary>A consenting browser's call with one view of a product.</summary>
    public Task<(int Status, JsonNode Body)> BrowseAsync(string placements, string anonymousId = "a-1",
        string events = "", bool hasSession = true, bool isYes = true) =>
        SendAsync(HttpMethod.Post, "/v1/experience", Write,
            $$$"""
            {"anonymousId":"{{{anonymousId}}}",
             "context":{"locale":"de-DE","consent":{"categoryPreferences":
               {"personalization":{{{(isYes ? "true" : "false")}}},"functional":true} } },
             "events":[{{{events}}}],"placements":[{{{placements}}}]}
            """, hasSession ? SessionOf(anonymousId) : null);

    public static string View(string productId, string messageId) =>
        $$"""{"type":"track","messageId":"{{messageId}}","event":"Product Viewed","properties":{"product_id":"{{productId}}"} }""";

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await app.DisposeAsync();
        room.Dispose();
        await log.DisposeAsync();
        await Store.DisposeAsync();
        apiKeys.Dispose();
        personKeys.Dispose();
        Cell.Dispose();
        folder.Dispose();
    }
}
