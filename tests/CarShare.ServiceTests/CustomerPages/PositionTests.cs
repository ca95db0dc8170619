using CarShare.Contracts;
using CarShare.CustomerPages.Data;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using CarShare.Tests;

namespace CarShare.ServiceTests.CustomerPages;

/// <summary>
/// Effect and position are one: what happens when Redis forgets, falls back, or a pipeline breaks in the middle.
/// </summary>
public sealed class PositionTests(Servers servers) : IAsyncLifetime
{
    readonly RedisView _view = new(servers);

    [Fact]
    public async Task The_position_behind_the_last_record_is_stored_with_the_effect()
    {
        var story = new Story("alice").Placed().Progressed(OrderStatus.Preparing);
        await _view.Tell(story.Events);

        var position = Assert.Single(await _view.Sink.LoadPositions([Topics.Orders], default));
        Assert.Equal((2, story.Events[1].Id, story.Events[1].Sequence), (
            position.NextOffset, position.LastId, position.LastSequence));
        Assert.True(await _view.Sink.Holds([position], default));
        Assert.False(await _view.Sink.Holds([position with { NextOffset = 3 }], default));
        Assert.False(await _view.Sink.Holds([position with { Partition = 1 }], default));
    }

    [Fact]
    public async Task A_flushed_redis_refuses_the_next_event_instead_of_showing_half_a_page()
    {
        var story = new Story("alice").Placed().Cancelled();
        await _view.Tell(story.Events[0]);
        await _view.Database.KeyDeleteAsync("positions");

        await Assert.ThrowsAsync<PositionLostException>(() => _view.Tell(story.Events[1]));
        Assert.DoesNotContain("Cancelled", await _view.Json("alice", story.Order), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redis_that_fell_back_to_an_older_state_is_noticed()
    {
        var story = new Story("alice").Placed().Progressed(OrderStatus.Preparing).Cancelled();
        await _view.Tell(story.Events[0]);
        var older = await _view.Database.HashGetAllAsync("positions");
        await _view.Tell(story.Events[1]);
        await _view.Database.HashSetAsync("positions", older);

        await Assert.ThrowsAsync<PositionLostException>(() => _view.Tell(story.Events[2]));
    }

    [Fact]
    public async Task A_batch_whose_answer_got_lost_may_be_told_again()
    {
        var story = new Story("alice").Placed().Progressed(OrderStatus.Preparing).Cancelled();
        var batch = story.Events.Select(_view.Placed).ToList();
        Assert.Equal(new(3, 0), await _view.Sink.Handle(batch, RedisView.PositionsAfter(batch), default));
        Assert.Equal(new(0, 3), await _view.Sink.Handle(batch, RedisView.PositionsAfter(batch), default));
        foreach (var single in batch)
            Assert.Equal(new(0, 1), await _view.Sink.Handle([single], RedisView.PositionsAfter([single]), default));

        Assert.Equal(3, Assert.Single(await _view.Sink.LoadPositions([Topics.Orders], default)).NextOffset);
    }

    [Fact]
    public async Task A_redis_that_forgot_its_scripts_is_told_them_again()
    {
        var story = new Story("alice").Placed().Cancelled();
        await _view.Tell(story.Events[0]);
        await _view.Database.ExecuteAsync("SCRIPT", "FLUSH");

        Assert.NotNull(await _view.Reader.One("alice", story.Order, default));

        var batch = story.Events.Skip(1).Select(_view.Placed).ToList();
        await Eventually.Holds("handled, at the second try at the latest", async () => await Told(batch) == 1);
    }

    [Fact]
    public async Task Records_that_tell_a_page_nothing_move_the_position_too()
    {
        var known = new Story("alice").Placed().Events[0];
        ReceivedEvent[] told =
        [
            known, known with { Type = "carshare.deposit.painted.v1", Topic = Topics.Payments, Id = Guid.NewGuid() },
            known with { Type = "carshare.order.painted.v1", Id = Guid.NewGuid() },
        ];
        var batch = told.Select(_view.Placed).ToList();
        var repeated = _view.Placed(known);
        Assert.Equal(
            new(1, 0), await _view.Sink.Handle(batch, RedisView.PositionsAfter([.. batch, repeated]), default));

        var positions = await _view.Sink.LoadPositions([Topics.Orders, Topics.Payments], default);
        Assert.Equal([3, 1], positions.OrderBy(p => p.Topic).Select(p => p.NextOffset));
    }

    [Fact]
    public async Task Events_of_the_outbox_move_the_sequence_and_leave_the_place_where_the_log_is_joined()
    {
        var story = new Story("alice").Placed().Progressed(OrderStatus.Preparing).Cancelled();
        var join = new ConsumerPosition { Topic = Topics.Orders, NextOffset = 40 };
        await _view.Sink.SavePosition(join, default);
        var pulled = story.Events.Take(2).Select(e => e with { Offset = 40, IsPulled = true }).ToList();
        Assert.Equal(new(2, 0), await _view.Sink.Handle(pulled, [pulled[1].Behind(join)], default));
        Assert.Equal(
            join with { LastSequence = 2 }, Assert.Single(await _view.Sink.LoadPositions([Topics.Orders], default)));

        // The log tells the second one again, knowing less of what is complete.
        var again = story.Events.Skip(1).Select((e, i) => e with { Offset = 40 + i, Complete = 1 }).ToList();
        Assert.Equal(new(1, 1), await _view.Sink.Handle(again, RedisView.PositionsAfter(again), default));
        Assert.Equal(
            new() { Topic = Topics.Orders, NextOffset = 42, LastId = story.Events[2].Id, LastSequence = 2 },
            Assert.Single(await _view.Sink.LoadPositions([Topics.Orders], default)));
    }

    async Task<int> Told(IReadOnlyList<ReceivedEvent> batch)
    {
        try
        {
            return (await _view.Sink.Handle(batch, RedisView.PositionsAfter(batch), default)).Fresh;
        }
        catch (Exception e) when (RedisStore.FaultOf(e) == Fault.Conflict)
        {
            return -1;
        }
    }

    public ValueTask InitializeAsync() => _view.InitializeAsync();

    public ValueTask DisposeAsync() => _view.DisposeAsync();
}
