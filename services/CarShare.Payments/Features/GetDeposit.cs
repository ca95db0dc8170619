using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Payments.Data;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Payments.Features;

static class GetDeposit
{
    public static void Map(RouteGroupBuilder deposits)
    {
        deposits.MapGet("", Get).WithName("GetDeposit").ProducesProblem(400).ProducesProblem(404);
        deposits.MapGet("/ledger", Ledger).WithName("ListLedger").ProducesProblem(400).ProducesProblem(404);
    }

    /// <summary>For orders, which looks before it takes cars for somebody who can't pay.</summary>
    public static void MapInternal(IEndpointRouteBuilder app) => app.MapGet("/internal/deposits/{customerId}", async (
        string customerId, PaymentsDb db,
        CancellationToken ct) => TypedResults.Ok(await Find(customerId, db, ct))).RequireInternal();

    static async Task<Results<Ok<DepositDto>, RefusedHttpResult>> Get(
        CurrentUser user, PaymentsDb db, CancellationToken ct, string? customerId = null)
    {
        if (DepositOwner.Of(user, customerId, out var owner) is { } refused) return refused.ToProblem();
        return TypedResults.Ok(await Find(owner, db, ct));
    }

    /// <summary>Who never topped up has a deposit of nothing.</summary>
    static async Task<DepositDto> Find(string owner, PaymentsDb db, CancellationToken ct) => (await db.Read(
        $"SELECT balance, owed FROM deposits WHERE customer_id = {owner}",
        row => new DepositDto(owner, row.GetDecimal(0), row.GetDecimal(1)), ct)).SingleOrDefault() ?? new(owner, 0, 0);

    /// <summary>Newest first, in the order in which the balance changed; the cursor is an entry id.</summary>
    static async Task<Results<Ok<Page<LedgerEntryDto>>, RefusedHttpResult>> Ledger(
        [AsParameters] Paging paging, CurrentUser user, PaymentsDb db, CancellationToken ct, string? customerId = null)
    {
        if (DepositOwner.Of(user, customerId, out var owner) is { } refused) return refused.ToProblem();
        var entries = db.LedgerEntries.AsNoTracking().Where(e => e.CustomerId == owner);
        var page = paging.After is { } after
            ? entries.Where(e => e.Sequence < entries.Where(last => last.EntryId == after)
                .Select(last => last.Sequence).FirstOrDefault())
            : entries;
        var rows = await page.OrderByDescending(e => e.Sequence).Take(paging.Size + 1)
            .Select(e => new LedgerEntryDto(e.EntryId, e.Kind, e.Amount, e.BalanceAfter, e.OrderId, e.At))
            .ToListAsync(ct);
        return TypedResults.Ok(Page.Of(rows, paging, e => e.EntryId));
    }
}
