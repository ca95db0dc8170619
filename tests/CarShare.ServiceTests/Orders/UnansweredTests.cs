using System.Net;
using CarShare.Contracts;
using CarShare.Tests;
using Npgsql;
using static CarShare.ServiceTests.Orders.OrdersFixture;

namespace CarShare.ServiceTests.Orders;

/// <summary>Whoever heard 503 has not paid, or gets the money back at once.</summary>
[Collection(OrdersCollection.Name)]
public sealed class UnansweredTests(OrdersFixture orders)
{
    readonly string _customer = Customer(), _key = Guid.NewGuid().ToString();
    readonly Guid _product = Guid.CreateVersion7();

    [Fact]
    public async Task An_order_paid_and_answered_503_while_the_store_stood_still_is_rejected_as_soon_as_it_goes_on()
    {
        await using var holder = await orders.Connect();
        await using var hold = await holder.BeginTransactionAsync();
        orders.Neighbours.Pay(_customer, async (_, id, _) =>
        {
            await using var locking = new NpgsqlCommand(
                $"SELECT FROM orders WHERE order_id = '{id}' FOR UPDATE", holder, hold);
            await locking.ExecuteNonQueryAsync();
            return NeighbourStub.Approved(id);
        });
        var shipped = await orders.StartReplica(
            ("Orders:RequestDeadline", $"{new CarShare.Orders.OrdersOptions().RequestDeadline}"));
        // One that has taken an order before: the first one may be slower than a payment is waited for.
        await Eventually.Holds("it takes orders", async () =>
            (await orders.PlaceAt(shipped, Customer())).Status == HttpStatusCode.Created);
        var reply = await orders.PlaceAt(shipped, _customer, productId: _product, key: _key);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, reply.Status);
        Assert.NotNull(reply.RetryAfter);
        var order = Assert.Single(await orders.OrdersOf(_customer));
        Assert.Equal(OrderStatus.Pending, order.Status);

        await hold.RollbackAsync();
        await orders.Reaches(order.OrderId, OrderStatus.Rejected);
        Assert.Equal(["rejected"], await orders.Announced(order.OrderId));
        orders.Neighbours.Pay(_customer, (_, id, _) => Task.FromResult(NeighbourStub.Approved(id)));
        Assert.Equal(HttpStatusCode.Created, (await orders.Place(_customer, _product, _key)).Status);
    }

    [Fact]
    public async Task An_order_whose_session_the_server_ended_behind_the_payment_is_put_right_at_once()
    {
        var ended = 0;
        orders.Neighbours.Pay(_customer, async (_, id, _) =>
        {
            if (Interlocked.Increment(ref ended) == 1)
                await orders.Sql(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
                        AND pid <> pg_backend_pid()
                    """);
            return NeighbourStub.Approved(id);
        });
        var reply = await orders.Place(_customer, _product, _key);
        var order = Assert.Single(await orders.OrdersOf(_customer));
        if (reply.Status == HttpStatusCode.ServiceUnavailable)
            await orders.Reaches(order.OrderId, OrderStatus.Rejected);
        else
            Assert.Equal(
                (HttpStatusCode.Created, OrderStatus.Placed), (reply.Status, (await orders.Get(order.OrderId)).Status));
        await Eventually.Holds("it is announced once", async () => (await orders.Announced(order.OrderId)).Count == 1);
    }
}
