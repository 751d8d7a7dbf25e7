using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Stammgast.Collect;
using Stammgast.Consent;

namespace Stammgast.Demo;

/// <summary>
/// Brings the real retailer's year in, behind the running shop: UCI Online Retail, its days shifted
/// so that the last invoice was yesterday, its missing consents given out from a seed.
/// </summary>
internal sealed class PastImportWorker(ImportParts parts, Source source, TimeProvider real)
{
    private const string Name = "UCI Online Retail";
    private const int Seed = 352;
    private static readonly DateOnly LastDay = new(2011, 12, 9);

    // What of a hundred customers say yes to; nobody knows what the real ones would have said.
    private static readonly (string Category, int Percent)[] Odds =
    [
        ("functional", 80), ("personalization", 66), ("fit", 40), ("analytics", 50),
        ("advertising", 35), ("marketing", 45), ("advice", 40),
    ];

    private static string Folder =>
        Path.Combine(AppContext.BaseDirectory, "demo", "uci-online-retail");

    /// <summary>Imports all of it, or goes on where an earlier start stopped.</summary>
    public async Task RunAsync(
        DateTimeOffset now, IProgress<PastProgress> progress, CancellationToken cancel)
    {
        var mapping = JsonSerializer.Deserialize(
            await File.ReadAllBytesAsync(Path.Combine(Folder, "mapping.json"), cancel),
            ImportMappingJson.Default.ImportMapping)
            ?? throw new InvalidDataException("uci-online-retail/mapping.json is empty.");
        var yesterday = DateOnly.FromDateTime(now.UtcDateTime).AddDays(-1);
        var job = new ImportJob
        {
            Path = Path.Combine(Folder, "online_retail.csv.gz"),
            // Sporthaus Adler does not sell the gifts of the past: known, learned from, not offered.
            Mapping = mapping with
            {
                Catalogue = mapping.Catalogue is { } goods ? goods with { Sold = false } : null,
            },
            Source = source,
            ShiftMs = (yesterday.DayNumber - LastDay.DayNumber) * 86_400_000L,
            Adjust = WithConsent,
        };
        await new ImportWorker(parts).RunAsync(job, new Rate(progress, real), cancel);
    }

    private Event WithConsent(Event e)
    {
        var (granted, refused) = (PurposeSet.None, PurposeSet.None);
        foreach (var (category, percent) in Odds)
        {
            var purposes = Purposes.Default.OfCategory(category);
            if (Roll(e.Identifiers[0].Value, category) < (ulong)percent)
                granted |= purposes;
            else
                refused |= purposes;
        }
        return e with
        {
            Stamp = new(granted, refused, source.NoticeVersion),
            Allowed = e.Allowed - refused,
        };
    }

    // One answer for a customer and category, the same at every start.
    private static ulong Roll(string customer, string category) =>
        BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{Seed}/{customer}/{category}")))) % 100;

    private sealed class Rate(IProgress<PastProgress> progress, TimeProvider real)
        : IProgress<ImportProgress>
    {
        private readonly long _start = real.GetTimestamp();
        private long _first = -1;

        public void Report(ImportProgress value)
        {
            if (_first < 0)
                _first = value.Lines;
            var seconds = real.GetElapsedTime(_start).TotalSeconds;
            progress.Report(new(Name, value.Lines, value.TotalLines,
                seconds > 0 ? (value.Lines - _first) / seconds : 0,
                value.Lines >= value.TotalLines));
        }
    }
}
