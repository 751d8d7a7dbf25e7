using System.Diagnostics;

namespace Stammgast.EndToEnd.Support;

/// <summary>Waits for what another process does in its own time.</summary>
internal static class Eventually
{
    /// <summary>Asks until the answer satisfies, at most 20 s; then answers the last.</summary>
    public static async Task<T> GetAsync<T>(
        Func<Task<T>> ask, Func<T, bool> satisfies, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        var started = Stopwatch.StartNew();
        while (true)
        {
            var answer = await ask();
            if (satisfies(answer) || started.Elapsed > TimeSpan.FromSeconds(20))
                return answer;
            await timer.WaitForNextTickAsync(cancel);
        }
    }

    /// <summary>Waits until something holds; fails the test with its name if it never does.</summary>
    public static async Task HoldsAsync(
        string what, Func<Task<bool>> holds, CancellationToken cancel) =>
        Xunit.Assert.True(await GetAsync(holds, value => value, cancel), what);
}
