using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Payments.Data;
using CarShare.Payments.Domain;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Payments.Features;

static class TopUpDeposit
{
    public const decimal MaxAmount = 100_000_000;

    public sealed record Request(decimal Amount, string? CustomerId = null);

    public static void Map(RouteGroupBuilder deposits) => deposits.MapPost("", Handle)
        .ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);

    static async Task<Results<Created<DepositDto>, ProblemHttpResult>> Handle(
        Request request, [FromHeader(Name = "Idempotency-Key")] string? key, CurrentUser user, PaymentsDb db, TimeProvider clock, CancellationToken ct)
    {
        if (new Validator().Amount("amount", request.Amount, 1, MaxAmount).Text("Idempotency-Key", key, 1, 100).Problem is { } invalid) return invalid;
        if (DepositOwner.Of(user, request.CustomerId, out var owner) is { } refused) return refused;
        var amount = decimal.Truncate(request.Amount);
        var topUp = await db.InTransaction(token => Credit(owner, key!, amount, db, clock.GetUtcNow(), token), ct);
        if (topUp is null) return Problems.Conflict("deposit-limit", "The deposit can't hold that much.");
        if (topUp.Amount != amount) return Problems.Of(StatusCodes.Status422UnprocessableEntity, "idempotency-key-reused", "This Idempotency-Key was used for another amount.");
        return TypedResults.Created("/deposits", new DepositDto(owner, topUp.Balance, topUp.Owed));
    }

    /// <summary>The lock of the deposit is also what lines up repeats of one key.</summary>
    /// <returns>The top-up made now or under this key before; null when the deposit has no room.</returns>
    static async Task<TopUp?> Credit(string owner, string key, decimal amount, PaymentsDb db, DateTimeOffset now, CancellationToken ct)
    {
        var deposit = await db.LockDeposit(owner, ct);
        if (await db.TopUps.SingleOrDefaultAsync(t => t.CustomerId == owner && t.IdempotencyKey == key, ct) is { } earlier) return earlier;
        if (!deposit.HasRoomFor(amount)) return null;

        db.Add(deposit.TopUp(amount, now));
        db.Publish(new DepositCredited(owner, now, amount, deposit.Balance));
        var topUp = new TopUp { CustomerId = owner, IdempotencyKey = key, Amount = amount, Balance = deposit.Balance, Owed = deposit.Owed, CreatedAt = now };
        db.Add(topUp);
        return topUp;
    }
}
