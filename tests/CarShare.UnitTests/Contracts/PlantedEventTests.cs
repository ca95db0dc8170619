using System.Text.Json.Serialization;
using CarShare.Contracts;

namespace CarShare.UnitTests.Contracts;

/// <summary>The event contract notices what it is there for: the same event, told differently.</summary>
public sealed class PlantedEventTests
{
    public static TheoryData<Type, string?> Changes => new()
    {
        { typeof(Same), null },
        { typeof(MemberAdded), null },
        { typeof(ValueAdded), null },
        { typeof(MemberRenamed), "'carshare.planted.v1 amount' (number, decimal) is gone" },
        { typeof(KindChanged), "'carshare.planted.v1 amount' was number, decimal and is string" },
        { typeof(MadeNullable), "'carshare.planted.v1 amount' was number, decimal and is number, decimal or null" },
        { typeof(ValueRenamed), "'carshare.planted.v1 mood = \"Bad\"' (value) is gone" },
        { typeof(ItemChanged), "'carshare.planted.v1 vehicles[].plate' (string) is gone" },
        { typeof(TopicChanged), "'carshare.planted.v1 topic' was carshare.orders and is carshare.stocks" },
        { typeof(TypeChanged), "'carshare.planted.v1' (event) is gone" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_change_of_an_event_is_noticed_and_an_addition_is_not(Type changed, string? broken)
    {
        var breaks = EventContract.Read([changed]).Breaks(EventContract.Read([typeof(Planted)]));
        if (broken is null) Assert.Empty(breaks);
        else Assert.Contains(broken, breaks);
    }

    [Fact]
    public void An_event_that_disappears_is_noticed() =>
        Assert.Contains("'carshare.planted.v1' (event) is gone", EventContract.Read([])
            .Breaks(EventContract.Read([typeof(Planted)])));

    enum Mood { Good, Bad }

    enum MoreMoods { Good, Bad, Mixed }

    enum OtherMoods { Good, Poor }

    sealed record Car(Guid VehicleId, string Plate);

    sealed record Truck(Guid VehicleId, string Number);

    abstract record Base(Guid OrderId, DateTimeOffset OccurredAt)
    {
        public static string Type => "carshare.planted.v1";
        public static string Topic => Topics.Orders;

        [JsonIgnore]
        public string Key => OrderId.ToString();
    }

    sealed record Planted(
        Guid OrderId, DateTimeOffset OccurredAt, decimal Amount, Mood Mood, IReadOnlyList<Car> Vehicles)
        : Base(OrderId, OccurredAt), IEvent;

    sealed record Same(Guid OrderId, DateTimeOffset OccurredAt, IReadOnlyList<Car> Vehicles, Mood Mood, decimal Amount)
        : Base(OrderId, OccurredAt), IEvent;

    sealed record MemberAdded(
        Guid OrderId, DateTimeOffset OccurredAt, decimal Amount, Mood Mood, IReadOnlyList<Car> Vehicles,
        string? Note) : Base(OrderId, OccurredAt), IEvent;

    sealed record ValueAdded(
        Guid OrderId, DateTimeOffset OccurredAt, decimal Amount, MoreMoods Mood, IReadOnlyList<Car> Vehicles)
        : Base(OrderId, OccurredAt), IEvent;

    sealed record MemberRenamed(
        Guid OrderId, DateTimeOffset OccurredAt, decimal Sum, Mood Mood, IReadOnlyList<Car> Vehicles)
        : Base(OrderId, OccurredAt), IEvent;

    sealed record KindChanged(
        Guid OrderId, DateTimeOffset OccurredAt, string Amount, Mood Mood, IReadOnlyList<Car> Vehicles)
        : Base(OrderId, OccurredAt), IEvent;

    sealed record MadeNullable(
        Guid OrderId, DateTimeOffset OccurredAt, decimal? Amount, Mood Mood, IReadOnlyList<Car> Vehicles)
        : Base(OrderId, OccurredAt), IEvent;

    sealed record ValueRenamed(
        Guid OrderId, DateTimeOffset OccurredAt, decimal Amount, OtherMoods Mood, IReadOnlyList<Car> Vehicles)
        : Base(OrderId, OccurredAt), IEvent;

    sealed record ItemChanged(
        Guid OrderId, DateTimeOffset OccurredAt, decimal Amount, Mood Mood, IReadOnlyList<Truck> Vehicles)
        : Base(OrderId, OccurredAt), IEvent;

    sealed record TopicChanged(
        Guid OrderId, DateTimeOffset OccurredAt, decimal Amount, Mood Mood, IReadOnlyList<Car> Vehicles)
        : Base(OrderId, OccurredAt), IEvent
    {
        public static new string Topic => Topics.Stocks;
    }

    sealed record TypeChanged(
        Guid OrderId, DateTimeOffset OccurredAt, decimal Amount, Mood Mood, IReadOnlyList<Car> Vehicles)
        : Base(OrderId, OccurredAt), IEvent
    {
        public static new string Type => "carshare.planted.v2";
    }
}
