using System.Diagnostics.Metrics;
using CarShare.Contracts;
using CarShare.Messaging;

namespace CarShare.Deliveries;

/// <summary>The steps of deliveries, counted from what was committed.</summary>
sealed class DeliveryMetrics(IMeterFactory meters) : IFactObserver
{
    readonly Counter<long> _deliveries =
        meters.Create("CarShare.Deliveries")
            .CreateCounter<long>("carshare.deliveries", "{delivery}", "Deliveries by the step they reached");

    // The steps are named as the facts are: DeliveryPreparing, DeliveryDispatched ...
    public void Committed(object fact)
    {
        if (fact is DeliveryEvent)
            _deliveries.Add(1, new KeyValuePair<string, object?>(
                "carshare.delivery.step", fact.GetType().Name["Delivery".Length..]));
    }
}
