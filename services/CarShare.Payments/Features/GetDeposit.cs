using CarShare.Contracts;
using CarShare.Payments.Data;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Payments.Features;

static class GetDeposit
{
    public static void Map(RouteGroupBuilder deposits)
    {
        deposits.MapGet("", Get).ProducesProblem(400).ProducesProblem(404);
        deposits.MapGet("/ledger", Ledger).ProducesProblem(400).ProducesProblem(404);
    }

    /// <summary>Who never topped up has a deposit of nothing.</summary>
    static async Task<Results<Ok<DepositDto>, ProblemHttpResult>> Get(CurrentUser user, PaymentsDb db, CancellationToken ct, string? customerId = null)
    {
        if (DepositOwner.Of(user, customerId, out var owner) is { } refused) return refused;
        var deposit = await db.Deposits.AsNoTracking().Where(d => d.CustomerId == owner).Select(d => new DepositDto(d.CustomerId, d.Balance, d.Owed)).SingleOrDefaultAsync(ct);
        return TypedResults.Ok(deposit ?? new(owner, 0, 0));
    }

    /// <summary>Newest first, in the order in which the balance changed; the cursor is an entry id.</summary>
    static async Task<Results<Ok<Page<LedgerEntryDto>>, ProblemHttpResult>> Ledger(
        [AsParameters] Paging paging, CurrentUser user, PaymentsDb db, CancellationToken ct, string? customerId = null)
    {
        if (DepositOwner.Of(user, customerId, out var owner) is { } refused) return refused;
        var entries = db.LedgerEntries.AsNoTracking().Where(e => e.CustomerId == owner);
        var page = paging.After is { } after
            ? entries.Where(e => e.Sequence < entries.Where(last => last.EntryId == after).Select(last => last.Sequence).FirstOrDefault())
            : entries;
        var rows = await page.OrderByDescending(e => e.Sequence).Take(paging.Take + 1)
            .Select(e => new LedgerEntryDto(e.EntryId, e.Kind, e.Amount, e.BalanceAfter, e.OrderId, e.At)).ToListAsync(ct);
        return TypedResults.Ok(Page.Of(rows, paging, e => e.EntryId));
    }
}
