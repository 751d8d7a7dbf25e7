using System.Text.Json;
using Stammgast.Keys;
using Stammgast.Storage;

namespace Stammgast.Privacy;

/// <summary>The routes of this room: <c>POST /v1/privacy/requests</c>.</summary>
internal sealed class PrivacyApi(ErasureWorker erasures, ApiKeys apiKeys)
{
    private const int BodyBytes = 16 * 1024;

    /// <summary>Adds the routes.</summary>
    public void Map(IEndpointRouteBuilder app) =>
        app.MapGroup("/v1/privacy").WithTags("Privacy")
            .Behind(KeyAccessApi.Guard(apiKeys, ApiKeyKind.Server, ApiKeyKind.Admin))
            .MapPost("requests", (Delegate)RequestAsync)
            .WithSummary("Carries out a data-subject request: erasure of one person.");

    private async Task<IResult> RequestAsync(HttpContext http)
    {
        var body = new byte[BodyBytes + 1];
        var length = await http.Request.Body.ReadAtLeastAsync(
            body, body.Length, throwOnEndOfStream: false, http.RequestAborted);
        if (length > BodyBytes)
            return Problems.TooLarge(BodyBytes).ToResult();
        PrivacyOrder? order;
        try
        {
            order = JsonSerializer.Deserialize(
                body.AsSpan(0, length), PrivacyJson.Default.PrivacyOrder);
        }
        catch (JsonException)
        {
            order = null;
        }
        if (order is null)
            return Problems.Malformed("The body is {\"type\",\"profileId\"}, each once.").ToResult();
        if (order.Type != "erasure")
            return Problems.Invalid("type is erasure.", "/type").ToResult();
        return LeafId.TryParse(order.ProfileId, out var profile)
            ? await EraseAsync(profile, http.RequestAborted)
            : Problems.NotFound("profile").ToResult();
    }

    private async Task<IResult> EraseAsync(LeafId profile, CancellationToken cancel)
    {
        try
        {
            if (await erasures.EraseAsync(profile, cancel) is not { } done)
                return Problems.NotFound("profile").ToResult();
            var answer = new PrivacyDone("erasure", profile.ToString(), "completed",
                DateTimeOffset.FromUnixTimeMilliseconds(done.AtMs), done.Leaves.Count);
            return Results.Json(answer, PrivacyJson.Default.PrivacyDone);
        }
        catch (KeyGoneException)
        {
            // Somebody else's request is erasing this person at this moment.
            return Problems.NotFound("profile").ToResult();
        }
        catch (OverloadedException overloaded)
        {
            return Problems.Unavailable(overloaded.RetryAfter).ToResult();
        }
    }
}
