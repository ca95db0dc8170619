namespace CarShare.Stocks;

/// <summary>Configuration section <c>Stocks</c>.</summary>
public sealed class StocksOptions
{
    /// <summary>How often changed numbers of cars are looked for and published.</summary>
    public TimeSpan PublishInterval { get; set; } = TimeSpan.FromMilliseconds(250);
}
