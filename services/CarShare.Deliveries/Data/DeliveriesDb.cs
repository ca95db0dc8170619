using CarShare.Deliveries.Domain;
using CarShare.Messaging;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Deliveries.Data;

public sealed class DeliveriesDb(DbContextOptions<DeliveriesDb> options) : DbContext(options)
{
    /// <summary>Shadow property: the trace of the rental, for steps that no request takes.</summary>
    public const string TraceParent = nameof(TraceParent);

    public DbSet<Delivery> Deliveries => Set<Delivery>();

    protected override void OnModelCreating(ModelBuilder model)
    {
        model.Entity<Delivery>(delivery =>
        {
            delivery.ToTable("deliveries").HasKey(d => d.OrderId);
            delivery.Property(d => d.OrderId).ValueGeneratedNever();
            delivery.Property(d => d.CustomerId).HasMaxLength(100);
            delivery.Property(d => d.Address).HasMaxLength(200);
            delivery.Property(d => d.Vehicles).IsJson();
            delivery.Property(d => d.History).IsJson();
            delivery.Property(d => d.Status).HasConversion<string>().HasMaxLength(20);
            delivery.Property<string?>(TraceParent);
            delivery.Property<uint>("xmin").IsRowVersion();
            delivery.HasIndex(d => d.DeliveryId).IsUnique();
            delivery.HasIndex(d => new { d.CustomerId, d.DeliveryId });
            delivery.HasIndex(d => new { d.Status, d.ChangedAt }).HasFilter("status IN ('Preparing', 'Dispatched', 'Retrieving')").HasDatabaseName("ix_deliveries_under_way");
            delivery.HasIndex(d => d.Vehicles).HasMethod("gin").HasOperators("jsonb_path_ops").HasFilter(CarsElsewhere.Holding).HasDatabaseName("ix_deliveries_holding");
        });
        model.AddMessaging();
    }
}
