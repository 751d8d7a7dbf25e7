using System.Text;
using System.Text.Json;
using CsvHelper;

namespace Stammgast.Collect;

/// <summary>Lines of a file of the past, by column. Forward only; one thread.</summary>
internal abstract class ImportRows : IDisposable
{
    private const int MaxLineBytes = Limits.BatchBytes;

    /// <summary>The current line, from 1; a header counts.</summary>
    public abstract long Line { get; }

    /// <summary>Why the current line could not be read, or null.</summary>
    public virtual string? Broken => null;

    /// <summary>A cell; empty if the line has no such column.</summary>
    public abstract string this[string column] { get; }

    /// <summary>Whether the file can have this column at all.</summary>
    public abstract bool Has(string column);

    /// <summary>Goes to the next line.</summary>
    public abstract bool Next();

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>CSV with a header line, UTF-8.</summary>
    public static ImportRows Csv(Stream bytes, char? separator) => new CsvRows(bytes, separator);

    /// <summary>One JSON object a line.</summary>
    public static ImportRows Ndjson(Stream bytes) => new NdjsonRows(bytes);

    private sealed class CsvRows : ImportRows
    {
        private readonly CsvReader rows;
        private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);

        public CsvRows(Stream bytes, char? separator)
        {
            rows = CsvReader.Create(bytes, CsvReaderOptions.Default with
            {
                Separator = separator,
                MaxRecordSize = MaxLineBytes,
                TrackLineNumbers = true,
                PoolStrings = true,
                IncludeValuesInExceptions = false,
            });
            rows.ReadHeader();
            for (var i = 0; i < rows.Headers.Count; i++)
                places.TryAdd(rows.Headers[i].Trim(), i);
        }

        public override long Line => rows.LineNumber;

        public override string this[string column] =>
            places.TryGetValue(column, out var place) && place < rows.FieldCount
                ? rows.GetString(place).Trim() : "";

        public override bool Has(string column) => places.ContainsKey(column);

        public override bool Next() => rows.Read();

        public override void Dispose() => rows.Dispose();
    }

    private sealed class NdjsonRows(Stream bytes) : ImportRows
    {
        private static readonly JsonDocumentOptions Strict = new()
        {
            MaxDepth = Limits.JsonDepth,
            AllowDuplicateProperties = false,
        };

        private readonly StreamReader text = new(bytes, new UTF8Encoding(false));
        private JsonDocument? document;
        private string? broken;
        private long line;

        public override long Line => line;

        public override string? Broken => broken;

        public override string this[string column] => Cell(column);

        public override bool Has(string column) => true;

        public override bool Next()
        {
            while (text.ReadLine() is { } next)
            {
                line++;
                if (string.IsNullOrWhiteSpace(next))
                    continue;
                document?.Dispose();
                (document, broken) = (null, null);
                if (next.Length > MaxLineBytes)
                    broken = "too_long";
                else
                    Parse(next);
                return true;
            }
            return false;
        }

        public override void Dispose()
        {
            document?.Dispose();
            text.Dispose();
        }

        private void Parse(string next)
        {
            try
            {
                document = JsonDocument.Parse(next, Strict);
                if (document.RootElement.ValueKind != JsonValueKind.Object)
                    broken = "no_object";
            }
            catch (JsonException)
            {
                broken = "no_json";
            }
        }

        private string Cell(string column)
        {
            if (document is null || broken is not null)
                return "";
            var at = document.RootElement;
            foreach (var name in column.Split('.'))
            {
                if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
                    return "";
            }
            return at.ValueKind switch
            {
                JsonValueKind.String => at.GetString()!.Trim(),
                JsonValueKind.Null or JsonValueKind.Object or JsonValueKind.Array => "",
                _ => at.GetRawText(),
            };
        }
    }
}
