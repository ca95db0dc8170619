using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CarShare.ServiceTests.Kernel;

/// <summary>
/// The smallest service there is: counts, per order, how often an event took effect, and publishes one event for each.
/// </summary>
public sealed class LedgerDb(DbContextOptions<LedgerDb> options) : DbContext(options)
{
    public DbSet<Entry> Entries => Set<Entry>();

    protected override void OnModelCreating(ModelBuilder model)
    {
        model.Entity<Entry>().ToTable("entries").HasKey(e => e.OrderId);
        model.AddMessaging();
    }
}

public sealed class Entry
{
    public Guid OrderId { get; init; }

    public int Effects { get; set; }

    public int LastNumber { get; set; }
}

/// <summary>
/// One replica of it. An <see cref="OrderCancelled"/> with the product id <see cref="Poison"/> is what its handler
/// cannot digest.
/// </summary>
public sealed class LedgerService : IAsyncDisposable
{
    /// <summary>As whom it calls the publishers.</summary>
    public const string Client = "payments";

    public static readonly Guid Poison = Guid.NewGuid();

    public static bool Cured { get; set; }

    readonly WebApplication _app;

    public LedgerService(
        string database, string broker, string publishers, IdentityServer identity,
        Action<ConsumerOptions>? options = null,
        IEnumerable<KeyValuePair<string, string?>>? settings = null, TimeProvider? clock = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.Configuration.AddInMemoryCollection([
            new("ConnectionStrings:ledgerdb", database),
            new("ConnectionStrings:kafka", broker), .. identity.Settings(Client), .. Topics.All.Select(t =>
                KeyValuePair.Create($"services:{Topics.SourceOf(t)}:http:0", (string?)publishers)), .. settings ?? []]);
        if (clock is not null) builder.Services.AddSingleton(clock);
        builder.AddServiceDefaults();
        builder.AddServiceDatabase<LedgerDb>("ledgerdb");
        builder.AddConsumer<LedgerDb>(
            "ledger", events => events.On<OrderCancelled>(Count).On<OrderReturned>(CountReturned), options);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapServiceDefaults();
        _app.MapMessaging();
    }

    public T Service<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    public Uri Address => new(_app.Urls.Single());

    public async Task<LedgerService> Start()
    {
        await _app.StartAsync();
        return this;
    }

    public async Task<T> Query<T>(Func<LedgerDb, Task<T>> query)
    {
        await using var scope = _app.Services.CreateAsyncScope();
        return await query(scope.ServiceProvider.GetRequiredService<LedgerDb>());
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    static async Task Count(OrderCancelled fact, EventContext<LedgerDb> context, CancellationToken ct)
    {
        if (fact.ProductId == Poison && !Cured) throw new InvalidOperationException("This one can't be digested.");
        await Add(context.Db, fact.OrderId, fact.Quantity, ct);
        context.Db.Publish(
            new PaymentRefunded(fact.OrderId, fact.CustomerId, fact.OccurredAt, Guid.CreateVersion7(), fact.Quantity));
    }

    static Task CountReturned(OrderReturned fact, EventContext<LedgerDb> context, CancellationToken ct) =>
        Add(context.Db, fact.OrderId, 0, ct);

    static Task<int> Add(LedgerDb db, Guid order, int number, CancellationToken ct) => db.Database.ExecuteSqlAsync(
        $"""
        INSERT INTO entries (order_id, effects, last_number) VALUES ({order}, 1, {number})
        ON CONFLICT (order_id) DO UPDATE SET effects = entries.effects + 1, last_number = {number}
        """, ct);
}
