using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Stammgast.Consent;

namespace Stammgast.Demo;

/// <summary>
/// Streams the glass box: notices of the line say that something happened, the platform's API says
/// what. Read with the shop's server and admin keys, which never leave the server.
/// </summary>
internal sealed class GlassApi(
    FlowNotices notices, Platform platform, PastWatch past, TimeProvider real)
{
    // The purpose that a service desk reads for; what it may not see is counted as withheld.
    private const string Purpose = "essential.service.operations.support";
    private const int FollowedAtMost = 64;
    private const int WaitingAtMost = 256;
    private const int KeptAtMost = 24;

    // Between two pages of one visit, and far less than an erased person may still be read.
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(150);
    private readonly Queue<Piece> _kept = [];
    private int _count;
    private int _following;

    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder app)
    {
        var glass = app.MapGroup("/glass").AddEndpointFilter(Guard.ApplyAsync)
            .ExcludeFromDescription();
        glass.MapGet("", (HttpContext http, string? panel) => Results.Content(
            GlassPage.Show(Language.Of(http.Request), panel is not null).Text,
            "text/html; charset=utf-8"));
        // A stream ends with the process, too: nobody waits for a watcher to leave.
        var stopping = app.ServiceProvider.GetRequiredService<IHostApplicationLifetime>()
            .ApplicationStopping;
        glass.MapGet("/stream", (HttpContext http) => TypedResults.ServerSentEvents(
            StreamAsync(Language.Of(http.Request), http.RequestAborted, stopping)));
    }

    // A page's panel comes and goes with each click; what happens between two is shown by the next.
    private async IAsyncEnumerable<SseItem<string>> StreamAsync(
        Language language, CancellationToken gone, CancellationToken stopping,
        [EnumeratorCancellation] CancellationToken cancel = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(gone, stopping, cancel);
        if (Interlocked.Exchange(ref _following, 1) == 0)
            _ = FollowAsync(stopping);
        var last = Math.Max(0, Volatile.Read(ref _count) - KeptAtMost);
        PastProgress? told = null;
        using var tick = new PeriodicTimer(Every, real);
        do
        {
            if (past.Latest is { } latest && latest != told)
            {
                told = latest;
                yield return new(GlassParts.Past(language, latest).Text, "past");
            }
            foreach (var piece in Since(ref last))
                yield return new(piece.Show(language).Text, piece.Type);
        }
        while (await NextAsync(tick, stop.Token));
    }

    private static async ValueTask<bool> NextAsync(PeriodicTimer tick, CancellationToken cancel)
    {
        try
        {
            return await tick.WaitForNextTickAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private List<Piece> Since(ref int last)
    {
        lock (_kept)
        {
            while (_kept.TryPeek(out var oldest) && real.GetElapsedTime(oldest.At) > KeptFor)
                _kept.Dequeue();
            var fresh = _kept.TakeLast(Math.Min(_kept.Count, _count - last)).ToList();
            last = _count;
            return fresh;
        }
    }

    // From the first watcher on. The past is folded by the thousands beside the shop: only who was
    // met at the gate is followed, and notices are taken faster than the platform is asked.
    private async Task FollowAsync(CancellationToken stopping)
    {
        var mine = Channel.CreateBounded<FlowNotice>(new BoundedChannelOptions(WaitingAtMost)
        {
            FullMode = BoundedChannelFullMode.DropOldest,
        });
        try
        {
            await Task.WhenAll(SiftAsync(mine.Writer, stopping), ShowAsync(mine.Reader, stopping));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The process ends.
        }
    }

    private async Task SiftAsync(ChannelWriter<FlowNotice> mine, CancellationToken stopping)
    {
        var followed = new Queue<LeafId>();
        await foreach (var notice in notices.WatchAsync(stopping))
        {
            if (notice is FlowNotice.Collected one && !followed.Contains(one.Leaf))
            {
                followed.Enqueue(one.Leaf);
                if (followed.Count > FollowedAtMost)
                    followed.Dequeue();
            }
            if (notice is not FlowNotice.Folded folded || followed.Contains(folded.Leaf))
                mine.TryWrite(notice);
        }
    }

    private async Task ShowAsync(ChannelReader<FlowNotice> mine, CancellationToken stopping)
    {
        await foreach (var notice in mine.ReadAllAsync(stopping))
        {
            var piece = notice switch
            {
                FlowNotice.Collected one => new Piece("collected", language => GlassParts.Event(
                    language, one, [.. Purposes.Default.KeysOf(one.Allowed)])),
                FlowNotice.Folded one => await ProfileAsync(one.Person, stopping),
                FlowNotice.Decided one => await DecisionAsync(one.Decision, stopping),
                _ => null,
            };
            if (piece is null)
                continue;
            lock (_kept)
            {
                _kept.Enqueue(piece with { At = real.GetTimestamp() });
                if (_kept.Count > KeptAtMost)
                    _kept.Dequeue();
                _count++;
            }
        }
    }

    private async Task<Piece?> ProfileAsync(LeafId person, CancellationToken cancel)
    {
        var facts = Parse(await platform.ReadAsync(
            $"/v1/profiles/{person}/facts", Purpose, cancel));
        var consents = Parse(await platform.ReadAsync(
            $"/v1/profiles/{person}/consents", Purpose, cancel));
        return facts is null && consents is null
            ? null
            : new("folded", language => GlassParts.Profile(language, person, facts, consents));
    }

    private async Task<Piece?> DecisionAsync(DecisionId decision, CancellationToken cancel) =>
        Parse(await platform.ReadAsync($"/v1/decisions/{decision}", purpose: null, cancel))
            is { } trace
            ? new("decided", language => GlassParts.Decision(language, trace)) : null;

    private static JsonNode? Parse(string? json) => json is null ? null : JsonNode.Parse(json);

    /// <summary>Something to show, in whichever language.</summary>
    private sealed record Piece(string Type, Func<Language, Html> Show)
    {
        public long At { get; init; }
    }
}
