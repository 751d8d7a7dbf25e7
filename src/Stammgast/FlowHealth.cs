using Stammgast.Consent;
using Stammgast.Storage;

namespace Stammgast;

/// <summary>Whether calls may be sent to a node.</summary>
internal static class FlowHealth
{
    /// <summary>
    /// Ready: neither log nor store has failed, the store can be read, and withdrawals have been
    /// heard of within the last second. A node that is only full is ready: it says 503 to events,
    /// and withdrawals must still reach it. Writes nothing.
    /// </summary>
    public static async ValueTask<bool> IsReadyAsync(
        IEventLog log, IStore store, Func<bool> hasHeard, CancellationToken cancel)
    {
        try
        {
            await TakesAsync(async () => await log.AppendAsync([], cancel));
            await TakesAsync(async () =>
                await store.CommitAsync(new WriteBatch(), Lane.Lowering, cancel));
            await store.LoadAsync([ConsentRows.KeyOf(LeafId.None)], cancel);
            return hasHeard();
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task TakesAsync(Func<Task> takeNothing)
    {
        try
        {
            await takeNothing();
        }
        catch (OverloadedException)
        {
            // Full, and well.
            return;
        }
    }
}
