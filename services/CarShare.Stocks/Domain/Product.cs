namespace CarShare.Stocks.Domain;

/// <summary>A car model at a price per hour. Orders keep the name and price they were taken at.</summary>
public sealed class Product
{
    public Guid ProductId { get; init; }
    public required string ModelName { get; set; }
    public decimal HourlyRate { get; set; }

    /// <summary>Where its cars are brought back to.</summary>
    public required string Location { get; init; }

    /// <summary>Cars that are not retired.</summary>
    public int Total { get; init; }

    /// <summary>Grows with everything that is published of it.</summary>
    public long Version { get; private set; } = 1;

    /// <summary>
    /// Grows with each change an operator makes; rentals leave it alone, so that they never stand in an operator's way.
    /// </summary>
    public int Edition { get; private set; }

    /// <summary>From then on it is not offered any more. Rentals go on.</summary>
    public DateTimeOffset? RetiredAt { get; private set; }

    public int PublishedTotal { get; init; }
    public int PublishedAvailable { get; private set; }

    /// <summary>
    /// Where customers find it: at home while a free car is there, else where most free cars stand, else where the last
    /// one stood.
    /// </summary>
    public string? ShownLocation { get; init; }

    /// <summary>In lower case, where free cars stand or the last one stood.</summary>
    public string[] Places { get; init; } = [];

    public List<Vehicle> Vehicles { get; } = [];

    public static Product Register(string modelName, decimal hourlyRate, string location, int total, int available) =>
        new()
        {
            ProductId = Guid.CreateVersion7(),
            ModelName = modelName,
            HourlyRate = hourlyRate,
            Location = location,
            Total = total,
            PublishedTotal = total,
            PublishedAvailable = available,
            ShownLocation = location,
            Places = [location.ToLowerInvariant()],
        };

    /// <returns>False when it is so already.</returns>
    public bool Change(string? modelName, decimal? hourlyRate)
    {
        var (name, rate) = (modelName ?? ModelName, hourlyRate ?? HourlyRate);
        if ((name, rate) == (ModelName, HourlyRate)) return false;
        (ModelName, HourlyRate) = (name, rate);
        Version++;
        Edition++;
        return true;
    }

    public void Retire(DateTimeOffset now)
    {
        RetiredAt = now;
        PublishedAvailable = 0;
        Version++;
        Edition++;
    }
}
