using System.Text.Json;
using Stammgast.Keys;

namespace Stammgast.Collect;

/// <summary>
/// <c>GET /v1/projects/{writeKey}/settings</c>: what <c>@segment/analytics-next</c> loads before it
/// sends. Names this host as the only one, so that nothing goes to the SDK's default hosts.
/// </summary>
internal static class SettingsApi
{
    /// <summary>Maps the route.</summary>
    public static void Map(IEndpointRouteBuilder app, ApiKeys keys)
    {
        app.MapGet("/projects/{writeKey}/settings", (HttpContext http, string writeKey) =>
                AnswerAsync(http, keys, writeKey))
            .WithSummary("Settings for the Segment browser SDK.");
        CorsApi.MapPreflight(app, ["/projects/{writeKey}/settings"]);
    }

    private static async Task AnswerAsync(HttpContext http, ApiKeys keys, string writeKey)
    {
        CorsApi.AllowAnswer(http);
        if (!keys.TryAuthenticate(writeKey, out var key) || key.Kind != ApiKeyKind.Write)
        {
            await Problems.NotFound("write key").ToResult().ExecuteAsync(http);
            return;
        }
        http.Response.ContentType = "application/json";
        // Short: a key that is withdrawn must stop to load pages soon.
        http.Response.Headers.CacheControl = "public, max-age=300";
        await using (var json = new Utf8JsonWriter(http.Response.BodyWriter))
            Write(json, writeKey, http.Request);
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }

    private static void Write(Utf8JsonWriter json, string writeKey, HttpRequest request)
    {
        var host = request.Host.Value + "/v1";
        json.WriteStartObject();
        json.WriteStartObject("integrations"u8);
        json.WriteStartObject("Segment.io"u8);
        json.WriteString("apiKey"u8, writeKey);
        json.WriteString("apiHost"u8, host);
        json.WriteString("protocol"u8, request.Scheme);
        json.WriteBoolean("retryQueue"u8, value: true);
        json.WriteBoolean("addBundledMetadata"u8, value: false);
        Empty(json, "unbundledIntegrations"u8, array: true);
        Empty(json, "maybeBundledConfigIds"u8, array: false);
        json.WriteStartObject("versionSettings"u8);
        json.WriteString("version"u8, "4.4.7");
        json.WriteStartArray("componentTypes"u8);
        json.WriteStringValue("browser"u8);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        WritePlan(json);
        json.WriteStartObject("metrics"u8);
        json.WriteNumber("sampleRate"u8, 0);
        json.WriteString("host"u8, host);
        json.WriteEndObject();
        json.WriteStartObject("middlewareSettings"u8);
        Empty(json, "routingRules"u8, array: true);
        json.WriteEndObject();
        Empty(json, "enabledMiddleware"u8, array: false);
        Empty(json, "remotePlugins"u8, array: true);
        json.WriteBoolean("legacyVideoPluginsEnabled"u8, value: false);
        json.WriteStartObject("consentSettings"u8);
        Empty(json, "allCategories"u8, array: true);
        json.WriteBoolean("hasUnmappedDestinations"u8, value: false);
        json.WriteEndObject();
        Empty(json, "edgeFunction"u8, array: false);
        json.WriteStartObject("autoInstrumentationSettings"u8);
        json.WriteNumber("sampleRate"u8, 0);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WritePlan(Utf8JsonWriter json)
    {
        json.WriteStartObject("plan"u8);
        ReadOnlySpan<string> calls = ["track", "identify", "group"];
        foreach (var call in calls)
        {
            json.WriteStartObject(call);
            json.WriteStartObject("__default"u8);
            json.WriteBoolean("enabled"u8, value: true);
            Empty(json, "integrations"u8, array: false);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void Empty(Utf8JsonWriter json, ReadOnlySpan<byte> name, bool array)
    {
        if (array)
        {
            json.WriteStartArray(name);
            json.WriteEndArray();
            return;
        }
        json.WriteStartObject(name);
        json.WriteEndObject();
    }
}
