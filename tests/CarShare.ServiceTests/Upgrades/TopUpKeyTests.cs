using CarShare.Payments.Data;
using CarShare.Payments.Features;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace CarShare.ServiceTests.Upgrades;

/// <summary>
/// Keys of deposits had another table once, by the customer alone: while services are replaced, a repeat may come to
/// one of before or to one of now.
/// </summary>
public sealed class TopUpKeyTests(Servers servers)
{
    [Fact]
    public async Task A_deposit_repeated_while_services_are_replaced_is_credited_once_whichever_of_them_it_comes_to()
    {
        await using var db = new PaymentsDb(new DbContextOptionsBuilder<PaymentsDb>()
            .UseNpgsql(servers.Database($"keys_{Guid.NewGuid():N}")).Options);
        await db.GetService<IMigrator>().MigrateAsync("Initial");
        var now = new TopUpDeposit(db, TimeProvider.System);
        Assert.True(await Before("alice", "long ago"));
        await db.GetService<IMigrator>().MigrateAsync("KeysOfTheirCallers");
        Assert.True(await Before("alice", "between"));
        for (var run = 0; run < 2; run++) await db.Database.MigrateAsync();

        Assert.True(await Before("alice", "by the old"));
        Assert.True(await Before("bob", "by the old"));
        Assert.True(await Now("alice", "by the new"));
        Assert.True(await Now("alice", "by the operator", "operator"));
        foreach (var key in new[] { "long ago", "between", "by the old", "by the new" })
        {
            Assert.False(await Now("alice", key), key);
            Assert.False(await Before("alice", key), key);
        }

        Assert.False(await Now("alice", "by the operator", "operator"));
        Assert.False(await Before("alice", "by the operator"));
        // A key of hers and one of an operator's never meet where both can be told apart.
        Assert.True(await Now("alice", "by the operator"));

        // As the service of before did it, under the lock of the deposit.
        async Task<bool> Before(string customer, string key) => await db.Database.ExecuteSqlAsync(
            $"""
            WITH opened AS (
                INSERT INTO deposits (customer_id, balance, owed) VALUES ({customer}, 0, 0) ON CONFLICT DO NOTHING)
            INSERT INTO top_ups (customer_id, idempotency_key, amount, balance, owed, created_at)
            SELECT {customer}, {key}, 500, 500, 0, now() WHERE NOT EXISTS (
                SELECT FROM top_ups WHERE customer_id = {customer} AND idempotency_key = {key})
            """) == 1;

        async Task<bool> Now(string customer, string key, string? caller = null)
        {
            var before = await Entries(customer);
            var credited = await now.Credit(customer, caller ?? customer, key, 500, default);
            Assert.Null(credited.Refusal);
            return await Entries(customer) > before;
        }

        Task<int> Entries(string customer) => db.LedgerEntries.CountAsync(e => e.CustomerId == customer);
    }
}
