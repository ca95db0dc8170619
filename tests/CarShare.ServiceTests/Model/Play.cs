using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using CarShare.ServiceTests.Stocks;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;

namespace CarShare.ServiceTests.Model;

/// <summary>One sequence of steps, made at the services and written down in the books.</summary>
sealed class Play(ThreeServices system)
{
    readonly Books _books = new();
    readonly List<Guid> _delivered = [];

    public async Task Run(IEnumerable<Step> steps)
    {
        await Eventually.Holds("there are cars to rent", async () =>
        {
            await Register(2, CancellationToken.None);
            return _books.Cars.Count > 0;
        });
        foreach (var customer in _books.Customers) await TopUp(new(customer, 500), CancellationToken.None);
        foreach (var step in steps) await Disturbed(step, ct => Make(step, ct));
        await Rest();
    }

    Task Make(Step step, CancellationToken ct)
    {
        var customer = _books.Customers[step.Who];
        return step.Act switch
        {
            Act.TopUp => TopUp(new(customer, step.HowMany * 100), ct),
            Act.Place => Place(
                new(customer, Pick(_books.Products, step), (step.HowMany + 1) / 2, 1 + step.HowMany % 2), ct),
            Act.Repeat => With(_books.Rentals, r => Place(r, ct)),
            Act.Cancel => With(_books.Rentals.Where(r => r.OrderId is not null), r => Cancel(r, ct)),
            Act.HandOver => With(_books.Rentals.Where(r => r.MayBeDelivered), HandOver),
            Act.Return => With(_books.Rentals.Where(r => r.IsHandedOver), r => Return(r, ct)),
            Act.Register => Register(1 + step.HowMany % 2, ct),
            Act.Retire => Retire(Pick(_books.Cars, step), ct),
            _ => Rest(),
        };

        Task With(IEnumerable<Rental> rentals, Func<Rental, Task> make) =>
            rentals.ToList() is { Count: > 0 } some ? make(Pick(some, step)) : Task.CompletedTask;
    }

    static T Pick<T>(IReadOnlyList<T> some, Step step) => some[step.Which % some.Count];

    async Task Disturbed(Step step, Func<CancellationToken, Task> make)
    {
        var neighbour = step.Which % 2 == 0 ? "stocks" : "payments";
        switch (step.Trouble)
        {
            case Trouble.CallerHangsUp:
                using (var caller = new CancellationTokenSource())
                {
                    var asked = system.Wires[neighbour].NextRequest();
                    var making = make(caller.Token);
                    await Task.WhenAny(making, asked);
                    await caller.CancelAsync();
                    await making;
                }

                break;
            case Trouble.StocksAway or Trouble.PaymentsAway:
                await Broken(step.Trouble == Trouble.StocksAway ? "stocks" : "payments", WireFault.Refuses);
                break;
            case Trouble.StocksAnswersLost or Trouble.PaymentsAnswersLost:
                await Broken(
                    step.Trouble == Trouble.StocksAnswersLost ? "stocks" : "payments", WireFault.LosesAnswers);
                break;
            case Trouble.StocksFrozen or Trouble.PaymentsFrozen:
                await Frozen(step.Trouble == Trouble.StocksFrozen ? "stocks" : "payments");
                break;
            case Trouble.OrdersKilled:
                await Killed("orders", system.Wires[neighbour]);
                break;
            case Trouble.StocksKilled or Trouble.PaymentsKilled:
                var service = step.Trouble == Trouble.StocksKilled ? "stocks" : "payments";
                await Killed(service, system.Wires[service]);
                break;
            default:
                await make(CancellationToken.None);
                if (step.Trouble == Trouble.ToldAgain) await TellAgain(step);
                break;
        }

        async Task Broken(string service, WireFault fault)
        {
            system.Wires[service].Fault = fault;
            try
            {
                await make(CancellationToken.None);
            }
            finally
            {
                system.Wires[service].Fault = WireFault.None;
            }
        }

        async Task Frozen(string service)
        {
            await system.Freeze(service);
            try
            {
                await make(CancellationToken.None);
            }
            finally
            {
                await system.GoOn(service);
            }
        }

        async Task Killed(string service, Wire when)
        {
            var asked = when.NextRequest();
            var making = make(CancellationToken.None);
            await Task.WhenAny(making, asked);
            await system.Kill(service);
            try
            {
                await making;
            }
            finally
            {
                await system.Start(service);
            }
        }
    }

    async Task TellAgain(Step step)
    {
        var ids = await _books.OrderIds(system);
        var keys = ids.ConvertAll(id => id.ToString());
        await using var orders = system.Orders;
        await using var payments = system.Payments;
        List<OutboxMessage> told =
        [
            .. await orders.Set<OutboxMessage>().Where(m => keys.Contains(m.Key)).OrderBy(m => m.Sequence)
                .ToListAsync(),
            .. await payments.Set<OutboxMessage>().Where(m => keys.Contains(m.Key)).OrderBy(m => m.Sequence)
                .ToListAsync(),
            .. system.Broker.Outbox.Where(m => keys.Contains(m.Key)),
        ];
        if (told.Count > 0) await system.TellAgain(Pick(told, step));
    }

    async Task TopUp(TopUp topUp, CancellationToken ct)
    {
        if (!_books.TopUps.Contains(topUp)) _books.TopUps.Add(topUp);
        var answer = await Ask(topUp.Customer, "payments", HttpMethod.Post, "/deposits", ct, new { topUp.Amount },
            topUp.Key);
        if (answer is null) return;
        Assert.Equal(HttpStatusCode.Created, answer.Status);
        topUp.IsSure = true;
    }

    async Task Place(Rental rental, CancellationToken ct)
    {
        if (!_books.Rentals.Contains(rental)) _books.Rentals.Add(rental);
        var isNew = rental is { OrderId: null, Answer: null };
        if (isNew) rental.Try();
        var answer = await Ask(rental.Customer, "orders", HttpMethod.Post, "/orders", ct, new
        {
            rental.ProductId,
            rental.Quantity,
            rental.Hours,
            deliveryAddress = "1 Sejong-daero, Seoul",
        }, rental.Key);
        if (answer is null)
        {
            if (isNew) rental.MayAlsoBecome(OrderStatus.Rejected, OrderStatus.Cancelled, OrderStatus.Placed);
            return;
        }

        if (rental.Answer is { } first) Assert.Equal(first, answer.Status);
        rental.Answer = answer.Status;
        if (answer.Order is { } order)
        {
            if (rental.OrderId is { } known) Assert.Equal(known, order.OrderId);
            Assert.Equal((rental.Price, rental.Quantity), (order.Amount, order.Vehicles.Count));
            (rental.OrderId, rental.Vehicles) = (order.OrderId, order.Vehicles);
        }

        if (isNew) _books.Answered(rental, answer.Status, answer.Problem);
    }

    async Task Cancel(Rental rental, CancellationToken ct)
    {
        var answer = await Ask(rental.Customer, "orders", HttpMethod.Delete, $"/orders/{rental.OrderId}", ct);
        if (answer is null)
        {
            if (rental.MayBeCancelled) rental.MayAlsoBecome(OrderStatus.Cancelled);
        }
        else if (answer.Status == HttpStatusCode.OK)
        {
            Assert.True(rental.MayBeCancelled, $"cancelled was {rental}");
            rental.Becomes(OrderStatus.Cancelled);
        }
        else
        {
            Assert.Equal("not-cancellable", answer.Problem);
            Assert.True(rental.MayBeUncancellable, $"not cancelled was {rental}");
        }
    }

    async Task HandOver(Rental rental)
    {
        (rental.IsHandedOver, var now) = (true, DateTimeOffset.UtcNow);
        rental.Becomes(OrderStatus.InUse);
        _delivered.Add(await system.Broker.Publish(new DeliveryDelivered(rental.OrderId!.Value, rental.Customer, now,
            rental.OrderId.Value, "1 Sejong-daero, Seoul", rental.Vehicles, now)));
    }

    async Task Return(Rental rental, CancellationToken ct)
    {
        var answer = await Ask(rental.Customer, "orders", HttpMethod.Post, $"/orders/{rental.OrderId}/return", ct,
            new { location = StocksFixture.Home });
        var mayBe = rental.Ends.Contains(OrderStatus.InUse) || rental.Ends.Contains(OrderStatus.Returned);
        if (answer is null)
        {
            if (mayBe) rental.MayAlsoBecome(OrderStatus.Returned);
        }
        else if (answer.Status == HttpStatusCode.OK)
        {
            Assert.True(mayBe, $"returned was {rental}");
            rental.Becomes(OrderStatus.Returned);
        }
        else
        {
            Assert.Equal("not-in-use", answer.Problem);
            Assert.False(rental is { IsSettled: true } && mayBe, $"not returned was {rental}");
        }
    }

    async Task Register(int cars, CancellationToken ct)
    {
        var answer = await Ask("operator", "stocks", HttpMethod.Post, "/stocks", ct, new
        {
            modelName = "Ioniq 5",
            hourlyRate = Rental.Rate,
            location = StocksFixture.Home,
            plates = Enumerable.Range(0, cars).Select(_ => StocksFixture.Plate()),
        });
        // One that nobody heard of is nobody's to rent.
        if (answer is null) return;
        Assert.Equal(HttpStatusCode.Created, answer.Status);
        var product = JsonSerializer.Deserialize<ProductDto>(answer.Body, ApiJson.Options)!.ProductId;
        await using var stocks = system.Stocks;
        _books.Cars.AddRange((await stocks.Vehicles.Where(v => v.ProductId == product).OrderBy(v => v.VehicleId)
            .Select(v => v.VehicleId).ToListAsync()).Select(id => new Car(id, product)));
    }

    async Task Retire(Car car, CancellationToken ct)
    {
        var answer = await Ask("operator", "stocks", HttpMethod.Delete,
            $"/stocks/{car.ProductId}/vehicles/{car.VehicleId}", ct);
        if (answer is null) car.IsRetired = car.IsRetired == true ? true : null;
        else if (answer.Status == HttpStatusCode.NoContent) car.IsRetired = true;
        else
        {
            Assert.Equal("vehicle-held", answer.Problem);
            Assert.Contains(_books.Rentals, r => r.ProductId == car.ProductId && r.MostHolding > 0);
            car.IsRetired = false;
        }
    }

    /// <summary>
    /// What is not known is asked once more, and what is known too: nothing becomes of that. Then all that follows has
    /// to come to an end.
    /// </summary>
    async Task Rest()
    {
        foreach (var topUp in _books.TopUps)
        {
            topUp.IsSure = false;
            await Eventually.Holds("a top-up is answered", async () =>
            {
                await TopUp(topUp, CancellationToken.None);
                return topUp.IsSure;
            });
        }

        foreach (var rental in _books.Rentals.Where(r => r.Answer is not null)) await Place(rental, default);
        foreach (var car in _books.Cars.Where(c => c.IsRetired is null))
            await Eventually.Holds("it is known whether a car is retired", async () =>
            {
                await Retire(car, CancellationToken.None);
                return car.IsRetired is not null;
            });
        await Stores.Rest(system, _books, _delivered);
    }

    /// <summary>The answer; null where nobody can tell what was done: none came, or 503.</summary>
    async Task<Told?> Ask(
        string user, string service, HttpMethod method, string path, CancellationToken ct, object? body = null,
        string? key = null)
    {
        using var http = system.As(user, service);
        // Longer than orders lets anybody wait; a neighbour that is frozen never answers.
        http.Timeout = TimeSpan.FromSeconds(service == "orders" ? 6 : 1.5);
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = JsonContent.Create(body);
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        try
        {
            using var answer = await http.SendAsync(request, ct);
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable) return null;
            return new(answer.StatusCode, await answer.Content.ReadAsStringAsync(ct));
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    sealed record Told(HttpStatusCode Status, string Body)
    {
        public OrderDto? Order => (int)Status < 300 && Body.Contains("orderId", StringComparison.Ordinal)
            ? JsonSerializer.Deserialize<OrderDto>(Body, ApiJson.Options) : null;

        public string? Problem => (int)Status < 300 ? null
            : JsonDocument.Parse(Body).RootElement.GetProperty("type").GetString()!.Split(':')[^1];
    }
}
