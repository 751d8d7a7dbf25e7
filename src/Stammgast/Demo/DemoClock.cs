namespace Stammgast.Demo;

/// <summary>
/// The demo's clock: starts anywhere, runs at any speed, can be put forward, never back. Timers
/// made from it follow it. Putting it forward fires what has become due, in order of its due time,
/// before it returns; a periodic timer that missed many turns fires once.
/// </summary>
internal sealed class DemoClock : TimeProvider
{
    private readonly TimeProvider _real;
    private readonly long _realStart;
    private readonly long _startTicks;
    private readonly double _speed;
    private readonly Lock _lock = new();
    private readonly HashSet<DemoTimer> _armed = [];
    private long _shiftTicks;

    /// <param name="real">The clock that this one is geared to.</param>
    /// <param name="start">What it shows now.</param>
    /// <param name="speed">Its seconds per real second, above 0.</param>
    public DemoClock(TimeProvider real, DateTimeOffset start, double speed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(speed);
        (_real, _speed) = (real, speed);
        _realStart = real.GetTimestamp();
        _startTicks = start.UtcTicks;
    }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    private long NowTicks => _startTicks + Interlocked.Read(ref _shiftTicks)
        + (long)(_real.GetElapsedTime(_realStart).Ticks * _speed);

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => new(NowTicks, TimeSpan.Zero);

    /// <inheritdoc/>
    public override long GetTimestamp() => NowTicks;

    /// <inheritdoc/>
    public override ITimer CreateTimer(
        TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new DemoTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Puts the clock forward; <c>false</c>, and nothing happens, if that is the past.</summary>
    public bool TryAdvanceTo(DateTimeOffset moment)
    {
        DemoTimer[] due, rest;
        lock (_lock)
        {
            var forward = moment.UtcTicks - NowTicks;
            if (forward < 0)
                return false;
            Interlocked.Add(ref _shiftTicks, forward);
            due = [.. _armed.Where(timer => timer.DueTicks <= NowTicks).OrderBy(t => t.DueTicks)];
            rest = [.. _armed.Except(due)];
        }
        foreach (var timer in due)
            timer.Fire();
        foreach (var timer in rest)
            timer.Rearm();
        return true;
    }

    private sealed class DemoTimer : ITimer
    {
        private readonly DemoClock _clock;
        private readonly TimerCallback _callback;
        private readonly object? _state;
        private readonly ITimer _real;
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public DemoTimer(DemoClock clock, TimerCallback callback, object? state)
        {
            (_clock, _callback, _state) = (clock, callback, state);
            _real = clock._real.CreateTimer(
                _ => Fire(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public long DueTicks { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (_clock._lock)
            {
                _period = period;
                return Arm(dueTime);
            }
        }

        public void Rearm()
        {
            lock (_clock._lock)
            {
                if (_clock._armed.Contains(this))
                    Arm(TimeSpan.FromTicks(Math.Max(0, DueTicks - _clock.NowTicks)));
            }
        }

        public void Fire()
        {
            lock (_clock._lock)
            {
                // Disposed, changed or fired by the other hand in the meantime.
                if (!_clock._armed.Contains(this) || DueTicks > _clock.NowTicks)
                {
                    if (_clock._armed.Contains(this))
                        Arm(TimeSpan.FromTicks(DueTicks - _clock.NowTicks));
                    return;
                }
                Arm(_period > TimeSpan.Zero ? _period : Timeout.InfiniteTimeSpan);
            }
            _callback(_state);
        }

        public void Dispose()
        {
            lock (_clock._lock)
                _clock._armed.Remove(this);
            _real.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private bool Arm(TimeSpan wait)
        {
            if (wait == Timeout.InfiniteTimeSpan)
            {
                _clock._armed.Remove(this);
                return _real.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
            DueTicks = _clock.NowTicks + wait.Ticks;
            _clock._armed.Add(this);
            // Rounded up: a real timer must not come a tick before the demo's.
            var realMs = Math.Min(Math.Ceiling(wait.TotalMilliseconds / _clock._speed), int.MaxValue);
            return _real.Change(TimeSpan.FromMilliseconds(realMs), Timeout.InfiniteTimeSpan);
        }
    }
}
