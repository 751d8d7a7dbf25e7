using System.IO.Compression;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stammgast.Collect;
using Xunit;

namespace Stammgast.Tests.Collect;

public sealed class SdkApiTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("stammgast.js", 4_608)]
    [InlineData("consent.js", 3_584)]
    public async Task A_file_of_the_sdk_is_a_few_kilobytes(string file, int maxGzipBytes)
    {
        await using var app = await StartAsync();
        using var client = new HttpClient { BaseAddress = AddressOf(app) };
        client.DefaultRequestHeaders.AcceptEncoding.ParseAdd("gzip");
        using var answer = await client.GetAsync(file, Cancel);
        Assert.Equal("text/javascript", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(["gzip"], answer.Content.Headers.ContentEncoding);
        var bytes = await answer.Content.ReadAsByteArrayAsync(Cancel);
        TestContext.Current.SendDiagnosticMessage("{0}: {1} bytes gzipped", file, bytes.Length);
        Assert.InRange(bytes.Length, 1, maxGzipBytes);
        using var unpacked = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        using var reader = new StreamReader(unpacked);
        var served = await reader.ReadToEndAsync(Cancel);
        Assert.Equal(await new HttpClient { BaseAddress = AddressOf(app) }
            .GetStringAsync(file, Cancel), served);
        Assert.StartsWith("(() => {\n'use strict';\n", served, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_browser_has_already_is_not_sent_again()
    {
        await using var app = await StartAsync();
        using var client = new HttpClient { BaseAddress = AddressOf(app) };
        using var first = await client.GetAsync("stammgast.js", Cancel);
        client.DefaultRequestHeaders.IfNoneMatch.Add(first.Headers.ETag!);
        using var second = await client.GetAsync("stammgast.js", Cancel);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
    }

    [Fact]
    public void Slimming_drops_comments_and_indentation_only()
    {
        const string source = "/* a\n * b\n */\n  const a = 'x // y'; // stays\n\n    // goes\n}\n";
        Assert.Equal("const a = 'x // y'; // stays\n}\n", SdkApi.Slim(source));
    }

    [Fact]
    public void The_sdk_calls_nobody_else()
    {
        var folder = Path.Combine(Tidy.Repository.Root, "sdk", "js");
        foreach (var file in Directory.GetFiles(folder, "*.js"))
        {
            var code = SdkApi.Slim(File.ReadAllText(file));
            Assert.DoesNotContain("http:", code, StringComparison.Ordinal);
            Assert.DoesNotContain("https:", code, StringComparison.Ordinal);
            Assert.DoesNotContain("document.cookie", code, StringComparison.Ordinal);
        }
    }

    private static async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        SdkApi.Map(app);
        await app.StartAsync(Cancel);
        return app;
    }

    private static Uri AddressOf(WebApplication app) =>
        new(app.Services.GetRequiredService<IServer>().Features
            .Get<IServerAddressesFeature>()!.Addresses.First());
}
