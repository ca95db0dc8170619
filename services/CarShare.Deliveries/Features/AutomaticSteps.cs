using System.Diagnostics;
using CarShare.Contracts;
using CarShare.Deliveries.Data;
using CarShare.Deliveries.Domain;
using CarShare.Deliveries.Events;
using CarShare.Messaging;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CarShare.Deliveries.Features;

/// <summary>
/// Takes the operators' steps for them after a while. Replicas pass over each other's rows (SKIP LOCKED); a row's status is checked under its lock, so
/// a step meets a cancellation in one order or the other and never half-way.
/// </summary>
sealed partial class AutomaticSteps(IServiceScopeFactory scopes, IOptions<DeliveriesOptions> options, TimeProvider clock, ILogger<AutomaticSteps> logger)
    : BackgroundService
{
    const int BatchSize = 200;
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    static readonly ActivitySource Activities = new("CarShare.Deliveries");

    sealed record AutomaticStep(DeliveryStatus From, TimeSpan After, Func<Delivery, DateTimeOffset, BrokenRule?> Take, string Except = "")
    {
        public string Due { get; } =
            $$"""
            SELECT d.*, d.xmin FROM deliveries AS d
            WHERE d.status = '{{From}}' AND d.changed_at <= {0} {{Except}}
            ORDER BY d.changed_at LIMIT {{BatchSize}} FOR UPDATE OF d SKIP LOCKED
            """;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var steps = Configured().ToList();
        if (steps.Count == 0) return;

        using var timer = new PeriodicTimer(Pause, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                foreach (var step in steps)
                {
                    while (await TakeDue(step, stoppingToken) == BatchSize) { }
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Postponed(logger, e);
            }
        }
    }

    IEnumerable<AutomaticStep> Configured()
    {
        if (options.Value.AutoDispatchAfter is { Ticks: >= 0 } dispatch)
            yield return new(DeliveryStatus.Preparing, dispatch, (d, at) => d.Dispatch(carsAreElsewhere: false, at), $"AND NOT {CarsElsewhere.Condition}");
        if (options.Value.AutoCompleteAfter is { Ticks: >= 0 } complete)
            yield return new(DeliveryStatus.Dispatched, complete, (d, at) => d.Complete(at));
        if (options.Value.AutoRetrieveAfter is { Ticks: >= 0 } retrieve)
            yield return new(DeliveryStatus.Retrieving, retrieve, (d, at) => d.Retrieved(at));
    }

    async Task<int> TakeDue(AutomaticStep step, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<DeliveriesDb>();
        return await db.InTransaction(async token =>
        {
            var now = clock.GetUtcNow();
            var due = await db.Deliveries.FromSqlRaw(step.Due, now - step.After).ToListAsync(token);
            foreach (var delivery in due)
            {
                // the rental's trace goes on where its order came in
                using var activity = Activities.StartActivity($"delivery {step.From} automatic step", ActivityKind.Internal,
                    db.Entry(delivery).Property<string?>(DeliveriesDb.TraceParent).CurrentValue);
                if (step.Take(delivery, now) is { } broken) throw new InvalidOperationException(broken.Sentence);
                db.Announce(delivery);
            }

            return due.Count;
        }, ct);
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Automatic steps are postponed")]
        public static partial void Postponed(ILogger logger, Exception error);
    }
}
