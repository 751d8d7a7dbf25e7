using Stammgast.Keys;
using Stammgast.Storage;

namespace Stammgast.Decisions;

/// <summary>
/// Gives back what was reserved and never seen: due entries of kind <see cref="DueKind.Release"/>,
/// one per leaf. Handling one twice, or on two nodes, is harmless.
/// </summary>
internal sealed class ReleaseWorker(
    IStore store, ReservationWorker reservations, CapRules rules, TimeProvider time)
{
    private const int Batch = 256;
    private const long MinuteMs = 60_000;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>Handles what falls due, for ever.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(Pause, time);
        while (await timer.WaitForNextTickAsync(cancel))
            await HandleDueAsync(cancel);
    }

    /// <summary>Handles all that is due now; how many.</summary>
    public async ValueTask<int> HandleDueAsync(CancellationToken cancel)
    {
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        var handled = 0;
        foreach (var entry in await store.DueAsync(nowMs, Batch, cancel))
        {
            if (entry.Kind != DueKind.Release)
                continue;
            await HandleAsync(entry, nowMs, cancel);
            handled++;
        }
        return handled;
    }

    /// <summary>Handles one entry; it is put anew or deleted with the contacts.</summary>
    public async ValueTask HandleAsync(DueEntry entry, long nowMs, CancellationToken cancel)
    {
        try
        {
            await reservations.ChangeAsync(entry.Leaf,
                contacts => contacts.Released(nowMs - rules.ReleaseMinutes * MinuteMs), rules, cancel);
        }
        catch (KeyGoneException)
        {
            // Erased meanwhile: its rows are gone, this entry with them.
        }
    }
}
