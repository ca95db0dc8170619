using System.Collections.Concurrent;
using System.Net;
using CarShare.Contracts;
using CarShare.Tests;

namespace CarShare.SystemTests;

/// <summary>
/// Entitlement before effect: an attacker who can't pay, beside an honest customer whose success is counted.
/// </summary>
[Collection(nameof(ManualSystem))]
public sealed class AttackTests(ManualSystem system)
{
    static readonly TimeSpan AttackPace = TimeSpan.FromMilliseconds(25), HonestPace = TimeSpan.FromMilliseconds(100);

    // Without money at all, and with enough for one hour of one car.
    [Theory]
    [InlineData(0)]
    [InlineData(1_000)]
    public async Task Forty_orders_a_second_of_twenty_cars_without_the_money_take_no_car_from_anybody(int deposit)
    {
        const int rentals = 50;
        var product = await system.Operator().RegistersMany(cars: rentals);
        var (attacker, honest) = (system.Customer(), await system.Customer().TopUp(1_000_000));
        if (deposit > 0) await attacker.TopUp(deposit);
        using var end = new CancellationTokenSource();
        var answers = new ConcurrentBag<HttpStatusCode>();
        var attack = Attack(attacker, product.ProductId, answers, end.Token);

        var placed = 0;
        using var pace = new PeriodicTimer(HonestPace);
        for (var i = 0; i < rentals && await pace.WaitForNextTickAsync(); i++)
        {
            using var answer = await honest.Order(product.ProductId, hours: 1);
            if (answer.StatusCode == HttpStatusCode.Created) placed++;
        }

        await end.CancelAsync();
        await attack;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"honest: {placed} of {rentals}; attacker: "
            + $"{string.Join(", ", answers.CountBy(answer => (int)answer).Select(a => $"{a.Key}: {a.Value}"))}");
        Assert.Equal(rentals, placed);
        // 409: several at once, of which the first still hold the customer's share.
        Assert.Empty(
            answers.Except([HttpStatusCode.PaymentRequired, HttpStatusCode.Conflict, HttpStatusCode.TooManyRequests]));
        Assert.InRange((await attacker.Http.All<OrderDto>("/orders")).Count, 1, 10);
    }

    [Fact]
    public async Task While_payments_hangs_nobody_holds_many_cars_and_when_it_is_back_who_can_pay_has_one()
    {
        const int cars = 100;
        var product = await system.Operator().RegistersMany(cars);
        var (attacker, honest) = (system.Customer(), await system.Customer().TopUp(10_000));
        await system.Signal("payments", "STOP");
        OrderDto waiting;
        try
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
            {
                using var answer = await attacker.Order(product.ProductId, quantity: 20);
                return answer.StatusCode;
            }));
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"attacker: {string.Join(", ", answers.Select(answer => (int)answer))}");
            Assert.Single(answers, HttpStatusCode.Accepted);
            Assert.Equal(4, answers.Count(answer => answer == HttpStatusCode.Conflict));
            using var held = await honest.Order(product.ProductId);
            Assert.Equal(HttpStatusCode.Accepted, held.StatusCode);
            waiting = await held.Read<OrderDto>();
        }
        finally
        {
            await system.Signal("payments", "CONT");
        }

        await honest.SeesOnPage(
            waiting.OrderId, "paid and accepted",
            page => page is
            {
                PaymentStatus: PaymentStatus.Approved, OrderStatus: OrderStatus.Placed
                or OrderStatus.Preparing
            }, TimeSpan.FromSeconds(20));
        await Eventually.Holds(
            "the attacker holds no car any more",
            async () => (await system.Operator().Product(product.ProductId)).Available == cars - 1,
            TimeSpan.FromSeconds(20));
        await Books.Balance(system.Operator(), product.ProductId, [honest], 10_000);
    }

    static async Task Attack(
        Customer attacker, Guid productId, ConcurrentBag<HttpStatusCode> answers, CancellationToken end)
    {
        using var pace = new PeriodicTimer(AttackPace);
        var sent = new List<Task>();
        while (!end.IsCancellationRequested)
        {
            sent.Add(Send());
            await pace.WaitForNextTickAsync(CancellationToken.None);
        }

        await Task.WhenAll(sent);

        async Task Send()
        {
            using var answer = await attacker.Order(productId, quantity: 20, ct: CancellationToken.None);
            answers.Add(answer.StatusCode);
        }
    }
}
