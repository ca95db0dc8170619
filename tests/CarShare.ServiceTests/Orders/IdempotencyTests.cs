using System.Net;
using CarShare.Contracts;
using CarShare.Tests;
using static CarShare.ServiceTests.Orders.OrdersFixture;

namespace CarShare.ServiceTests.Orders;

/// <summary>The same request again, at any moment of the first one.</summary>
[Collection(OrdersCollection.Name)]
public sealed class IdempotencyTests(OrdersFixture orders)
{
    readonly string _customer = Customer();
    readonly Guid _product = Guid.CreateVersion7();
    readonly string _key = Guid.NewGuid().ToString();

    [Fact]
    public async Task Fifty_equal_requests_at_once_are_one_order_and_fifty_equal_answers()
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => orders.Place(_customer, _product, _key)));

        Assert.Equal(HttpStatusCode.Created, replies[0].Status);
        Assert.All(replies, reply => Assert.Equal(replies[0], reply));
        var order = Assert.Single(await orders.OrdersOf(_customer));
        Assert.Equal(["placed"], await orders.Announced(order.OrderId));
    }

    [Fact]
    public async Task A_repeat_gets_the_first_answer_word_for_word_whatever_became_of_the_order()
    {
        var first = await orders.Place(_customer, _product, _key);
        await orders.Send(_customer, HttpMethod.Delete, $"/orders/{first.Order.OrderId}");
        Assert.Equal(first, await orders.Place(_customer, _product, _key));
    }

    [Fact]
    public async Task A_repeat_of_an_order_that_was_put_off_stays_202_when_it_is_paid()
    {
        orders.Neighbours.Pay(_customer, NeighbourStub.Dead);
        var first = await orders.Place(_customer, _product, _key);
        orders.Neighbours.Pay(_customer, (_, id, _) => Task.FromResult(NeighbourStub.Approved(id)));
        Assert.Equal(HttpStatusCode.OK,
            (await orders.Send(_customer, HttpMethod.Post, $"/orders/{first.Order.OrderId}/payment")).Status);

        var repeat = await orders.Place(_customer, _product, _key);
        Assert.Equal(HttpStatusCode.Accepted, repeat.Status);
        Assert.Equal(first, repeat);
    }

    [Fact]
    public async Task The_key_with_another_body_is_422_and_with_another_customer_a_new_order()
    {
        await orders.Place(_customer, _product, _key);
        var other = await orders.Place(_customer, _product, _key, hours: 4);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "idempotency-key-reused"), (other.Status, other.Code));
        Assert.Single(await orders.OrdersOf(_customer));
        Assert.Equal(HttpStatusCode.Created, (await orders.Place(Customer("bob"), _product, _key)).Status);
    }

    [Fact]
    public async Task An_order_whose_process_died_is_finished_by_the_repeat()
    {
        var id = await orders.LeftBehind(_customer, _product, _key);
        var replies = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => orders.Place(_customer, _product, _key)));

        Assert.All(replies, reply => Assert.Equal(replies[0], reply));
        Assert.Equal((HttpStatusCode.Created, id), (replies[0].Status, replies[0].Order.OrderId));
        Assert.Equal(["placed"], await orders.Announced(id));
        Assert.Single(orders.Neighbours.Reservations, r => r.OrderId == id);
    }

    [Fact] // the dead process may have sent a reservation that has not arrived yet
    public async Task A_repeat_that_finds_no_car_announces_the_refusal()
    {
        var id = await orders.LeftBehind(_customer, _product, _key);
        orders.Neighbours.Stocks(_product, NeighbourStub.Problem(409, "out-of-stock"));
        Assert.Equal("out-of-stock", (await orders.Place(_customer, _product, _key)).Code);
        Assert.Equal(["rejected"], await orders.Announced(id));
    }

    [Fact]
    public async Task A_repeat_overtakes_a_slow_attempt_and_both_answer_the_same()
    {
        var (calls, release) = (0, new TaskCompletionSource());
        orders.Neighbours.Pay(_customer, async (_, id, _) =>
        {
            if (Interlocked.Increment(ref calls) == 1) await release.Task;
            return NeighbourStub.Approved(id);
        });
        var slow = orders.Place(_customer, _product, _key);
        await Eventually.Holds("the payment is asked for", () => Task.FromResult(Volatile.Read(ref calls) == 1));
        var repeat = await orders.Place(_customer, _product, _key);
        release.SetResult();

        Assert.Equal(HttpStatusCode.Created, repeat.Status);
        Assert.Equal(repeat, await slow);
        Assert.Equal(["placed"], await orders.Announced(repeat.Order.OrderId));
    }

    [Fact]
    public async Task A_slow_attempt_that_pays_after_the_repeat_put_the_order_off_places_it_and_repeats_the_answer()
    {
        var (calls, release) = (0, new TaskCompletionSource());
        orders.Neighbours.Pay(_customer, async (_, id, _) =>
        {
            if (Interlocked.Increment(ref calls) > 1) return NeighbourStub.Dead;
            await release.Task;
            return NeighbourStub.Approved(id);
        });
        var slow = orders.Place(_customer, _product, _key);
        await Eventually.Holds("the payment is asked for", () => Task.FromResult(Volatile.Read(ref calls) == 1));
        var repeat = await orders.Place(_customer, _product, _key);
        release.SetResult();

        Assert.Equal(HttpStatusCode.Accepted, repeat.Status);
        Assert.Equal(repeat, await slow);
        Assert.Equal(OrderStatus.Placed, (await orders.Get(repeat.Order.OrderId)).Status);
        Assert.Equal(["awaitingpayment", "placed"], await orders.Announced(repeat.Order.OrderId));
    }

    [Fact] // 503 is no answer: the order is closed everywhere and the key is free
    public async Task An_attempt_that_runs_out_of_time_is_rejected_and_may_be_tried_afresh()
    {
        var hurried = await orders.StartReplica(("Orders:RequestDeadline", "00:00:00.3"));
        orders.Neighbours.Pay(_customer, (http, _, _) => NeighbourStub.Silence(http));
        using var client = orders.As(_customer, hurried);
        using var request = new HttpRequestMessage(
            HttpMethod.Post, "/orders")
        { Content = System.Net.Http.Json.JsonContent.Create(Body(_product)) };
        request.Headers.Add("Idempotency-Key", _key);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.SendAsync(request)).StatusCode);

        var order = Assert.Single(await orders.OrdersOf(_customer));
        Assert.Equal((OrderStatus.Rejected, null), (order.Status, order.IdempotencyKey));
        Assert.Equal(["rejected"], await orders.Announced(order.OrderId));
        orders.Neighbours.Pay(_customer, (_, id, _) => Task.FromResult(NeighbourStub.Approved(id)));
        Assert.Equal(HttpStatusCode.Created, (await orders.Place(_customer, _product, _key)).Status);
    }

    [Fact]
    public async Task A_client_that_hangs_up_does_not_undo_its_order()
    {
        var (asked, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        orders.Neighbours.Pay(_customer, async (_, id, _) =>
        {
            asked.TrySetResult();
            await release.Task;
            return NeighbourStub.Approved(id);
        });
        using var hangUp = new CancellationTokenSource();
        var call = orders.Place(_customer, _product, _key, ct: hangUp.Token);
        await asked.Task;
        await hangUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        release.SetResult();

        await orders.Reaches(Assert.Single(await orders.OrdersOf(_customer)).OrderId, OrderStatus.Placed);
        Assert.Equal(HttpStatusCode.Created, (await orders.Place(_customer, _product, _key)).Status);
    }

    [Fact] // C29: a process frozen across the sweep wakes with the money taken and must not place
    public async Task An_attempt_that_wakes_behind_the_sweep_answers_that_the_order_is_closed()
    {
        orders.Neighbours.Pay(_customer, async (_, id, _) =>
        {
            await orders.Age(id);
            await orders.Reaches(id, OrderStatus.Cancelled);
            return NeighbourStub.Approved(id);
        });
        var reply = await orders.Place(_customer, _product, _key);

        Assert.Equal((HttpStatusCode.Conflict, "order-closed"), (reply.Status, reply.Code));
        var order = Assert.Single(await orders.OrdersOf(_customer));
        Assert.Equal((OrderStatus.Cancelled, "Abandoned"), (order.Status, order.Reason));
        Assert.Equal(["cancelled"], await orders.Announced(order.OrderId));
        Assert.Equal("order-closed", (await orders.Place(_customer, _product, _key)).Code);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_neighbour_that_closed_the_order_ends_the_attempt(bool atStocks)
    {
        async Task<Microsoft.AspNetCore.Http.IResult> CloseFirst(Guid id)
        {
            await orders.Send(_customer, HttpMethod.Delete, $"/orders/{id}");
            return NeighbourStub.Problem(409, "order-closed");
        }

        if (atStocks) orders.Neighbours.Stocks(_product, (_, id, _) => CloseFirst(id));
        else orders.Neighbours.Pay(_customer, (_, id, _) => CloseFirst(id));
        Assert.Equal("order-closed", (await orders.Place(_customer, _product, _key)).Code);
        Assert.Equal(["cancelled"], await orders.Announced(Assert.Single(await orders.OrdersOf(_customer)).OrderId));
    }

    [Fact]
    public async Task Many_equal_requests_while_stocks_is_away_all_hear_503_and_the_key_is_free()
    {
        orders.Neighbours.Stocks(_product, NeighbourStub.Dead);
        var replies = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => orders.Place(_customer, _product, _key)));
        Assert.All(replies, reply => Assert.Equal(HttpStatusCode.ServiceUnavailable, reply.Status));
        Assert.All(await orders.OrdersOf(_customer), order =>
            Assert.Equal((OrderStatus.Rejected, null), (order.Status, order.IdempotencyKey)));
    }
}
