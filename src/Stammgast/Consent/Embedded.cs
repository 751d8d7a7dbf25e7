namespace Stammgast.Consent;

/// <summary>The default configuration, inside the program.</summary>
internal static class Embedded
{
    /// <summary>All bytes of an embedded file.</summary>
    public static byte[] Bytes(string name)
    {
        using var stream = typeof(Embedded).Assembly
            .GetManifestResourceStream($"Stammgast.Consent.{name}")
            ?? throw new InvalidOperationException($"{name} is not inside the program.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
