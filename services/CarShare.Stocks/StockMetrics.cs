using System.Diagnostics.Metrics;
using CarShare.Contracts;
using CarShare.Messaging;

namespace CarShare.Stocks;

/// <summary>Reservations by their answer, and what became of cars that were promised.</summary>
sealed class StockMetrics : IFactObserver, IEndpointFilter
{
    readonly Counter<long> _reservations, _replaced, _short;

    public StockMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("CarShare.Stocks");
        _reservations = meter.CreateCounter<long>("carshare.reservations", "{reservation}",
            "Requests for cars by their answer; one asked again counts again");
        _replaced = meter.CreateCounter<long>(
            "carshare.stock.reassignments", "{order}", "Orders whose defective car was replaced");
        _short = meter.CreateCounter<long>(
            "carshare.stock.shortages", "{order}", "Orders whose defective car could not be replaced");
    }

    public void Committed(object fact)
    {
        if (fact is VehicleReassigned) _replaced.Add(1);
        if (fact is StockShortage) _short.Add(1);
    }

    /// <summary>Around the reservation's endpoint.</summary>
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var answer = await next(context);
        var result = answer is INestedHttpResult nested ? nested.Result : answer;
        _reservations.Add(1, new KeyValuePair<string, object?>(
            "carshare.reservation.outcome", (result as IStatusCodeHttpResult)?.StatusCode switch
            {
                StatusCodes.Status200OK => "reserved",
                StatusCodes.Status404NotFound => "unknown",
                StatusCodes.Status409Conflict => "refused",
                _ => "invalid",
            }));
        return answer;
    }
}
