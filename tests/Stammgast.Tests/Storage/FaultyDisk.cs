using Microsoft.Win32.SafeHandles;
using Stammgast.Storage.Embedded;

namespace Stammgast.Tests.Storage;

/// <summary>The real disk, with a say before every step: it may observe, throw, or tear.</summary>
internal sealed class FaultyDisk : Disk
{
    public const int NoSpace = 28, BrokenDevice = 5;

    /// <summary>Called before a write with its bytes; what it returns is written.</summary>
    public Func<int, int>? OnWrite { get; set; }

    /// <summary>Called before a flush.</summary>
    public Action? OnFlush { get; set; }

    public static IOException Error(int errno) => new($"errno {errno}", errno);

    public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        var kept = OnWrite?.Invoke(bytes.Length) ?? bytes.Length;
        base.Write(file, bytes[..Math.Min(kept, bytes.Length)], offset);
        if (kept < bytes.Length)
            throw Error(NoSpace);
    }

    public override void Flush(SafeFileHandle file)
    {
        OnFlush?.Invoke();
        base.Flush(file);
    }
}
