using System.Diagnostics;
using CarShare.Contracts;
using CarShare.Deliveries.Data;
using CarShare.Deliveries.Domain;
using CarShare.Deliveries.Events;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CarShare.Deliveries.Features;

/// <summary>
/// Takes the operators' steps for them after a while. Replicas pass over each other's rows (SKIP LOCKED); a row's
/// status is checked under its lock, so a step meets a cancellation in one order or the other and never half-way.
/// </summary>
sealed class AutomaticSteps(IServiceScopeFactory scopes, IOptions<DeliveriesOptions> options, Supervisor supervisor,
    TimeProvider clock)
    : BackgroundService
{
    const int BatchSize = 200;
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    static readonly ActivitySource Activities = new("CarShare.Deliveries");

    /// <summary>What is done with those that are due; answers which of them took the step.</summary>
    delegate Task<IEnumerable<Delivery>> Transition(DeliveriesDb db, List<Delivery> due, DateTimeOffset now,
        CancellationToken ct);

    sealed record AutomaticStep(DeliveryStatus From, TimeSpan After, Transition Apply, string Only = "TRUE")
    {
        public string Due { get; } =
            $$"""
            SELECT d.*, d.xmin FROM deliveries AS d
            WHERE d.status = '{{From}}' AND d.changed_at <= {0} AND {{Only}}
            ORDER BY d.changed_at LIMIT {{BatchSize}} FOR UPDATE OF d SKIP LOCKED
            """;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var steps = Configured().ToList();
        return steps.Count == 0 ? Task.CompletedTask : supervisor.Every(Pause, "Automatic steps", async ct =>
        {
            foreach (var step in steps)
                while (await ApplyToDue(step, ct) == BatchSize) { }
        }, stoppingToken);
    }

    IEnumerable<AutomaticStep> Configured()
    {
        if (options.Value.AutoDispatchAfter is { Ticks: >= 0 } dispatch)
            yield return new(DeliveryStatus.Preparing, dispatch, Dispatch, CarsUnderWay.AreAllHere);
        if (options.Value.AutoCompleteAfter is { Ticks: >= 0 } complete)
            yield return new(DeliveryStatus.Dispatched, complete, (_, due, now, _) =>
                Task.FromResult(Step(due, d => d.Complete(now))));
        if (options.Value.AutoRetrieveAfter is { Ticks: >= 0 } retrieve)
            yield return new(DeliveryStatus.Retrieving, retrieve, async (db, due, now, ct) =>
            {
                await db.ReleaseCars([.. due.Select(d => d.OrderId)], ct);
                return Step(due, d => d.Retrieved(now));
            });
    }

    /// <summary>Two that are due for one car both pass the look before; only one gets it.</summary>
    async Task<IEnumerable<Delivery>> Dispatch(DeliveriesDb db, List<Delivery> due, DateTimeOffset now,
        CancellationToken ct)
    {
        var haveCars = await db.AcquireCars(due, ct);
        return Step(due.Where(d => haveCars.Contains(d.OrderId)), d =>
            d.Dispatch(hasItsCars: true, options.Value.Shipper, now));
    }

    static IEnumerable<Delivery> Step(IEnumerable<Delivery> due, Func<Delivery, Refusal?> step) =>
        due.Select(delivery =>
        step(delivery) is { } broken ? throw new InvalidOperationException(broken.Sentence) : delivery);

    async Task<int> ApplyToDue(AutomaticStep step, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<DeliveriesDb>();
        return await db.InTransaction(async token =>
        {
            var now = clock.GetUtcNow();
            var due = await db.Deliveries.FromSqlRaw(step.Due, now - step.After).ToListAsync(token);
            if (due.Count == 0) return 0;
            foreach (var delivery in await step.Apply(db, due, now, token))
            {
                // the rental's trace goes on where its order came in
                var trace = db.Entry(delivery).Property<string?>(DeliveriesDb.TraceParent).CurrentValue;
                using var activity =
                    Activities.StartActivity($"delivery {step.From} automatic step", ActivityKind.Internal, trace);
                db.Announce(delivery);
            }

            return due.Count;
        }, ct);
    }
}
