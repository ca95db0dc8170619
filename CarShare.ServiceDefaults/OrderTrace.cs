using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace CarShare.ServiceDefaults;

/// <summary>
/// The order a trace is about (correlation identifier, Hohpe and Woolf). Said once, it is on every span and log record
/// from there on, in this process and, as W3C baggage, in the ones it calls; events carry it as
/// <c>ce_correlationid</c>.
/// </summary>
public static class OrderTrace
{
    /// <summary>Name of the attribute, and of the baggage.</summary>
    public const string Attribute = "carshare.order.id";

    /// <summary>What is done from here on is done for this order.</summary>
    public static void Concerns(Guid orderId)
    {
        if (Activity.Current is { } activity) Name(activity, orderId.ToString());
    }

    /// <summary>
    /// The span is about an event of this type and key, which is an order's id unless the event is about a product or a
    /// deposit.
    /// </summary>
    public static Activity Concerns(this Activity span, string eventType, string key)
    {
        if (!eventType.StartsWith("carshare.product.", StringComparison.Ordinal)
            && !eventType.StartsWith("carshare.deposit.", StringComparison.Ordinal))
            Name(span, key);
        return span;
    }

    static void Name(Activity activity, string order)
    {
        activity.SetBaggage(Attribute, order);
        activity.SetTag(Attribute, order);
    }

    /// <summary>Requests that name their order in the path.</summary>
    internal static void UseOrderTrace(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        var named = http.GetRouteValue("orderId")
            ?? (http.Request.Path.StartsWithSegments("/orders", StringComparison.OrdinalIgnoreCase)
                ? http.GetRouteValue("id")
                : null);
        if (Guid.TryParse(named as string, out var order)) Concerns(order);
        return next(http);
    });

    // Baggage comes from callers too: only what can be an order is believed.
    internal static string? Of(Activity? activity) =>
        activity?.GetBaggageItem(Attribute) is { } text && Guid.TryParse(text, out _) ? text : null;
}

sealed class OrderOnSpans : BaseProcessor<Activity>
{
    public override void OnStart(Activity data)
    {
        if (OrderTrace.Of(data) is { } order) data.SetTag(OrderTrace.Attribute, order);
    }
}

sealed class OrderOnRecords : BaseProcessor<LogRecord>
{
    public override void OnEnd(LogRecord data)
    {
        if (OrderTrace.Of(Activity.Current) is { } order)
            data.Attributes = [.. data.Attributes ?? [], new(OrderTrace.Attribute, order)];
    }
}
