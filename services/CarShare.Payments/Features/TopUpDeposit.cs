using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Payments.Data;
using CarShare.Payments.Domain;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Payments.Features;

/// <summary>Credits a deposit: one's own, or for operators anybody's.</summary>
sealed class TopUpDeposit(PaymentsDb db, TimeProvider clock)
{
    public const decimal MaxAmount = 100_000_000;

    public static readonly Refusal DepositLimit =
        new(RefusalKind.Conflict, "deposit-limit", "The deposit can't hold that much.");

    public static readonly Refusal KeyReused =
        new(RefusalKind.Impossible, "idempotency-key-reused",
            "This Idempotency-Key was used for another amount or deposit.");

    public sealed record Request(decimal Amount, string? CustomerId = null);

    public static void Map(RouteGroupBuilder deposits) => deposits.MapPost("", Handle).RequireIdempotencyKey()
        .ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);

    static async Task<Results<Created<DepositDto>, RefusedHttpResult>> Handle(
        Request request, IdempotencyKey key, CurrentUser user, TopUpDeposit use, CancellationToken ct)
    {
        if (new Validator().Amount("amount", request.Amount, 1, MaxAmount).Refusal is { } invalid)
            return invalid.ToProblem();
        if (DepositOwner.Of(user, request.CustomerId, out var owner) is { } refused) return refused.ToProblem();
        var topUp = await use.Credit(owner, key.Caller, key.Value!, decimal.Truncate(request.Amount), ct);
        if (topUp.Refusal is { } refusal) return refusal.ToProblem();
        var location = owner == user.CustomerId ? "/deposits" : $"/deposits?customerId={Uri.EscapeDataString(owner)}";
        return TypedResults.Created(location, new DepositDto(owner, topUp.Value.Balance, topUp.Value.Owed));
    }

    /// <returns>The top-up made now or under this key of this caller before.</returns>
    public Task<Verdict<TopUp>> Credit(string owner, string caller, string key, decimal amount, CancellationToken ct) =>
        db.InTransaction<Verdict<TopUp>>(async token =>
        {
            // Repeats of a key line up here, whosever deposit they name.
            await db.Database.ExecuteSqlAsync(
                $"SELECT pg_advisory_xact_lock(hashtextextended({caller + " " + key}, 0))", token);
            if (await db.TopUps.SingleOrDefaultAsync(
                t => t.CallerId == caller && t.IdempotencyKey == key, token) is { } earlier)
                return earlier.CustomerId == owner && earlier.Amount == amount ? earlier : KeyReused;
            var deposit = await db.LockDeposit(owner, token);
            if (!deposit.HasRoomFor(amount)) return DepositLimit;

            var now = clock.GetUtcNow();
            db.Add(deposit.TopUp(amount, now));
            db.Publish(new DepositCredited(owner, now, amount, deposit.Balance, deposit.Owed));
            var topUp = new TopUp
            {
                CallerId = caller,
                IdempotencyKey = key,
                CustomerId = owner,
                Amount = amount,
                Balance = deposit.Balance,
                Owed = deposit.Owed,
                CreatedAt = now,
            };
            db.Add(topUp);
            return topUp;
        }, ct);
}
