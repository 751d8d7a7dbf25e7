using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Stammgast.Keys;

namespace Stammgast.Demo;

/// <summary>
/// The shop's own way to the platform: the same HTTP API that any customer's server calls. A
/// platform that is slow or away never takes the shop down: pages then show the shop's own choice.
/// </summary>
internal sealed class Platform(HttpClient http, DemoKeys keys) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    /// <summary>What the shop's pages show to the platform; public.</summary>
    public string WriteKey => keys.Write;

    /// <summary>The shop's word that this browser's user is this one, good for an hour.</summary>
    public string SignIdentity(string userId, string anonymousId, DateTimeOffset now) =>
        IdentityToken.Sign(keys.Server, keys.ServerId, (userId, anonymousId),
            now.ToUnixTimeSeconds() + IdentityToken.MaxLifeSeconds - 60);

    /// <summary>
    /// Asks without naming anybody (a contextual answer, which leaves no row); what a page shows
    /// before, and without, script.
    /// </summary>
    public async Task<ExperienceAnswer> AskAsync(
        Language language, IReadOnlyList<Placement> placements, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        var question = new ExperienceQuestion
        {
            Context = new(language.Locale, "Europe/Berlin"),
            Placements = placements,
        };
        try
        {
            using var answer = await SendAsync(
                HttpMethod.Post, "/v1/experience", keys.Write,
                Json(question, DemoJson.Default.ExperienceQuestion), limit.Token);
            return answer.IsSuccessStatusCode
                && await answer.Content.ReadFromJsonAsync(
                    DemoJson.Default.ExperienceAnswer, limit.Token) is { } said
                ? said : ExperienceAnswer.Silent;
        }
        catch (Exception away) when (away is HttpRequestException
            || (away is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return ExperienceAnswer.Silent;
        }
    }

    /// <summary>Sends events of record with the server key; throws if they were not taken.</summary>
    public Task RecordAsync(IReadOnlyList<TrackEvent> events, CancellationToken cancel) =>
        RecordAsync(events, keys.Server, cancel);

    /// <summary>Sends events of the past, which only an import may bring.</summary>
    public Task RecallAsync(IReadOnlyList<TrackEvent> events, CancellationToken cancel) =>
        RecordAsync(events, keys.Import, cancel);

    private async Task RecordAsync(
        IReadOnlyList<TrackEvent> events, string key, CancellationToken cancel)
    {
        using var answer = await SendAsync(
            HttpMethod.Post, "/v1/batch", key,
            Json(new EventBatch(events), SegmentJson.Default.EventBatch), cancel);
        answer.EnsureSuccessStatusCode();
        using var fates = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancel));
        foreach (var fate in fates.RootElement.GetProperty("events").EnumerateArray())
        {
            // A 200 says that the request was understood; each event has a fate of its own.
            if (fate.GetProperty("fate").GetString() == "rejected")
                throw new InvalidOperationException(
                    $"An event was rejected: {fate.GetProperty("code").GetString()}");
        }
    }

    /// <summary>Puts a resource with the admin key; throws if it was refused.</summary>
    public async Task PutAsync<T>(
        string path, T body, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        using var answer = await SendAsync(
            HttpMethod.Put, path, keys.Admin, Json(body, type), cancel);
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException(
                $"PUT {path}: {(int)answer.StatusCode} "
                + await answer.Content.ReadAsStringAsync(cancel));
    }

    /// <summary>Reads as staff, for the glass box; null if the platform does not answer 200.</summary>
    public async Task<string?> ReadAsync(string path, string? purpose, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = Basic(purpose is null ? keys.Admin : keys.Server);
        if (purpose is not null)
            request.Headers.Add("X-Purpose", purpose);
        using var answer = await http.SendAsync(request, cancel);
        return answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync(cancel) : null;
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string key, HttpContent content, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Authorization = Basic(key);
        return await http.SendAsync(request, cancel);
    }

    // With its length: not every door takes a body without one.
    private static ByteArrayContent Json<T>(T body, JsonTypeInfo<T> type)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, type));
        content.Headers.ContentType = new("application/json");
        return content;
    }

    private static AuthenticationHeaderValue Basic(string key) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(key + ":")));
}

/// <summary>The API keys of one start of the demo.</summary>
internal sealed record DemoKeys(
    string Write, string Till, string Server, string ServerId, string Admin, string Import);
