using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Stammgast.Tests.Keys;
using Xunit;

namespace Stammgast.Tests.Tidy;

/// <summary>No door without a sign: what a cell maps, <c>docs/openapi.json</c> describes.</summary>
public sealed class RoutesTests
{
    // Read by machines and browsers, not by callers of the API.
    private static readonly string[] Unlisted =
        ["GET /health/live", "GET /health/ready", "GET /openapi/{documentName}.json"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_route_that_a_cell_maps_is_described_and_no_other()
    {
        using var folder = new TemporaryFolder();
        await using var cell = await Cell.OpenAsync(
            new CellOptions { Data = folder.Info, Port = 0, CacheMiB = 16 },
            TimeProvider.System, Cancel);
        await using var app = Rooms.Build(cell);
        // Routes are finished when the application starts.
        await app.StartAsync(Cancel);
        var mapped = ((IEndpointRouteBuilder)app).DataSources
            .SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .SelectMany(MethodsOf)
            .Where(route => !route.StartsWith("OPTIONS ", StringComparison.Ordinal)
                && !route.EndsWith(".js", StringComparison.Ordinal))
            .Except(Unlisted).Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(Described(), mapped);
    }

    private static IEnumerable<string> MethodsOf(RouteEndpoint endpoint)
    {
        var path = "/" + endpoint.RoutePattern.RawText!.Trim('/');
        var methods = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"];
        return methods.Select(method => $"{method} {path}");
    }

    private static IEnumerable<string> Described() => JsonElement
        .Parse(File.ReadAllText(Path.Combine(Repository.Root, "docs", "openapi.json")))
        .GetProperty("paths").EnumerateObject()
        .SelectMany(path => path.Value.EnumerateObject()
            .Select(operation => $"{operation.Name.ToUpperInvariant()} {path.Name}"))
        .Order(StringComparer.Ordinal);
}
