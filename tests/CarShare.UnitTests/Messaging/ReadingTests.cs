using CarShare.Messaging;

namespace CarShare.UnitTests.Messaging;

/// <summary>What stands for another reason than the client is excused, and nothing for ever.</summary>
public sealed class ReadingTests
{
    readonly Hand _clock = new();
    readonly Reading _reading = new(new("t", 0), new() { Topic = "t", Partition = 0 });

    [Fact]
    public void What_is_read_is_not_excused() => Assert.False(_reading.IsExcused(_clock));

    [Fact]
    public void What_is_caught_up_is_excused_as_long_as_it_takes()
    {
        _reading.Settling = new TaskCompletionSource<PlaceState>().Task;
        _clock.Seconds = 3_600;
        Assert.True(_reading.IsExcused(_clock));
    }

    [Fact]
    public void What_rests_is_excused_until_it_is_taken_up_again()
    {
        _reading.HeldUntil = _clock.GetTimestamp();
        Assert.True(_reading.IsExcused(_clock));
        _reading.HeldUntil = null;
        Assert.False(_reading.IsExcused(_clock));
    }

    [Theory]
    [InlineData(1, 29, true)]
    [InlineData(1, 31, false)] // the client brings it no more: this must heal
    [InlineData(700, 31, false)]
    [InlineData(0, 1, false)] // it was handled: whatever comes next is the client's
    public void What_is_tried_once_more_is_excused_for_one_try(int attempts, int secondsAgo, bool isExcused)
    {
        (_reading.Attempts, _reading.AskedAt) = (attempts, _clock.GetTimestamp());
        _clock.Seconds += secondsAgo;
        Assert.Equal(isExcused, _reading.IsExcused(_clock));
    }

    sealed class Hand : TimeProvider
    {
        public double Seconds { get; set; } = 1_000;

        public override long GetTimestamp() => (long)(Seconds * TimestampFrequency);
    }
}
