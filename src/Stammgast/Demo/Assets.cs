using System.Collections.Frozen;
using System.Security.Cryptography;

namespace Stammgast.Demo;

/// <summary>The demo's files, built into the program under the names they have in <c>demo/</c>.</summary>
internal static class Assets
{
    private const string Prefix = "demo/";

    // Only these folders are served; the data of the past is not.
    private static readonly FrozenDictionary<string, Asset> Served = typeof(Assets).Assembly
        .GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix + "shop/", StringComparison.Ordinal)
            || name.StartsWith(Prefix + "adler/pictures/", StringComparison.Ordinal))
        .ToFrozenDictionary(PublicName, name => Load(name[Prefix.Length..]), StringComparer.Ordinal);

    /// <summary>Opens a file of <c>demo/</c>; a name that is not there is a bug.</summary>
    public static Stream Open(string name) =>
        typeof(Assets).Assembly.GetManifestResourceStream(Prefix + name)
        ?? throw new InvalidOperationException($"demo/{name} is not built in.");

    /// <summary>Answers <c>/shop/{name}</c>: cached for an hour, told apart by its hash.</summary>
    public static IResult Serve(string name) => Served.TryGetValue(name, out var asset)
        ? Results.Bytes(asset.Bytes, asset.Type, entityTag: new(asset.Tag))
        : Results.NotFound();

    private static string PublicName(string resource) => resource
        .Replace(Prefix + "shop/", "", StringComparison.Ordinal)
        .Replace(Prefix + "adler/", "", StringComparison.Ordinal);

    private static Asset Load(string name)
    {
        using var source = Open(name);
        using var bytes = new MemoryStream();
        source.CopyTo(bytes);
        var content = bytes.ToArray();
        var tag = Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 8));
        return new(content, TypeOf(name), $"\"{tag}\"");
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".svg" => "image/svg+xml",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        _ => "application/octet-stream",
    };

    private sealed record Asset(byte[] Bytes, string Type, string Tag);
}
