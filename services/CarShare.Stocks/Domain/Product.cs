namespace CarShare.Stocks.Domain;

/// <summary>A car model at a price per hour. What customers see of it never changes; how many cars it has does.</summary>
public sealed class Product
{
    public Guid ProductId { get; init; }
    public required string ModelName { get; init; }
    public decimal HourlyRate { get; init; }

    /// <summary>Where its cars are brought back to.</summary>
    public required string Location { get; init; }

    public int Total { get; init; }

    /// <summary>Grows with every published count.</summary>
    public long Version { get; init; }

    public int PublishedTotal { get; init; }
    public int PublishedAvailable { get; init; }

    public List<Vehicle> Vehicles { get; } = [];
}
