using System.Buffers;
using System.IO.Compression;

namespace Stammgast.Collect;

/// <summary>A request's body in pooled memory, decompressed, at most so long.</summary>
internal sealed class RequestBody : IDisposable
{
    private byte[] _bytes;
    private readonly int _limitBytes;
    private int _length;

    private RequestBody(int size, int limitBytes) =>
        (_bytes, _limitBytes) = (ArrayPool<byte>.Shared.Rent(size), limitBytes);

    /// <summary>The bytes; valid until disposed.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, _length);

    /// <summary>
    /// Reads a body. The answer is a body or why there is none: too large after decompression, not
    /// what its encoding says. A bomb costs no more than the limit, whatever it would become.
    /// </summary>
    public static async ValueTask<(RequestBody? Body, Problem? Problem)> ReadAsync(
        HttpRequest request, CancellationToken cancel, int limitBytes = Limits.BatchBytes)
    {
        if (request.ContentLength > limitBytes)
            return (null, Problems.TooLarge(limitBytes));
        var encoding = request.Headers.ContentEncoding.ToString();
        var gzip = encoding.Equals("gzip", StringComparison.OrdinalIgnoreCase);
        if (!gzip && encoding.Length > 0
            && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
            return (null, Problems.UnsupportedMedia("Content-Encoding must be gzip or absent."));
        var size = gzip ? 64 * 1024 : (int)(request.ContentLength ?? 16 * 1024) + 1;
        var body = new RequestBody(size, limitBytes);
        try
        {
            await using var unzipped = gzip
                ? new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true)
                : null;
            if (await body.FillAsync(unzipped ?? request.Body, cancel))
                return (body, null);
            body.Dispose();
            return (null, Problems.TooLarge(limitBytes));
        }
        catch (InvalidDataException)
        {
            body.Dispose();
            return (null, Problems.Malformed("The body is not valid gzip."));
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    private async ValueTask<bool> FillAsync(Stream from, CancellationToken cancel)
    {
        while (true)
        {
            if (_length == _bytes.Length)
                Grow();
            var read = await from.ReadAsync(_bytes.AsMemory(_length), cancel);
            if (read == 0)
                return true;
            _length += read;
            if (_length > _limitBytes)
                return false;
        }
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(_bytes.Length * 2);
        _bytes.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
