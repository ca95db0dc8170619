namespace CarShare.Messaging;

/// <summary>The publisher's half of "the consumer asks": the outbox, not the broker, is what remembers.</summary>
static class Republishing
{
    const int Step = 5_000;

    public static void Map(IEndpointRouteBuilder app) => app.MapPost("/internal/events/republish", Handle).RequireInternal();

    /// <summary>Marks everything behind the sequence unsent, in steps; 202 only after the last one, so an asker that hears nothing asks again.</summary>
    static async Task<Accepted> Handle(RepublishRequest request, DbContext db, RelaySignal signal, CancellationToken ct)
    {
        var after = Math.Max(0, request.AfterSequence);
        var last = await db.Set<OutboxMessage>().MaxAsync(m => (long?)m.Sequence, ct) ?? 0;
        for (; after < last; after += Step)
        {
            var (from, to) = (after, Math.Min(after + Step, last));
            // Locked in one order, or two askers would hold each other up.
            await db.InTransaction(token => db.Database.ExecuteSqlAsync(
                $"""
                UPDATE outbox SET sent_at = NULL, attempt = attempt + 1
                WHERE sequence IN (SELECT sequence FROM outbox WHERE sequence > {from} AND sequence <= {to} ORDER BY sequence FOR UPDATE)
                """, token), ct);
        }

        signal.Wake();
        return TypedResults.Accepted((string?)null);
    }
}
