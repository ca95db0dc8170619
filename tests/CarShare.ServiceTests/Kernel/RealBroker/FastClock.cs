namespace CarShare.ServiceTests.Kernel.RealBroker;

/// <summary>Time that passes faster.</summary>
sealed class FastClock(int times) : TimeProvider
{
    public override long TimestampFrequency => base.TimestampFrequency / times;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, Shorter(dueTime), Shorter(period));

    TimeSpan Shorter(TimeSpan time) => time > TimeSpan.Zero ? time / times : time;
}
