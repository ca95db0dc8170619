namespace CarShare.Messaging;

/// <summary>What a service consumes and how.</summary>
public sealed class ConsumerOptions
{
    /// <summary>Consumer group: the service's name.</summary>
    public string Group { get; set; } = "";

    /// <summary>Topics subscribed to.</summary>
    public IReadOnlyCollection<string> Topics { get; set; } = [];

    /// <summary>Most events in one transaction.</summary>
    public int BatchSize { get; set; } = 100;

    /// <summary>Tries of one failing event before it is parked; one that nobody could read is parked at once.</summary>
    public int MaxTries { get; set; } = 6;
}
