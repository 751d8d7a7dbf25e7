using System.Text.Json;
using System.Text.Json.Nodes;
using Stammgast.EndToEnd.Support;
using Xunit;

namespace Stammgast.EndToEnd.Profiles;

/// <summary>The OpenAPI document that the product serves, against the one in the repository.</summary>
public sealed class OpenApiTests(Platform platform)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string Kept => Path.Combine(Checkout.Root, "docs", "openapi.json");

    [Fact]
    public async Task The_document_in_the_repository_is_the_one_that_is_served()
    {
        var served = await ServedAsync();
        if (Environment.GetEnvironmentVariable("STAMMGAST_UPDATE") == "1")
            await File.WriteAllTextAsync(Kept, served + "\n", Cancel);
        // A changed route is a promise changed: STAMMGAST_UPDATE=1 ./test writes it anew.
        Assert.Equal((await File.ReadAllTextAsync(Kept, Cancel)).TrimEnd(), served);
    }

    [Fact]
    public async Task Every_route_that_clients_rely_on_is_described()
    {
        var paths = JsonNode.Parse(await ServedAsync())?["paths"]?.AsObject();
        string[] fixedByTheWire =
        [
            "/v1/track", "/v1/batch", "/v1/b", "/v1/import", "/v1/m", "/v1/experience",
            "/v1/projects/{writeKey}/settings", "/v1/profiles/lookup", "/v1/profiles/{id}/facts",
            "/v1/profiles/{id}/events", "/v1/profiles/{id}/identifiers",
            "/v1/profiles/{id}/consents", "/v1/profiles/{id}/audiences",
            "/v1/profiles/{id}/decisions", "/v1/profiles/{id}/explanation",
            "/v1/profiles/{id}/merge", "/v1/profiles/{id}/unmerge", "/v1/catalog/products",
            "/v1/privacy/requests", "/v1/dead-letters", "/v1/decisions/{id}",
        ];
        foreach (var path in fixedByTheWire)
        {
            Assert.NotNull(paths?[path]);
            foreach (var (_, operation) in paths![path]!.AsObject())
                Assert.NotEmpty((string?)operation?["summary"] ?? "");
        }
    }

    // Where it happened to be served is no part of the promise.
    private async Task<string> ServedAsync()
    {
        await platform.ReadyAsync(Cancel);
        using var http = new HttpClient { BaseAddress = platform.Url };
        var document = JsonNode.Parse(await http.GetStringAsync("/openapi/v1.json", Cancel))
            ?? throw new InvalidOperationException("The document is empty.");
        document.AsObject().Remove("servers");
        return document.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }
}
