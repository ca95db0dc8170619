namespace CarShare.Deliveries;

/// <summary>
/// Steps taken without an operator, configuration section <c>Deliveries</c>. Null or a negative time: never.
/// </summary>
public sealed class DeliveriesOptions
{
    /// <summary>Who brings cars when nobody is named.</summary>
    public string Shipper { get; set; } = "CarShare";

    /// <summary>From Preparing to Dispatched; 2 s in Development.</summary>
    public TimeSpan? AutoDispatchAfter { get; set; }

    /// <summary>From Dispatched to Delivered.</summary>
    public TimeSpan? AutoCompleteAfter { get; set; }

    /// <summary>From Retrieving to Retrieved; 2 s in Development.</summary>
    public TimeSpan? AutoRetrieveAfter { get; set; }
}
