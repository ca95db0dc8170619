using CarShare.Contracts;
using CarShare.Notifications.Domain;

namespace CarShare.UnitTests.Notifications;

/// <summary>Stocks tells of other cars without knowing whose they are, and perhaps before the order is known.</summary>
public sealed class RentalTests
{
    static readonly DateTimeOffset Noon = new(2030, 5, 1, 12, 0, 0, TimeSpan.Zero);

    readonly Rental _rental = new() { OrderId = Guid.CreateVersion7() };

    [Fact]
    public void What_came_before_the_order_is_told_with_it_in_the_order_of_the_revisions()
    {
        var (second, third) = (Of(2), Of(3));
        Assert.False(_rental.Replace(third));
        Assert.False(_rental.Replace(second));

        Assert.Equal([second, third], _rental.Place("alice", 1));

        Assert.Equal(("alice", 3), (_rental.CustomerId, _rental.Revision));
        Assert.Empty(_rental.Waiting);
    }

    [Fact]
    public void Cars_the_order_already_names_are_no_news()
    {
        _rental.Replace(Of(2));
        Assert.Empty(_rental.Place("alice", 2));
        Assert.Equal(2, _rental.Revision);
    }

    [Fact]
    public void A_replacement_that_comes_twice_before_the_order_waits_once()
    {
        _rental.Replace(Of(2));
        _rental.Replace(Of(2));
        _rental.Replace(Of(3));
        Assert.Equal([2, 3], _rental.Waiting.Select(replacement => replacement.Revision));
    }

    [Fact]
    public void An_order_is_placed_once()
    {
        _rental.Place("alice", 1);
        Assert.Empty(_rental.Place("bob", 5));
        Assert.Equal(("alice", 1), (_rental.CustomerId, _rental.Revision));
    }

    [Fact]
    public void Once_the_order_is_known_only_later_cars_are_told_of_and_each_once()
    {
        _rental.Place("alice", 1);
        Assert.False(_rental.Replace(Of(1)));
        Assert.True(_rental.Replace(Of(3)));
        Assert.False(_rental.Replace(Of(3)));
        Assert.False(_rental.Replace(Of(2)));
        Assert.Equal(3, _rental.Revision);
        Assert.Empty(_rental.Waiting);
    }

    static Replacement Of(int revision) => new(Guid.CreateVersion7(), Noon, revision, [new(Guid.Empty, "12가3456")]);
}
