using CarShare.CustomerPages.Features;

namespace CarShare.UnitTests.CustomerPages;

public sealed class ChangedPagesTests
{
    [Fact]
    public void A_page_that_changes_again_before_it_is_read_waits_once()
    {
        var changes = new ChangedPages(10);
        foreach (var order in (string[])["a", "b", "a", "a"]) changes.Add(order);

        Assert.Equal(["a", "b"], Taken(changes));

        changes.Add("a");
        Assert.Equal(["a"], Taken(changes));
    }

    [Fact]
    public async Task A_reader_too_far_behind_gets_what_waits_and_then_the_end()
    {
        var changes = new ChangedPages(2);
        foreach (var order in (string[])["a", "b", "c", "d"]) changes.Add(order);

        Assert.True(await changes.Any(default));
        Assert.Equal(["a", "b"], Taken(changes));
        Assert.False(await changes.Any(default));
    }

    static List<string> Taken(ChangedPages changes)
    {
        var orders = new List<string>();
        while (changes.TryTake(out var order)) orders.Add(order);
        return orders;
    }
}
