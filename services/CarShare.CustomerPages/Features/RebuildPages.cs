using System.Text.Json;
using CarShare.Contracts;
using CarShare.CustomerPages.Data;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CarShare.CustomerPages.Features;

/// <summary>
/// How much of the past was told again, and how many events of it cannot be read (they are dead letters).
/// </summary>
public sealed record RebuiltPages(int Orders, int Events, int Unreadable);

/// <summary>
/// Tells the past again, all of it (in the background) or that of one order or customer (at once): whatever is missing
/// or older is written, and no page is empty meanwhile.
/// </summary>
public static class RebuildPages
{
    static readonly string[] OfOrders = [Topics.Orders, Topics.Payments, Topics.Deliveries, Topics.Stocks];

    public static void Map(IEndpointRouteBuilder app) => app.MapPost("/internal/customerpages/rebuild", Handle)
        .RequireOperations().IsIdempotent().AddEndpointFilter(Access.UnavailableWithoutStore);

    static async Task<Results<Accepted, Ok<RebuiltPages>, RefusedHttpResult>> Handle(
        Guid? orderId, string? customerId, PageSink sink, PublishedPast past, CancellationToken ct)
    {
        if (orderId is not null && customerId is not null)
            return Refusal.Invalid(("customerId", "must not be given when orderId is")).ToProblem();
        if (orderId is null && customerId is null)
        {
            await sink.Forget(ct);
            return TypedResults.Accepted((string?)null);
        }

        HashSet<string> orders = orderId is { } one ? [$"{one}"] : await OrdersOf(customerId!, past, ct);
        var (events, unreadable) = await Retell(orders, OfOrders, sink, past, ct);
        if (customerId is not null)
        {
            // The deposit is told under the customer's own key.
            var (own, broken) = await Retell([customerId], [Topics.Payments], sink, past, ct);
            (events, unreadable) = (events + own, unreadable + broken);
        }

        return events + unreadable > 0
            ? TypedResults.Ok(new RebuiltPages(orders.Count, events, unreadable))
            : Refusal.NotFound("Nothing is known of it.").ToProblem();
    }

    static async Task<HashSet<string>> OrdersOf(string customerId, PublishedPast past, CancellationToken ct)
    {
        var orders = new HashSet<string>();
        foreach (var partition in Enumerable.Range(0, Topics.Partitions))
        {
            await foreach (var told in past.Read(Topics.Orders, partition, ct))
                if (CustomerOf(told) == customerId) orders.Add(told.Key);
        }

        return orders;
    }

    static async Task<(int Events, int Unreadable)> Retell(
        HashSet<string> keys, string[] topics, PageSink sink, PublishedPast past, CancellationToken ct)
    {
        var (events, unreadable) = (0, 0);
        foreach (var (topic, partition) in topics.SelectMany(topic => keys.Select(Partitioning.Of).Distinct()
            .Select(p => (topic, p))))
        {
            await foreach (var told in past.Read(topic, partition, ct))
            {
                if (!keys.Contains(told.Key)) continue;
                try
                {
                    if (await sink.Retell(told, ct)) events++;
                }
                catch (JsonException)
                {
                    unreadable++;
                }
            }
        }

        return (events, unreadable);
    }

    static string? CustomerOf(ReceivedEvent told)
    {
        using var payload = JsonDocument.Parse(told.Payload);
        return payload.RootElement.TryGetProperty("customerId", out var id) ? id.GetString() : null;
    }
}
