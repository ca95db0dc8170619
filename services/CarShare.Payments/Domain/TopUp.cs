namespace CarShare.Payments.Domain;

/// <summary>
/// A top-up under the idempotency key of whoever asked for it, customer or operator, with the answer it was given.
/// </summary>
public sealed class TopUp
{
    public required string CallerId { get; init; }
    public required string IdempotencyKey { get; init; }
    public required string CustomerId { get; init; }
    public required decimal Amount { get; init; }
    public required decimal Balance { get; init; }
    public required decimal Owed { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
}
