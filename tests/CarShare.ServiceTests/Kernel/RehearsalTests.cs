using CarShare.ServiceTests.Orders;
using CarShare.ServiceTests.Payments;
using Microsoft.EntityFrameworkCore;

namespace CarShare.ServiceTests.Kernel;

[Collection(OrdersCollection.Name)]
public sealed class OrdersRehearsalTests(OrdersFixture orders)
{
    [Fact]
    public Task It_ran_and_left_nothing() =>
        Rehearsal.LeftNothing(orders, "SELECT count(*) FROM orders WHERE customer_id = 'nobody'");
}

[Collection("payments")]
public sealed class PaymentsRehearsalTests(PaymentsFixture payments)
{
    [Fact]
    public Task It_ran_and_left_nothing() =>
        Rehearsal.LeftNothing(payments, "SELECT count(*) FROM payments WHERE customer_id = 'nobody'");
}

static class Rehearsal
{
    /// <summary>
    /// What a transaction draws from a sequence is not given back when it is rolled back: the first number is in no
    /// row.
    /// </summary>
    public static async Task LeftNothing<TDb>(ServiceFixture<TDb> service, string left)
        where TDb : DbContext
    {
        await using var connection = await service.Connect();
        await using var command = connection.CreateCommand();
        command.CommandText =
            """
            SELECT last_value >= 1 AND NOT EXISTS (SELECT FROM outbox WHERE sequence = 1) FROM pg_sequences
                WHERE sequencename = 'outbox_sequence_seq'
            """;
        Assert.True((bool?)await command.ExecuteScalarAsync());
        command.CommandText = left;
        Assert.Equal(0L, await command.ExecuteScalarAsync());
    }
}
