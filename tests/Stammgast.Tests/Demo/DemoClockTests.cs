using Stammgast.Demo;
using Xunit;

namespace Stammgast.Tests.Demo;

public sealed class DemoClockTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void It_goes_forward_only()
    {
        var clock = new DemoClock(TimeProvider.System, Start, speed: 1);
        Assert.True(clock.TryAdvanceTo(Start.AddDays(3)));
        Assert.False(clock.TryAdvanceTo(Start.AddDays(2)));
        Assert.InRange(clock.GetUtcNow(), Start.AddDays(3), Start.AddDays(3).AddMinutes(5));
    }

    [Fact]
    public void What_became_due_has_fired_in_order_when_it_answers()
    {
        var clock = new DemoClock(TimeProvider.System, Start, speed: 1);
        var fired = new List<string>();
        using var late = Timer(clock, "late", TimeSpan.FromHours(2), Timeout.InfiniteTimeSpan);
        using var soon = Timer(clock, "soon", TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);
        using var never = Timer(clock, "never", TimeSpan.FromDays(2), Timeout.InfiniteTimeSpan);
        using var often = Timer(clock, "often", TimeSpan.FromHours(3), TimeSpan.FromMinutes(1));
        clock.TryAdvanceTo(Start.AddDays(1));
        Assert.Equal(["soon", "late", "often"], fired);
        clock.TryAdvanceTo(Start.AddDays(1).AddHours(1));
        Assert.Equal(["soon", "late", "often", "often"], fired);

        ITimer Timer(DemoClock of, string name, TimeSpan due, TimeSpan period) =>
            of.CreateTimer(_ => fired.Add(name), null, due, period);
    }

    [Fact]
    public void A_disposed_timer_stays_silent()
    {
        var clock = new DemoClock(TimeProvider.System, Start, speed: 1);
        var fired = 0;
        clock.CreateTimer(_ => fired++, null, TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan)
            .Dispose();
        clock.TryAdvanceTo(Start.AddDays(1));
        Assert.Equal(0, fired);
    }

    [Fact]
    public async Task A_fast_clock_brings_a_far_timer_near()
    {
        var clock = new DemoClock(TimeProvider.System, Start, speed: 100_000);
        await Task.Delay(TimeSpan.FromHours(1), clock, TestContext.Current.CancellationToken);
        Assert.True(clock.GetUtcNow() >= Start.AddHours(1));
    }
}
