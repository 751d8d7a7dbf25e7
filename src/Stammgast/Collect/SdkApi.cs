using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Net.Http.Headers;

namespace Stammgast.Collect;

/// <summary>
/// Serves the browser SDK and its consent dialogue from the shop's own domain: no third party
/// learns who visits. Comments and indentation stay in the repository; both forms are made once.
/// </summary>
internal static class SdkApi
{
    // An hour: long enough to cost nothing, short enough for a fix to arrive the same day.
    private const string CacheControl = "public, max-age=3600";

    private static readonly string[] Files = ["stammgast.js", "consent.js"];

    /// <summary>Maps <c>/stammgast.js</c> and <c>/consent.js</c>.</summary>
    public static void Map(IEndpointRouteBuilder app)
    {
        foreach (var file in Files)
        {
            var served = Load(file);
            app.MapMethods("/" + file, ["GET", "HEAD"], context => ServeAsync(context, served))
                .ExcludeFromDescription();
        }
    }

    /// <summary>
    /// Drops lines that are only a comment, and indentation. Not a minifier: it knows that our
    /// files begin no code line with <c>//</c>, <c>/*</c> or <c>*</c>.
    /// </summary>
    internal static string Slim(string source)
    {
        var slim = new StringBuilder(source.Length);
        foreach (var line in source.AsSpan().EnumerateLines())
        {
            var code = line.Trim();
            if (!code.IsEmpty && !code.StartsWith("//") && !code.StartsWith("/*")
                && !code.StartsWith("*"))
                slim.Append(code).Append('\n');
        }
        return slim.ToString();
    }

    private static Served Load(string file)
    {
        using var stream = typeof(SdkApi).Assembly.GetManifestResourceStream("sdk/" + file)
            ?? throw new InvalidOperationException($"{file} is not part of the build.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var plain = Encoding.UTF8.GetBytes(Slim(reader.ReadToEnd()));
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
            gzip.Write(plain);
        var tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(plain).AsSpan(0, 8))}\"";
        return new Served(plain, packed.ToArray(), tag);
    }

    private static async Task ServeAsync(HttpContext context, Served served)
    {
        var (request, response) = (context.Request, context.Response);
        response.Headers.ETag = served.Tag;
        response.Headers.CacheControl = CacheControl;
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        // A page of the shop may load it from the platform's host: it is public and personal to none.
        response.Headers["Cross-Origin-Resource-Policy"] = "cross-origin";
        response.Headers.XContentTypeOptions = "nosniff";
        if (request.Headers.IfNoneMatch.Contains(served.Tag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        response.ContentType = "text/javascript; charset=utf-8";
        var gzip = request.Headers.AcceptEncoding.ToString()
            .Contains("gzip", StringComparison.OrdinalIgnoreCase);
        if (gzip)
            response.Headers.ContentEncoding = "gzip";
        var body = gzip ? served.Gzip : served.Plain;
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(request.Method))
            await response.Body.WriteAsync(body, context.RequestAborted);
    }

    private sealed record Served(byte[] Plain, byte[] Gzip, string Tag);
}
