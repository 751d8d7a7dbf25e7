using CsvHelper;

namespace Stammgast.Catalogue;

/// <summary>
/// Rows of a delimited file by column name. Names compare without case; blanks and dashes are
/// underscores; Google's <c>g:</c> is left out.
/// </summary>
internal sealed class TableRows : IDisposable
{
    private const int MaxRecordBytes = 1024 * 1024;

    private readonly CsvReader rows;
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);

    /// <summary>Reads the header. Null: the separator is found from the first lines.</summary>
    public TableRows(ReadOnlyMemory<byte> body, char? separator)
    {
        rows = CsvReader.Create(body, CsvReaderOptions.Default with
        {
            Separator = separator,
            Mode = separator == '\t' ? CsvMode.NoEscape : CsvMode.Rfc4180,
            TrimWhitespace = true,
            MaxRecordSize = MaxRecordBytes,
            IncludeValuesInExceptions = false,
        });
        rows.ReadHeader();
        Columns = [.. rows.Headers.Select(Name)];
        for (var i = 0; i < Columns.Count; i++)
            places.TryAdd(Columns[i], i);
    }

    /// <summary>The columns' names, compared form.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>The current row's cell, empty if there is no such column.</summary>
    public string this[string column] =>
        places.TryGetValue(column, out var place) && place < rows.FieldCount
            ? rows.GetString(place) : "";

    /// <summary>Goes to the next row.</summary>
    public bool Next() => rows.Read();

    /// <summary>The current row, cell by column; of two columns with one name the first.</summary>
    public Dictionary<string, string> ToDictionary()
    {
        var row = new Dictionary<string, string>(places.Count, StringComparer.Ordinal);
        foreach (var column in places.Keys)
            row[column] = this[column];
        return row;
    }

    /// <inheritdoc/>
    public void Dispose() => rows.Dispose();

    private static string Name(string header)
    {
        var name = header.Trim().ToLowerInvariant().Replace(' ', '_').Replace('-', '_');
        return name.StartsWith("g:", StringComparison.Ordinal) ? name[2..] : name;
    }
}
