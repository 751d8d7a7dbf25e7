using System.Buffers;

namespace Stammgast.Collect;

/// <summary>
/// Pooled room for the encoded events of one request; gives its memory back at the end.
/// </summary>
internal sealed class PayloadBuffer : IBufferWriter<byte>, IDisposable
{
    private byte[] _bytes = [];

    /// <summary>How much is written.</summary>
    public int Length { get; private set; }

    /// <summary>What was written from a place on; valid once nothing more is written.</summary>
    public ReadOnlyMemory<byte> Slice(int start, int length) => _bytes.AsMemory(start, length);

    /// <inheritdoc/>
    public void Advance(int count) => Length += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _bytes.AsMemory(Length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _bytes.AsSpan(Length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        Length = 0;
    }

    private void Grow(int sizeHint)
    {
        var wanted = Length + Math.Max(sizeHint, 256);
        if (wanted <= _bytes.Length)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(wanted, _bytes.Length * 2));
        _bytes.AsSpan(0, Length).CopyTo(larger);
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
