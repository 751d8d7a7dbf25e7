using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;

namespace Stammgast;

/// <summary>
/// What each station of the line costs: events seen and processor time spent, per process. Names
/// only, never a value of an event.
/// </summary>
internal sealed partial class Station
{
    private static readonly Meter Meter = new("Stammgast");

    /// <summary>Bytes of a request to items of the log: parsed, judged, encoded.</summary>
    public static readonly Station Collect = new("collect");

    /// <summary>Items of the log to new states and sealed rows.</summary>
    public static readonly Station Fold = new("fold");

    /// <summary>The store's writer: redo, and tables behind it.</summary>
    public static readonly Station Commit = new("commit");

    /// <summary>Answering which candidates are worth showing.</summary>
    public static readonly Station Decide = new("decide");

    private long _events;
    private long _cpuNs;

    private Station(string name)
    {
        Name = name;
        Meter.CreateObservableCounter(
            $"stammgast.{name}.events", () => Volatile.Read(ref _events), "{event}",
            "Events that passed the station");
        Meter.CreateObservableCounter(
            $"stammgast.{name}.cpu", () => Volatile.Read(ref _cpuNs), "ns",
            "Processor time spent in the station");
    }

    /// <summary>All stations, in the order of the line.</summary>
    public static IReadOnlyList<Station> All { get; } = [Collect, Fold, Commit, Decide];

    /// <summary>The station's name in metrics and reports.</summary>
    public string Name { get; }

    /// <summary>Events that passed, and processor nanoseconds spent on them, since start.</summary>
    public (long Events, long CpuNs) Spent =>
        (Volatile.Read(ref _events), Volatile.Read(ref _cpuNs));

    /// <summary>
    /// Processor time of the calling thread, ns. Reading it costs some 200 ns: call it per batch.
    /// </summary>
    public static long ThreadCpuNs()
    {
        _ = ClockGetTime(ThreadCpuClock, out var time);
        return time.Seconds * 1_000_000_000 + time.Nanoseconds;
    }

    /// <summary>Adds what one piece of work cost: events, and the clock before it.</summary>
    public void Add(int events, long sinceCpuNs)
    {
        Interlocked.Add(ref _events, events);
        Interlocked.Add(ref _cpuNs, ThreadCpuNs() - sinceCpuNs);
    }

    // Linux: CLOCK_THREAD_CPUTIME_ID. The framework offers only whole-process times.
    private const int ThreadCpuClock = 3;

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
