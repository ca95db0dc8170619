namespace CarShare.Messaging;

/// <summary>
/// Handles parked letters of the service again: the one named, or all. Registered by <c>AddConsumer</c> for a
/// PostgreSQL store.
/// </summary>
public delegate Task<RedriveResult> Redrive(Guid? only, CancellationToken ct);

/// <summary>Parked letters, newest first, below the one named by <paramref name="after"/>.</summary>
public delegate Task<List<DeadLetter>> ParkedLetters(int limit, Guid? after, CancellationToken ct);

/// <summary>What became of the parked letters.</summary>
/// <param name="Redriven">Completed now; the one that was named perhaps before.</param>
/// <param name="Failed">Failed again and still parked.</param>
public sealed record RedriveResult(int Redriven, int Failed);

/// <summary>A parked event as it is shown: what could not be handled, why, since when.</summary>
public sealed record ParkedLetter(
    Guid Id, string Type, string Topic, int Partition, long Offset, string Key, long Sequence, string Payload,
    string Error, DateTimeOffset ParkedAt);

/// <summary>Parked letters and where the next ones begin.</summary>
public sealed record ParkedLetterPage(IReadOnlyList<ParkedLetter> Items, Guid? Next);

static class DeadLetters
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost(
            "/internal/events/redrive",
            async (Redrive redrive, CancellationToken ct) => TypedResults.Ok(await redrive(null, ct)))
            .RequireOperations().IsIdempotent();
        app.MapGet("/internal/dead-letters", List).RequireOperations();
        app.MapPost("/internal/dead-letters/{id:guid}/redrive", One).RequireOperations().IsIdempotent();
    }

    static async Task<Ok<ParkedLetterPage>> List(
        ParkedLetters parked, CancellationToken ct, int limit = 20, Guid? after = null)
    {
        limit = Math.Clamp(limit, 1, 100);
        var letters = await parked(limit + 1, after, ct);
        return TypedResults.Ok(
            new ParkedLetterPage(
                [.. letters.Take(limit).Select(Shown)], letters.Count > limit ? letters[limit - 1].Id : null));
    }

    static async Task<Results<Ok<RedriveResult>, NotFound>> One(Guid id, Redrive redrive, CancellationToken ct)
    {
        var result = await redrive(id, ct);
        return result is { Redriven: 0, Failed: 0 } ? TypedResults.NotFound() : TypedResults.Ok(result);
    }

    static ParkedLetter Shown(DeadLetter l) => new(
        l.Id, l.Type, l.Topic, l.Partition, l.Offset, l.Key, l.Sequence, Encoding.UTF8.GetString(l.Payload), l.Error,
        l.ParkedAt);
}
