using System.Text.Json;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Persistence;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Notifications.Data;

/// <summary>
/// What a batch tells of orders and customers, in one statement each and in one order, so that two batches can't
/// deadlock.
/// </summary>
static class Recipients
{
    /// <summary>
    /// Creates or locks the row of every order that is placed or gets other cars. They stay tracked for the handlers.
    /// </summary>
    public static Task LockRentals(
        this NotificationsDb db, IReadOnlyList<ReceivedEvent> events, CancellationToken ct) =>
        db.Rentals.CreateAndLock(
            events.Where(e => e.Type == OrderPlaced.Type || e.Type == VehicleReassigned.Type).OrderIds(),
            "revision, waiting", $"0, '[]'", ct);

    /// <summary>Keeps the mail addresses given with the orders of the batch.</summary>
    public static async Task StoreAddresses(this NotificationsDb db, IReadOnlyList<ReceivedEvent> events,
        CancellationToken ct)
    {
        var given = events.Where(e => e.Type == OrderPlaced.Type && e.Payload.AsSpan().IndexOf("\"email\":\""u8) >= 0)
            .Select(e => (e.Sequence, Order: JsonSerializer.Deserialize<OrderPlaced>(e.Payload, EventJson.Options)))
            .Where(e => e.Order is { CustomerId: not null, Contact.Email: { Length: > 0 and <= 200 } })
            .GroupBy(e => e.Order!.CustomerId).Select(own => own.MaxBy(e => e.Sequence)).ToList();
        if (given.Count == 0) return;

        string[] customers = [.. given.Select(e => e.Order!.CustomerId)];
        string[] addresses = [.. given.Select(e => e.Order!.Contact!.Email!)];
        long[] sequences = [.. given.Select(e => e.Sequence)];
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO recipients AS known (customer_id, email, sequence)
            SELECT * FROM unnest({customers}, {addresses}, {sequences}) AS given (customer_id, email, sequence)
                ORDER BY customer_id
            ON CONFLICT (customer_id) DO UPDATE SET email = excluded.email, sequence = excluded.sequence
            WHERE known.sequence < excluded.sequence
            """, ct);
    }
}
