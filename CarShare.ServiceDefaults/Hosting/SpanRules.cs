using System.Diagnostics;
using OpenTelemetry;

namespace CarShare.ServiceDefaults.Hosting;

/// <summary>
/// A call to a store or a neighbour that belongs to no request and no event is a poll, of which there are hundreds for
/// each rental; and what nobody asked for, like the count of free cars, is sent for nobody. They are left out before
/// anything is written into them, and what they reach is told so: a trace begins with a request or with a named piece
/// of work.
/// </summary>
sealed class WithoutPolls : BaseProcessor<Activity>
{
    public override void OnStart(Activity data)
    {
        if (data.Kind is not (ActivityKind.Client or ActivityKind.Producer) || data.ParentId is not null) return;
        data.IsAllDataRequested = false;
        data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
    }
}
