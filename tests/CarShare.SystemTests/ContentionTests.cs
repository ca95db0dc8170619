using System.Collections.Concurrent;
using System.Net;
using CarShare.Contracts;

namespace CarShare.SystemTests;

/// <summary>Many customers press at once.</summary>
[Collection(nameof(ManualSystem))]
public sealed class ContentionTests(ManualSystem system)
{
    // C15 C16 D6
    [Theory]
    [InlineData(10, 1, false)]
    [InlineData(10, 3, false)]
    [InlineData(10, 1, true)]
    public async Task A_thousand_orders_by_a_hundred_customers_for_ten_cars_rent_each_car_once(
        int cars, int quantity, bool named)
    {
        // On a machine too busy for its own payments an order may have to wait for one (202). That must be rare, and it
        // must not cost or give anybody a car.
        for (var round = 1; ; round++)
        {
            var counts = await Rush(cars, quantity, named);
            TestContext.Current.TestOutputHelper?.WriteLine(
                string.Join(", ", counts.Select(c => $"{(int)c.Key}: {c.Value}")));
            Assert.Empty(counts.Keys.Except([HttpStatusCode.Created, HttpStatusCode.Accepted, HttpStatusCode.Conflict,
                HttpStatusCode.ServiceUnavailable]));
            Assert.Equal(cars / quantity, counts.GetValueOrDefault(HttpStatusCode.Created)
                + counts.GetValueOrDefault(HttpStatusCode.Accepted));
            if (!counts.ContainsKey(HttpStatusCode.Accepted)) break;
            Assert.True(round < 3, "orders had to wait for their payment in each of three rushes");
        }
    }

    async Task<Dictionary<HttpStatusCode, int>> Rush(int cars, int quantity, bool named)
    {
        const decimal deposit = 1_000_000;
        var company = system.Operator();
        var product = await company.Registers(cars);
        var vehicles = await company.Vehicles(product.ProductId);
        var customers = Enumerable.Range(0, 100).Select(_ => system.Customer()).ToList();
        await Parallel.ForEachAsync(customers, new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (customer, _) => await customer.TopUp(deposit));

        var answers = new ConcurrentBag<HttpStatusCode>();
        await Task.WhenAll(Enumerable.Range(0, 1_000).Select(async n =>
        {
            // Held off for a moment is an answer that asks to come again; a customer does, under the same key.
            var key = Guid.NewGuid().ToString();
            for (var attempt = 0; attempt < 30; attempt++)
            {
                using var answer = await customers[n % 100].Order(
                    product.ProductId, quantity, vehicleId: named ? vehicles[n % cars].VehicleId : null, key: key);
                answers.Add(answer.StatusCode);
                if (answer.StatusCode != HttpStatusCode.ServiceUnavailable) break;
                using var heldOff = new PeriodicTimer(
                    answer.Headers.RetryAfter!.Delta!.Value * (attempt + Random.Shared.NextDouble() + 1));
                await heldOff.WaitForNextTickAsync();
            }
        }));

        Assert.Equal(cars % quantity, (await company.Product(product.ProductId)).Available);
        // A payment that came through after all places its order; one that did not gives its cars back when the order
        // expires.
        await Books.Balance(company, product.ProductId, customers, deposit, TimeSpan.FromSeconds(60));
        return answers.CountBy(a => a).ToDictionary();
    }

    // C17 D10
    [Fact]
    public async Task The_same_key_sent_fifty_times_at_once_is_one_order_and_fifty_equal_answers()
    {
        var product = await system.Operator().Registers(cars: 60);
        var alice = await system.Customer().TopUp(1_000_000);
        var key = Guid.NewGuid().ToString();

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            using var answer = await alice.Order(product.ProductId, key: key);
            return (answer.StatusCode, Location: answer.Headers.Location?.ToString(),
                Body: await answer.Content.ReadAsStringAsync());
        }));

        Assert.Equal(HttpStatusCode.Created, Assert.Single(answers.Distinct()).StatusCode);
        Assert.Single(await alice.Http.All<OrderDto>("/orders"));
        Assert.Equal(59, (await system.Operator().Product(product.ProductId)).Available);
        using var another = await alice.Order(product.ProductId, quantity: 2, key: key);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, another.StatusCode);
    }

    [Fact]
    public async Task A_client_that_hangs_up_does_not_undo_its_order()
    {
        var product = await system.Operator().Registers(cars: 5);
        var alice = await system.Customer().TopUp(100_000);
        var key = Guid.NewGuid().ToString();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(4));
            while (true) (await alice.Order(product.ProductId, quantity: 1, key: key, ct: impatient.Token)).Dispose();
        });

        using var again = await alice.Order(product.ProductId, key: key);

        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
        Assert.Single(await alice.Http.All<OrderDto>("/orders"));
        await Books.Balance(system.Operator(), product.ProductId, [alice], 100_000);
    }
}
