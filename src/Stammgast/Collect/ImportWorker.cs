using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Stammgast.Catalogue;
using Stammgast.Storage;

namespace Stammgast.Collect;

/// <summary>
/// Brings a file of the past into the log. It may be killed at any moment and run again: what was
/// durable is remembered by line after it was, and what lies between counts once, because message
/// keys come from the file and the line. One thread reads and judges, another appends and waits
/// where the log or the fold asks for it.
/// </summary>
internal sealed class ImportWorker(ImportParts parts)
{
    private const int BatchEvents = 500;
    private const int BatchLines = 10_000;
    private const int BatchesAhead = 4;

    /// <summary>Imports a file, from where it had come.</summary>
    /// <exception cref="ImportException">The file or its mapping cannot be used.</exception>
    public async Task<ImportProgress> RunAsync(
        ImportJob job, IProgress<ImportProgress>? progress, CancellationToken cancel)
    {
        var (hash, totalLines) = Measure(job);
        var key = KeyOf(hash, job.Mapping);
        var mark = await LoadAsync(key, cancel);
        if (mark.Complete)
            return new(mark.Lines, totalLines, mark.Events, mark.Rejected, 0, 0)
            {
                WasDone = true,
                Position = parts.Log.Head,
            };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var batches = Channel.CreateBounded<Batch>(
            new BoundedChannelOptions(BatchesAhead) { SingleReader = true, SingleWriter = true });
        var reading = Task.Run(() => ReadAsync(job, hash, mark, batches.Writer, stop.Token), cancel);
        var now = new ImportProgress(mark.Lines, totalLines, mark.Events, mark.Rejected, 0, 0)
        {
            Position = parts.Log.Head,
        };
        try
        {
            await using var rejects = Rejects(job.RejectsPath, mark.Lines);
            await foreach (var batch in batches.Reader.ReadAllAsync(cancel))
            {
                now = await TakeAsync(batch, now, rejects, key, cancel);
                progress?.Report(now);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await reading;
        now = now with { Lines = Math.Max(now.Lines, totalLines) };
        await SaveAsync(key, new(now.Lines, now.Events, now.Rejected, Complete: true), cancel);
        progress?.Report(now);
        return now;
    }

    private async Task<ImportProgress> TakeAsync(
        Batch batch, ImportProgress now, StreamWriter? rejects, RecordKey key,
        CancellationToken cancel)
    {
        if (parts.Pause is { } pause)
            await pause(cancel);
        // Products first: whoever folds an event finds what it is about.
        await WithRetryAsync(() => parts.Catalogue.UpsertAsync(batch.Products, cancel), cancel);
        var position = now.Position;
        if (batch.Items.Count > 0)
            await WithRetryAsync(
                async () => position = await parts.Log.AppendAsync(batch.Items, cancel), cancel);
        if (rejects is not null)
        {
            foreach (var reject in batch.Rejects)
                await rejects.WriteAsync($"{reject.Line},{reject.Code},\"{reject.Detail}\"\n");
            await rejects.FlushAsync(cancel);
        }
        var next = now with
        {
            Lines = batch.LastLine,
            Events = now.Events + batch.Items.Count,
            Rejected = now.Rejected + batch.Rejects.Count,
            Skipped = batch.Skipped,
            Products = batch.ProductsMet,
            Position = position,
        };
        await WithRetryAsync(() => SaveAsync(
            key, new(next.Lines, next.Events, next.Rejected, Complete: false), cancel), cancel);
        return next;
    }

    private async Task ReadAsync(
        ImportJob job, byte[] hash, ImportMark mark, ChannelWriter<Batch> target,
        CancellationToken cancel)
    {
        try
        {
            using var rows = Open(job);
            if (ImportReader.Problem(job.Mapping, rows) is { } problem)
                throw new ImportException(problem);
            var reader = new ImportReader(job.Mapping, new ImportRules
            {
                Source = job.Source,
                Judge = parts.Judge,
                Index = parts.Index,
                LookUp = Enrichment.In(() => parts.Catalogue.Current),
                FileHash = hash,
                Currency = parts.Currency,
                ReceivedAtMs = parts.Time.GetUtcNow().ToUnixTimeMilliseconds(),
                ShiftMs = job.ShiftMs,
                Adjust = job.Adjust,
            });
            var batch = new Batch { LastLine = mark.Lines };
            foreach (var group in reader.Read(rows))
            {
                if (group.LastLine <= mark.Lines)
                    continue;
                batch.Add(group);
                if (batch.Items.Count < BatchEvents && batch.LastLine - batch.FirstLine < BatchLines)
                    continue;
                batch.Close(reader, atEnd: false);
                await target.WriteAsync(batch, cancel);
                batch = new Batch { LastLine = batch.LastLine };
            }
            batch.Close(reader, atEnd: true);
            await target.WriteAsync(batch, cancel);
            target.Complete();
        }
        catch (CsvHelper.CsvFormatException malformed)
        {
            target.Complete(new ImportException("Not CSV as the mapping says: "
                + malformed.GetType().Name));
        }
        catch (Exception failed)
        {
            target.Complete(failed);
        }
    }

    private static ImportRows Open(ImportJob job)
    {
        var format = job.Mapping.Format;
        if (format.Length == 0)
        {
            var name = job.Path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
                ? job.Path[..^3] : job.Path;
            format = System.IO.Path.GetExtension(name).ToLowerInvariant() is ".ndjson" or ".jsonl"
                ? "ndjson" : "csv";
        }
        return format switch
        {
            "csv" => ImportRows.Csv(Bytes(job.Path),
                job.Mapping.Separator.Length == 1 ? job.Mapping.Separator[0] : null),
            "ndjson" => ImportRows.Ndjson(Bytes(job.Path)),
            _ => throw new ImportException("format: csv or ndjson."),
        };
    }

    private static Stream Bytes(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16,
            FileOptions.SequentialScan);
        return path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
            ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    private static (byte[] Hash, long Lines) Measure(ImportJob job)
    {
        byte[] hash;
        using (var file = File.OpenRead(job.Path))
            hash = SHA256.HashData(file);
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 17);
        long lines = 0;
        byte last = (byte)'\n';
        try
        {
            using var bytes = Bytes(job.Path);
            for (int read; (read = bytes.Read(buffer)) > 0; last = buffer[read - 1])
                lines += buffer.AsSpan(0, read).Count((byte)'\n');
        }
        catch (InvalidDataException)
        {
            throw new ImportException("The file is not gzip as its name says.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        return (hash, last == '\n' ? lines : lines + 1);
    }

    // Another mapping reads another past out of the same file.
    private static RecordKey KeyOf(byte[] fileHash, ImportMapping mapping)
    {
        var meaning = JsonSerializer.SerializeToUtf8Bytes(
            mapping, ImportMappingJson.Default.ImportMapping);
        var both = SHA256.HashData([.. fileHash, .. SHA256.HashData(meaning)]);
        return new RecordKey(
            RecordKind.Import, LeafId.None, BinaryPrimitives.ReadUInt64BigEndian(both));
    }

    private async ValueTask<ImportMark> LoadAsync(RecordKey key, CancellationToken cancel)
    {
        var found = (await parts.Store.LoadAsync([key], cancel))[0];
        return found.Version == 0 ? new(0, 0, 0, false)
            : JsonSerializer.Deserialize(found.Body.Span, ImportMarkJson.Default.ImportMark)
                ?? throw new InvalidDataException("An import's mark cannot be read.");
    }

    private async ValueTask SaveAsync(RecordKey key, ImportMark mark, CancellationToken cancel)
    {
        var batch = new WriteBatch();
        batch.Records.Add(new RecordWrite(key, RecordWrite.AnyVersion,
            JsonSerializer.SerializeToUtf8Bytes(mark, ImportMarkJson.Default.ImportMark)));
        await parts.Store.CommitAsync(batch, Lane.Import, cancel);
    }

    private async ValueTask WithRetryAsync(Func<ValueTask> act, CancellationToken cancel)
    {
        for (; ; )
        {
            try
            {
                await act();
                return;
            }
            catch (OverloadedException overload)
            {
                await Task.Delay(overload.RetryAfter, parts.Time, cancel);
            }
        }
    }

    // A run that was killed may have named lines beyond its mark, the last of them in part: they
    // are cut off, in place, so that being killed here loses nothing either.
    private static StreamWriter? Rejects(string? path, long doneLines)
    {
        if (path is null)
            return null;
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        file.SetLength(doneLines == 0 ? 0 : Kept(file, doneLines));
        file.Seek(0, SeekOrigin.End);
        var writer = new StreamWriter(file, new UTF8Encoding(false));
        if (file.Length == 0)
            writer.Write("line,code,detail\n");
        return writer;
    }

    private static long Kept(FileStream file, long doneLines)
    {
        using var text = new StreamReader(file, new UTF8Encoding(false), false, 1 << 16, leaveOpen: true);
        long kept = 0;
        for (var first = true; text.ReadLine() is { } line; first = false)
        {
            var comma = Math.Max(0, line.IndexOf(','));
            if (!first && !(long.TryParse(line.AsSpan(0, comma), out var number) && number <= doneLines))
                break;
            kept += Encoding.UTF8.GetByteCount(line) + 1;
        }
        return Math.Min(kept, file.Length);
    }

    private sealed class Batch
    {
        private readonly ArrayBufferWriter<byte> bytes = new(1 << 16);
        private readonly List<(byte Bucket, int From, int Length)> parts = [];

        public List<LogItem> Items { get; } = [];

        public List<ImportReject> Rejects { get; } = [];

        public List<Product> Products { get; private set; } = [];

        public long FirstLine { get; private set; } = -1;

        public long LastLine { get; set; }

        public long Skipped { get; private set; }

        public int ProductsMet { get; private set; }

        public void Add(ImportGroup group)
        {
            FirstLine = FirstLine < 0 ? LastLine : FirstLine;
            LastLine = group.LastLine;
            Rejects.AddRange(group.Rejects);
            if (group.Event is not { } e)
                return;
            var from = bytes.WrittenCount;
            EventCodec.Write(e, bytes);
            parts.Add((e.Leaf.Bucket, from, bytes.WrittenCount - from));
            Items.Add(default);
        }

        public void Close(ImportReader reader, bool atEnd)
        {
            Products = reader.TakeProducts(atEnd);
            (Skipped, ProductsMet) = (reader.Skipped, reader.Products);
            for (var i = 0; i < parts.Count; i++)
                Items[i] = new LogItem(
                    parts[i].Bucket, bytes.WrittenMemory.Slice(parts[i].From, parts[i].Length));
        }
    }
}
