namespace Stammgast.Profiles;

/// <summary>Settings of this room.</summary>
public sealed record ProfileOptions
{
    /// <summary>
    /// Memory for encoded leaves, in MiB; 16–65,536. A leaf takes about 1 KiB with its recent
    /// message keys.
    /// </summary>
    public int CacheMiB { get; init; } = 256;

    /// <summary>Most leaves that one resolution loads; 32–4,096. Beyond, links are left as found.
    /// </summary>
    public int ComponentLeaves { get; init; } = 256;
}
