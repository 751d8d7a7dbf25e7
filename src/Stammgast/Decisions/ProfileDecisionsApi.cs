using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Stammgast.Consent;
using Stammgast.Keys;
using Stammgast.Profiles;
using Stammgast.Storage;

namespace Stammgast.Decisions;

/// <summary>
/// <c>GET /v1/profiles/{id}/decisions</c>: what was decided for a person and why, newest first, for
/// a purpose that is in force for her; else the answer says how many it withheld.
/// </summary>
internal sealed class ProfileDecisionsApi(
    IStore store, PersonKeys keys, ProfileReaderWorker profiles, ApiKeys apiKeys, Purposes purposes)
{
    private const int DefaultPage = 50;
    private const int MaxPage = 200;

    // Ninety days of one person's on-site decisions; more is a robot's, whose newest are enough.
    private const int MostRead = 5_000;

    /// <summary>Adds the route.</summary>
    public void Map(IEndpointRouteBuilder app) =>
        app.MapGet("/v1/profiles/{id}/decisions", (Delegate)ReadAsync)
            .Behind(KeyAccessApi.Guard(apiKeys, ApiKeyKind.Server))
            .WithTags("Profiles")
            .WithSummary("What was decided for the profile and why, newest first.");

    // 1 key and purpose, 2 page, 3 profile, 4 its leaves' decisions.
    private async Task<IResult> ReadAsync(
        HttpContext http, string id, string? cursor, string? limit)
    {
        if (!KeyAccessApi.TryKey(http, apiKeys, out var key))
            return Problems.Unauthenticated().ToResult();
        if (PurposeHeader.Read(http, key, purposes, out var purpose) is { } refused)
            return refused.ToResult();
        var most = DefaultPage;
        if (limit is not null && (!int.TryParse(limit, NumberStyles.None,
                CultureInfo.InvariantCulture, out most) || most is < 1 or > MaxPage))
            return Problems.Invalid($"limit is 1–{MaxPage}.", "/limit").ToResult();
        DecisionId? before = null;
        if (cursor is not null)
        {
            if (!DecisionId.TryParse(cursor, out var last))
                return Problems.Invalid("cursor is what an answer gave as next.", "/cursor").ToResult();
            before = last;
        }
        if (!LeafId.TryParse(id, out var leaf)
            || await profiles.LoadAsync(leaf, http.RequestAborted) is not { } profile)
            return Problems.NotFound("profile").ToResult();
        var all = await LoadAsync(profile, http.RequestAborted);
        var isOpen = purposes.Essential.Has(purpose) || profile.For(purpose).IsInForce;
        return isOpen ? Page(all, before, most) : Withheld(all.Count);
    }

    private async ValueTask<List<Decision>> LoadAsync(Profile profile, CancellationToken cancel)
    {
        var found = new List<Decision>();
        foreach (var leaf in profile.Leaves)
        {
            RecordKey? after = new RecordKey(RecordKind.Decision, leaf);
            var page = await store.ScanAsync(RecordKind.Decision, after, MostRead, cancel);
            foreach (var record in page.TakeWhile(record => record.Key.Owner == leaf))
            {
                var plain = new ArrayBufferWriter<byte>(DecisionRecord.MaxBytes);
                if (keys.TryOpen(record.Key, record.Version, record.Body.Span, plain))
                    found.Add(DecisionRecord.Decode(plain.WrittenSpan));
            }
        }
        found.Sort((a, b) => a.AtMs != b.AtMs
            ? b.AtMs.CompareTo(a.AtMs) : b.Id.Value.CompareTo(a.Id.Value));
        return found;
    }

    private static IResult Page(List<Decision> all, DecisionId? before, int most)
    {
        var from = before is { } last ? all.FindIndex(one => one.Id == last) + 1 : 0;
        var shown = all.Skip(from).Take(most).ToList();
        var next = from + shown.Count < all.Count ? shown[^1].Id.ToString() : null;
        return DecisionsApi.Json(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("data");
            foreach (var decision in shown)
                Write(json, decision);
            json.WriteEndArray();
            json.WriteString("next", next);
            json.WriteNumber("withheld", 0);
            json.WriteEndObject();
        });
    }

    // What the customer was told, not the trace: that is for admin keys, by the decision's id.
    private static void Write(Utf8JsonWriter json, Decision decision)
    {
        json.WriteStartObject();
        json.WriteString("decisionId", decision.Id.ToString());
        json.WriteString("at", DateTimeOffset.FromUnixTimeMilliseconds(decision.AtMs));
        json.WriteString("placement", decision.Placement);
        json.WriteString("type", StaffTrace.TypeName(decision.Type));
        json.WriteString("outcome", decision.IsShown ? "shown" : "silent");
        json.WriteString("reason", decision.IsShown ? ReasonCodes.Of(decision.Reason) : null);
        json.WriteString("text", decision.IsShown ? CustomerVoice.Sentence(decision, null) : null);
        json.WriteString("silence", decision.IsShown ? null : ReasonCodes.Of(decision.Silence));
        json.WriteString("campaignId", decision.Campaign.Length > 0 ? decision.Campaign : null);
        json.WriteEndObject();
    }

    private static IResult Withheld(int count) =>
        Results.Text($"{{\"data\":[],\"next\":null,\"withheld\":{count}}}", "application/json");
}
