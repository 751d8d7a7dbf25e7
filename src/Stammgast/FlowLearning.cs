using System.Threading.Channels;
using Stammgast.Consent;
using Stammgast.Intelligence;
using Stammgast.Keys;
using Stammgast.Profiles;

namespace Stammgast;

/// <summary>
/// Between two full trainings: hands the models what was folded, if its whole person lets it teach
/// (the same question as <see cref="FlowTraining"/> asks), and takes the whole person out of them
/// when one of her leaves says no. One loop; handing over never waits, from any thread. What finds
/// no room waits for the next full training, which asks everybody.
/// </summary>
internal sealed class FlowLearning(
    ProfileReaderWorker profiles, TrainingWorker training, Purposes purposes, TimeProvider time)
{
    private const int WaitingAtMost = 8_192;

    // With the pause this bounds what learning costs beside the line: some 2,000 persons a second.
    private const int LeavesAtOnce = 512;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly Purpose _purpose = purposes.Get(FlowTraining.Purpose);
    private readonly Channel<TrainingRow> _folded = Bounded<TrainingRow>();
    private readonly Channel<LeafId> _lowered = Bounded<LeafId>();

    /// <summary>An event was folded on a leaf that says this itself; the others are asked later.</summary>
    public void Observe(Event e, ConsentState own)
    {
        if (own.Given(e.ReceivedAtMs).Has(_purpose)
            && TrainingRow.TryFrom(e, _purpose, out var row))
            _folded.Writer.TryWrite(row);
    }

    /// <summary>Takes a leaf out of the models now, and the leaves of its person within moments.</summary>
    public void Forget(LeafId leaf)
    {
        training.Forget(leaf);
        _lowered.Writer.TryWrite(leaf);
    }

    /// <summary>Works off what was handed over, until stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Pause, time);
        while (await timer.WaitForNextTickAsync(stop))
            await StepAsync(stop);
    }

    /// <summary>Works off what waits now, at most so much.</summary>
    internal async Task StepAsync(CancellationToken stop)
    {
        for (var i = 0; i < LeavesAtOnce && _lowered.Reader.TryRead(out var leaf); i++)
        {
            foreach (var member in await MembersAsync(leaf, stop))
                training.Forget(member);
        }
        var asked = new Dictionary<LeafId, bool>();
        while (asked.Count < LeavesAtOnce && _folded.Reader.TryRead(out var row))
        {
            if (!asked.TryGetValue(row.Leaf, out var may))
                asked[row.Leaf] = may = await MayTeachAsync(row.Leaf, stop);
            if (may)
                training.Observe(row);
        }
    }

    private async ValueTask<bool> MayTeachAsync(LeafId leaf, CancellationToken stop)
    {
        try
        {
            return await profiles.LoadAsync(leaf, stop) is { } person
                && person.MayServe(leaf, _purpose);
        }
        catch (KeyGoneException)
        {
            // Erased meanwhile: it teaches nothing.
            return false;
        }
    }

    private async ValueTask<IEnumerable<LeafId>> MembersAsync(LeafId leaf, CancellationToken stop)
    {
        try
        {
            return (await profiles.MembersAsync(leaf, stop)).Members.Select(member => member.Leaf);
        }
        catch (KeyGoneException)
        {
            // An erasure names each leaf itself.
            return [];
        }
    }

    private static Channel<T> Bounded<T>() => Channel.CreateBounded<T>(
        new BoundedChannelOptions(WaitingAtMost)
        {
            FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true,
        });
}
