using CarShare.LoadTests.Load;

namespace CarShare.SystemTests;

/// <summary>A soak is worth as much as its judge: it must see a leak, and only a leak.</summary>
public sealed class SoakTests
{
    const double Noise = 8;
    const int Looks = 240;

    [Theory]
    [InlineData(0.08)]
    [InlineData(1)]
    public void What_never_comes_back_grows(double perLook) =>
        Assert.Equal("GROWS", Judge(look => 40 + perLook * look + Swing(look)));

    [Fact]
    public void A_leak_that_begins_in_the_middle_grows() =>
        Assert.Equal("GROWS", Judge(look => 40 + Math.Max(0, look - Looks / 2) * 0.3 + Swing(look)));

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.6)]
    [InlineData(0.9)]
    public void What_a_jam_opened_is_no_leak(double when) =>
        Assert.Equal("steady", Judge(look => Math.Abs(look - when * Looks) < Looks / 12 ? 80 : 29));

    [Fact]
    public void What_is_collected_now_and_then_is_no_leak() =>
        Assert.Equal("steady", Judge(look => 100 + look % 70 * 3));

    [Fact]
    public void Noise_is_no_leak() => Assert.Equal("steady", Judge(look => 40 + 0.03 * look + Swing(look)));

    [Fact]
    public void What_holds_the_data_is_told_per_order() =>
        Assert.Equal("4096 bytes/order: it holds the data",
            SoakRow.Judge("outbox", [.. Enumerable.Range(0, 101).Select(look => look * 4.0)], null, 102_400).Verdict);

    static string Judge(Func<int, double> value) =>
        SoakRow.Judge("threads", [.. Enumerable.Range(0, Looks).Select(value)], Noise, 1).Verdict;

    static double Swing(int look) => look % 7;
}
