using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

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
            await db.Set<OutboxMessage>().Where(m => m.Sequence > from && m.Sequence <= to)
                .ExecuteUpdateAsync(m => m.SetProperty(x => x.SentAt, (DateTimeOffset?)null).SetProperty(x => x.Attempt, x => x.Attempt + 1), ct);
        }

        signal.Wake();
        return TypedResults.Accepted((string?)null);
    }
}
