using System.Text;
using CarShare.Contracts;
using CarShare.CustomerPages.Data;
using Microsoft.EntityFrameworkCore;

namespace CarShare.ServiceTests.CustomerPages;

/// <summary>
/// Pages of rentals that are over for long leave Redis and are read as before; what comes late finds them.
/// </summary>
public sealed class ArchiveTests(Servers servers) : IAsyncLifetime
{
    static int customers;

    readonly RedisView _view = new(servers);
    readonly string _customer = $"archived-{Interlocked.Increment(ref customers)}";

    [Fact]
    public async Task A_page_that_is_over_for_long_leaves_redis_and_is_read_as_before()
    {
        var story = Old().Placed().Approved().InUse().Returned();
        await _view.Tell(story.Events);
        var (page, contents) = (await _view.Json(_customer, story.Order), await _view.Contents());

        Assert.Equal(1, await _view.ArchiveLater());

        Assert.DoesNotContain(
            (await _view.Contents()).Keys, key => key.Contains($"{story.Order}", StringComparison.Ordinal));
        Assert.Equal([], await _view.Reader.Recent(_customer, 20, default));
        Assert.Equal(page, await _view.Json(_customer, story.Order));
        var back = await _view.Contents();
        back.Remove($"archived:{{{_customer}}}");
        // but for the time at which it will leave again
        Assert.Equal(contents, back);
    }

    [Fact]
    public async Task A_list_shows_archived_and_other_pages_in_one_order_however_it_is_paged()
    {
        var stories = Enumerable.Range(0, 7).Select(n => new Story(_customer, daysOld: 50 - n).Placed()).ToList();
        foreach (var over in stories.Where((_, n) => n is 0 or 1 or 3 or 6)) over.Cancelled();
        await _view.Tell(stories.SelectMany(story => story.Events));
        var all = await List(limit: 20);

        Assert.Equal(4, await _view.ArchiveLater());

        Assert.Equal(3, (await _view.Reader.Recent(_customer, 20, default)).Count);
        foreach (var limit in (int[])[1, 2, 3, 4, 7, 20])
        {
            await Leave(stories);
            Assert.Equal(all, await List(limit));
        }

        Assert.Equal(7, all.Count);
        Assert.Equal([.. stories.Select(story => $"{story.Order}").Reverse()], all.Select(page => page.OrderId));
        Assert.Equal(3, (await _view.Reader.Open(_customer, 20, default)).Count);
    }

    [Fact]
    public async Task A_rental_that_is_not_over_and_one_that_was_lately_stay()
    {
        var (open, young) = (Old().Placed().Approved().InUse(), new Story(_customer).Placed().Cancelled());
        await _view.Tell([.. open.Events, .. young.Events]);

        Assert.Equal(0, await _view.ArchiveLater());

        Assert.Equal(2, (await _view.Reader.Recent(_customer, 20, default)).Count);
    }

    [Fact]
    public async Task What_was_just_written_or_read_stays_for_an_hour()
    {
        var (read, written) = (Old().Placed().Cancelled(), Old().Placed().Cancelled());
        await _view.Tell([.. read.Events, .. written.Events]);
        Assert.Equal(0, await _view.Archive.ArchiveDue(default));

        Assert.Equal(2, await _view.ArchiveLater());
        Assert.NotNull(await _view.Reader.One(_customer, read.Order, default));
        await _view.Sink.Retell(written.Events[0], default);

        Assert.Equal(0, await _view.Archive.ArchiveDue(default));
        Assert.Equal(2, (await _view.Reader.Recent(_customer, 20, default)).Count);
        Assert.Equal(2, await _view.ArchiveLater());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_event_that_comes_late_finds_the_page_it_belongs_to(bool isAlone)
    {
        var (story, other) = (Old().Placed().Approved().Cancelled().Refunded(), new Story(_customer).Placed());
        await _view.Tell(story.Events.Take(3));
        Assert.Equal(1, await _view.ArchiveLater());

        if (isAlone) Assert.True(await _view.Sink.Retell(story.Events[3], default));
        else Assert.Equal(2, await _view.Tell(story.Events[3], other.Events[0]));

        var expected = new RedisView(servers);
        await expected.InitializeAsync();
        await expected.Tell(story.Events);
        Assert.Equal(await expected.Json(_customer, story.Order), await _view.Json(_customer, story.Order));
        await expected.DisposeAsync();
    }

    [Fact]
    public async Task The_whole_past_told_again_to_an_empty_redis_makes_the_same_pages()
    {
        var archived = Old().Placed().Approved().Cancelled().Refunded();
        var never = Old().Placed().Preparing();
        await _view.Tell([.. archived.Events, .. never.Events]);
        var pages = await List(limit: 20);
        Assert.Equal(1, await _view.ArchiveLater());

        await using var empty = new RedisView(servers);
        await empty.InitializeAsync();
        Assert.Equal([pages.Single(page => page.OrderId == $"{archived.Order}")], await List(20, empty));
        // of the archived one only what the publishers still remember
        await empty.Tell([.. archived.Events.Skip(2), .. never.Events]);

        Assert.Equal(pages, await List(20, empty));
    }

    [Fact]
    public async Task A_page_that_is_told_something_while_it_is_archived_stays()
    {
        var story = Old().Placed().Cancelled().Refunded();
        await _view.Tell(story.Events.Take(2));
        var due = await Due(story);

        await _view.Tell(story.Events[2]);
        var left = await _view.Store.Run(Scripts.Archive, [], ["leave", $"{story.Order}", _customer, due.Digest]);

        Assert.Equal(0, left);
        Assert.Contains("Refunded", await _view.Json(_customer, story.Order), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replica_that_stood_still_puts_no_older_page_in_the_place_of_a_newer()
    {
        var story = Old().Placed().Cancelled().Refunded();
        await _view.Tell(story.Events);
        Assert.Equal(1, await _view.ArchiveLater());
        var newer = await Content(story);

        await using var late = new RedisView(servers);
        await late.InitializeAsync();
        await late.Store.Run(
            Scripts.Archive, [], ["back", $"{story.Order}", _customer, "{\"version\":\"2\"}", "0"]);
        Assert.Equal(1, await late.ArchiveLater());

        Assert.Equal(newer, await Content(story));
    }

    [Fact]
    public async Task A_stranger_sees_and_moves_nothing_an_operator_need_not_know_whose_it_is()
    {
        var story = Old().Placed().Cancelled();
        await _view.Tell(story.Events);
        var page = await _view.Json(_customer, story.Order);
        Assert.Equal(1, await _view.ArchiveLater());

        Assert.Null(await _view.Reader.One("somebody else", story.Order, default));
        Assert.Equal([], await _view.Reader.Newest("somebody else", null, 20, default));
        Assert.Equal([], await _view.Reader.Recent(_customer, 20, default));
        Assert.Equal(page, Encoding.UTF8.GetString((await _view.Reader.One(null, story.Order, default))!.Json));
    }

    [Fact]
    public async Task More_pages_than_one_step_takes_leave_at_once()
    {
        var stories = Enumerable.Range(0, 450).Select(_ => Old().Placed().Cancelled()).ToList();
        foreach (var some in stories.Chunk(50)) await _view.Tell(some.SelectMany(story => story.Events));

        Assert.Equal(450, await _view.ArchiveLater());

        Assert.Equal(450, (await List(limit: 100)).Count);
    }

    Story Old() => new(_customer, daysOld: 40);

    async Task<List<(string OrderId, string Version, string Json)>> List(int limit, RedisView? view = null)
    {
        var all = new List<(string, string, string)>();
        Guid? after = null;
        while (true)
        {
            var some = await (view ?? _view).Reader.Newest(_customer, after, limit, default);
            all.AddRange(some.Select(page => (page.OrderId, page.Version, Encoding.UTF8.GetString(page.Json))));
            if (some.Count < limit) return all;
            after = Guid.Parse(some[^1].OrderId);
        }
    }

    /// <summary>Lets go again what was brought back to be read.</summary>
    async Task Leave(IEnumerable<Story> stories)
    {
        foreach (var story in stories)
        {
            if (await _view.Database.SortedSetScoreAsync("over", $"{story.Order}") is null) continue;
            await _view.Database.SortedSetAddAsync("over", $"{story.Order}", 1);
        }

        await _view.ArchiveLater();
    }

    async Task<(string Order, string Digest)> Due(Story story)
    {
        var cells = (await _view.Store.Read(Scripts.Archive, ["due", "9e12", "100", "0"], default))
            .Select(Encoding.UTF8.GetString).Chunk(5).Single();
        Assert.Equal($"{story.Order}", cells[0]);
        return (cells[0], cells[3]);
    }

    async Task<string> Content(Story story)
    {
        var content = "";
        await _view.Archived(async db =>
            content = (await db.ArchivedPages.SingleAsync(page => page.OrderId == story.Order)).Content);
        return content;
    }

    public ValueTask InitializeAsync() => _view.InitializeAsync();

    public ValueTask DisposeAsync() => _view.DisposeAsync();
}
