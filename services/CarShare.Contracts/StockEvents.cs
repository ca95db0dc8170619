using System.Text.Json.Serialization;

namespace CarShare.Contracts;

/// <summary>Published by stocks about a product; <see cref="Version"/> grows with each one of a product.</summary>
public abstract record ProductEvent(
    Guid ProductId, DateTimeOffset OccurredAt, string ModelName, decimal HourlyRate, int Total, int Available,
    long Version)
{
    public static string Topic => Topics.Stocks;

    [JsonIgnore]
    public string Key => ProductId.ToString();
}

public sealed record ProductRegistered(
    Guid ProductId, DateTimeOffset OccurredAt, string ModelName, decimal HourlyRate, int Total, int Available,
    long Version)
    : ProductEvent(ProductId, OccurredAt, ModelName, HourlyRate, Total, Available, Version), IEvent
{
    public static string Type => "carshare.product.registered.v1";
}

public sealed record ProductChanged(
    Guid ProductId, DateTimeOffset OccurredAt, string ModelName, decimal HourlyRate, int Total, int Available,
    long Version)
    : ProductEvent(ProductId, OccurredAt, ModelName, HourlyRate, Total, Available, Version), IEvent
{
    public static string Type => "carshare.product.changed.v1";
}

/// <summary>A reserved car was written off and no free car of the product can take its place.</summary>
public sealed record StockShortage(Guid OrderId, DateTimeOffset OccurredAt, Guid ProductId, Guid VehicleId,
    int Missing) : IEvent
{
    public static string Type => "carshare.stock.shortage.v1";
    public static string Topic => Topics.Stocks;

    [JsonIgnore]
    public string Key => OrderId.ToString();
}

/// <summary>All cars of the order after a replacement; the highest revision wins everywhere.</summary>
public sealed record VehicleReassigned(Guid OrderId, DateTimeOffset OccurredAt, IReadOnlyList<VehicleRef> Vehicles,
    int Revision) : IEvent
{
    public static string Type => "carshare.vehicle.reassigned.v1";
    public static string Topic => Topics.Stocks;

    [JsonIgnore]
    public string Key => OrderId.ToString();
}
