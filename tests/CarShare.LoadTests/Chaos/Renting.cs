using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using CarShare.Contracts;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Chaos;

/// <summary>What customers and the operator do, from the seed and the number of the order.</summary>
sealed class Renting(People people, PatientClient client, int orders, int seed)
{
    const int Customers = 200, Products = 10, CarsPerRequest = 100;
    const decimal Rate = 1_000, Deposit = 100_000_000;

    readonly List<Guid> _products = [];
    readonly ConcurrentQueue<Promise> _promises = new();

    /// <summary>What was answered, to be kept.</summary>
    public IReadOnlyCollection<Promise> Promises => _promises;

    public int Unanswered => _unanswered;

    int _unanswered;

    string Customer(int number) => $"chaos-{seed}-{number % Customers}";

    /// <summary>Cars for all, but not too many, and money.</summary>
    public async Task Prepare(CancellationToken ct)
    {
        var cars = Math.Clamp(orders / 50, 20, 400);
        for (var i = 0; i < Products; i++)
        {
            var tag = Guid.NewGuid().ToString("N")[..8];
            // the last one is always short of cars
            var plates = Enumerable.Range(1, i == Products - 1 ? 3 : cars).Select(n => $"{tag}-{n}").ToList();
            var product = await people.Operator.Needs<ProductDto>(HttpMethod.Post, "/stocks",
                new
                {
                    modelName = $"Chaos {tag}",
                    hourlyRate = Rate,
                    location = "Seoul depot",
                    plates = plates.Take(
                    CarsPerRequest)
                }, ct);
            foreach (var more in plates.Skip(CarsPerRequest).Chunk(CarsPerRequest))
                await people.Operator.Needs<JsonElement>(HttpMethod.Post, $"/stocks/{product.ProductId}/vehicles",
                    new { plates = more, location = "Seoul depot" }, ct);
            _products.Add(product.ProductId);
        }

        foreach (var customer in Enumerable.Range(0, Customers).Select(Customer))
            await people.Customer(customer)
                .Needs<DepositDto>(HttpMethod.Post, "/deposits", new { amount = Deposit }, ct);
    }

    /// <summary>Places one order and sees it through.</summary>
    public async Task Rent(int number, CancellationToken ct)
    {
        var random = new Random(HashCode(number));
        var isPoor = random.Next(20) == 0;
        var person = people.Customer(isPoor ? $"poor-{seed}-{number}" : Customer(random.Next(Customers)));
        var quantity = random.Next(10) == 0 ? random.Next(2, 5) : 1;
        var body = new
        {
            productId = _products[random.Next(Products)],
            quantity,
            hours = random.Next(
            1, 4),
            deliveryAddress = $"Seoul, Jung-gu {number}"
        };
        var key = Guid.NewGuid().ToString();
        var habit = random.Next(20);
        if (habit == 0)
        {
            await client.Try(
                person, HttpMethod.Post, "/orders", body, key, TimeSpan.FromMilliseconds(random.Next(1, 200)), ct);
            // some are never heard of again
            if (random.Next(2) == 0) return;
        }

        var first = client.Retry(person, HttpMethod.Post, "/orders", body, key, ct);
        if (habit == 1)
            await Same(first, client.Retry(person, HttpMethod.Post, "/orders", body, key, ct), client.Retry(
                person, HttpMethod.Post, "/orders", body, key, ct));
        if (await Decided(first) is not { Status: HttpStatusCode.Created or HttpStatusCode.Accepted } placed) return;

        var order = JsonSerializer.Deserialize<OrderDto>(placed.Body, Person.Json)!;
        _promises.Enqueue(
            new(order.OrderId, placed.Status == HttpStatusCode.Created ? Promised.Accepted : Promised.Known));
        if (placed.Status == HttpStatusCode.Accepted)
            await Decided(client.Retry(person, HttpMethod.Post, $"/orders/{order.OrderId}/payment", null, null, ct));
        switch (random.Next(20))
        {
            case < 6:
                await Task.Delay(random.Next(2_000), ct);
                if (await Decided(client.Retry(person, HttpMethod.Delete, $"/orders/{order.OrderId}", null, null, ct))
                    is { Status: HttpStatusCode.OK })
                    _promises.Enqueue(new(order.OrderId, Promised.Cancelled));
                break;
            case < 8 when order.Vehicles.Count > 0:
                await WriteOff(order, random, ct);
                break;
            case < 19:
                await Return(person, order, random, ct);
                break;
        }
    }

    /// <summary>Everybody who repeats a key hears of the same order.</summary>
    async Task Same(params Task<Decision?>[] answers)
    {
        var heard = (await Task.WhenAll(answers)).OfType<Decision>()
            .Where(d => d.Status is HttpStatusCode.Created or HttpStatusCode.Accepted)
            .Select(d => JsonSerializer.Deserialize<OrderDto>(d.Body, Person.Json)!.OrderId).Distinct().ToList();
        if (heard.Count > 1) foreach (var order in heard) _promises.Enqueue(new(order, Promised.Broken));
    }

    /// <summary>The operator finds the car broken; later it is repaired, so that cars do not run out.</summary>
    async Task WriteOff(OrderDto order, Random random, CancellationToken ct)
    {
        var car = $"/stocks/{order.ProductId}/vehicles/{order.Vehicles[0].VehicleId}";
        await Decided(client.Retry(people.Operator, HttpMethod.Patch, car, new { state = "Defective" }, null, ct));
        await Task.Delay(random.Next(3_000), ct);
        await Decided(client.Retry(people.Operator, HttpMethod.Patch, car, new { state = "Available" }, null, ct));
    }

    async Task Return(Person person, OrderDto order, Random random, CancellationToken ct)
    {
        // until it is handed over the answer is 409; some never are: they were cancelled for want of a car or money
        for (var i = 0; i < 30; i++)
        {
            await Task.Delay(random.Next(1_000, 3_000), ct);
            var answer = await Decided(client.Retry(person, HttpMethod.Post, $"/orders/{order.OrderId}/return",
                new { location = "Busan Station" }, null, ct));
            if (answer is not { Status: HttpStatusCode.Conflict })
            {
                if (answer?.Status == HttpStatusCode.OK) _promises.Enqueue(new(order.OrderId, Promised.Returned));
                return;
            }

            if (answer.Body.Contains(nameof(OrderStatus.Cancelled), StringComparison.Ordinal)) return;
        }
    }

    async Task<Decision?> Decided(Task<Decision?> insisting)
    {
        var decision = await insisting;
        if (decision is null) Interlocked.Increment(ref _unanswered);
        return decision;
    }

    // not System.HashCode, which differs from run to run
    int HashCode(int number) => unchecked(seed * 1_000_003 + number * 7_919);
}
