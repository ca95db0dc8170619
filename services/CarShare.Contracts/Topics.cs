namespace CarShare.Contracts;

/// <summary>The topics and their size. The part behind the dot is the service that publishes there.</summary>
public static class Topics
{
    public const string Orders = "carshare.orders";
    public const string Payments = "carshare.payments";
    public const string Deliveries = "carshare.deliveries";
    public const string Stocks = "carshare.stocks";

    public const int Partitions = 6;

    public static IReadOnlyList<string> All { get; } = [Orders, Payments, Deliveries, Stocks];

    /// <summary>Service-discovery name of the topic's publisher.</summary>
    public static string SourceOf(string topic) => topic[(topic.IndexOf('.') + 1)..];
}
