namespace CarShare.Payments.Domain;

/// <summary>A top-up under its idempotency key, with the answer it was given.</summary>
public sealed class TopUp
{
    public required string CustomerId { get; init; }
    public required string IdempotencyKey { get; init; }
    public required decimal Amount { get; init; }
    public required decimal Balance { get; init; }
    public required decimal Owed { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
}
