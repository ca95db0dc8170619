using CarShare.Web.Shared;

namespace CarShare.BrowserTests.Components;

public sealed class StepLineTests
{
    [Theory]
    [InlineData("Placed", 0)]
    [InlineData("Preparing", 1)]
    [InlineData("Dispatched", 2)]
    [InlineData("InUse", 3)]
    [InlineData("Returned", 4)]
    public void A_rental_is_at_the_step_of_its_status(string status, int step)
    {
        var line = StepLine.Of(status, []);
        Assert.Equal((5, step, null), (line.Names.Count, line.Reached, line.Ended));
    }

    [Fact]
    public void An_unpaid_rental_waits_before_the_first_step() =>
        Assert.Equal(("AwaitingPayment", 0), (StepLine.Of("AwaitingPayment", []).Names[0],
            StepLine.Of("AwaitingPayment", []).Reached));

    [Theory]
    [InlineData(new string[0], "Cancelled")]
    [InlineData(new[] { "Placed", "Preparing" }, "Placed Preparing Cancelled")]
    [InlineData(new[] { "Dispatched" }, "Placed Preparing Dispatched Cancelled")]
    public void One_that_ended_early_shows_how_far_it_had_come(string[] before, string steps)
    {
        var line = StepLine.Of("Cancelled", before);
        Assert.Equal(steps, string.Join(' ', line.Names));
        Assert.Equal(("Cancelled", line.Names.Count - 1), (line.Ended, line.Reached));
    }

    [Fact]
    public void A_status_that_is_newer_than_this_page_is_at_no_step() =>
        Assert.Equal(-1, StepLine.Of("Washed", []).Reached);
}
