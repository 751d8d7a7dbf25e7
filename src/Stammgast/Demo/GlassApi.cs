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
    private static readonly TimeSpan PastEvery = TimeSpan.FromMilliseconds(500);

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

    private async IAsyncEnumerable<SseItem<string>> StreamAsync(
        Language language, CancellationToken gone, CancellationToken stopping,
        [EnumeratorCancellation] CancellationToken cancel = default)
    {
        var pieces = Channel.CreateBounded<SseItem<string>>(new BoundedChannelOptions(WaitingAtMost)
        {
            FullMode = BoundedChannelFullMode.DropOldest,
        });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(gone, stopping, cancel);
        var feeders = Task.WhenAll(
            FollowAsync(language, pieces.Writer, stop.Token),
            WatchPastAsync(language, pieces.Writer, stop.Token));
        try
        {
            await foreach (var piece in pieces.Reader.ReadAllAsync(CancellationToken.None))
                yield return piece;
        }
        finally
        {
            await stop.CancelAsync();
            await feeders.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // The past is folded by the thousands beside the shop: only who was met at the gate is followed.
    private async Task FollowAsync(
        Language language, ChannelWriter<SseItem<string>> pieces, CancellationToken cancel)
    {
        var followed = new Queue<LeafId>();
        try
        {
            await foreach (var notice in notices.WatchAsync(cancel))
            {
                switch (notice)
                {
                    case FlowNotice.Collected one when followed.Count < FollowedAtMost || IsNew(one):
                        Follow(one.Leaf);
                        Send("collected", GlassParts.Event(
                            language, one, [.. Purposes.Default.KeysOf(one.Allowed)]));
                        break;
                    case FlowNotice.Folded one when followed.Contains(one.Leaf):
                        Send("folded", await ProfileAsync(language, one.Person, cancel));
                        break;
                    case FlowNotice.Decided one:
                        Send("decided", await DecisionAsync(language, one.Decision, cancel));
                        break;
                    default:
                        break;
                }
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The watcher left.
        }
        finally
        {
            pieces.TryComplete();
        }

        bool IsNew(FlowNotice.Collected one) => !followed.Contains(one.Leaf);

        void Follow(LeafId leaf)
        {
            if (leaf == LeafId.None || followed.Contains(leaf))
                return;
            if (followed.Count >= FollowedAtMost)
                followed.Dequeue();
            followed.Enqueue(leaf);
        }

        void Send(string type, Html html)
        {
            if (html != Html.None)
                pieces.TryWrite(new(html.Text, type));
        }
    }

    private async Task WatchPastAsync(
        Language language, ChannelWriter<SseItem<string>> pieces, CancellationToken cancel)
    {
        PastProgress? told = null;
        using var tick = new PeriodicTimer(PastEvery, real);
        do
        {
            if (past.Latest is { } latest && latest != told)
            {
                told = latest;
                pieces.TryWrite(new(GlassParts.Past(language, latest).Text, "past"));
            }
        }
        while (await tick.WaitForNextTickAsync(cancel));
    }

    private async Task<Html> ProfileAsync(
        Language language, LeafId person, CancellationToken cancel)
    {
        var facts = await platform.ReadAsync($"/v1/profiles/{person}/facts", Purpose, cancel);
        var consents = await platform.ReadAsync($"/v1/profiles/{person}/consents", Purpose, cancel);
        return facts is null && consents is null
            ? Html.None
            : GlassParts.Profile(language, person, Parse(facts), Parse(consents));
    }

    private async Task<Html> DecisionAsync(
        Language language, DecisionId decision, CancellationToken cancel) =>
        Parse(await platform.ReadAsync($"/v1/decisions/{decision}", purpose: null, cancel))
            is { } trace ? GlassParts.Decision(language, trace) : Html.None;

    private static JsonNode? Parse(string? json) => json is null ? null : JsonNode.Parse(json);
}
