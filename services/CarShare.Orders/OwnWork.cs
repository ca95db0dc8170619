using System.Diagnostics;
using CarShare.ServiceDefaults;

namespace CarShare.Orders;

/// <summary>Work on an order that no request asked for: it begins a trace of its own.</summary>
static class OwnWork
{
    static readonly ActivitySource Activities = new("CarShare.Orders");

    public static Activity? Begin(string name, Guid orderId)
    {
        var work = Activities.StartActivity(name);
        if (work is not null) OrderTrace.Concerns(orderId);
        return work;
    }
}
