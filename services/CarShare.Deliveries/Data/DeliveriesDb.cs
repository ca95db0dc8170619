using CarShare.Deliveries.Domain;
using CarShare.Idempotency;
using CarShare.Messaging;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Deliveries.Data;

public sealed class DeliveriesDb(DbContextOptions<DeliveriesDb> options) : DbContext(options)
{
    /// <summary>Shadow property: the trace of the rental, for steps that no request takes.</summary>
    public const string TraceParent = nameof(TraceParent);

    public DbSet<Delivery> Deliveries => Set<Delivery>();

    public DbSet<CarUnderWay> CarsUnderWay => Set<CarUnderWay>();

    protected override void OnModelCreating(ModelBuilder model)
    {
        model.Entity<Delivery>(delivery =>
        {
            delivery.ToTable("deliveries").HasKey(d => d.OrderId);
            delivery.Property(d => d.OrderId).ValueGeneratedNever();
            delivery.Property(d => d.CustomerId).HasMaxLength(100);
            delivery.Property(d => d.Address).HasMaxLength(200);
            delivery.Property(d => d.Shipper).HasMaxLength(100);
            delivery.Ignore(d => d.IsUnderWay);
            delivery.Property(d => d.Vehicles).IsJson();
            delivery.Property(d => d.History).IsJson();
            delivery.Property(d => d.Status).HasConversion<string>().HasMaxLength(20);
            delivery.Property<string?>(TraceParent);
            delivery.Property<uint>("xmin").IsRowVersion();
            delivery.HasIndex(d => d.DeliveryId).IsUnique();
            delivery.HasIndex(d => new { d.CustomerId, d.DeliveryId });
            delivery.HasIndex(d => new { d.Status, d.DeliveryId }).HasDatabaseName("ix_deliveries_status");
            delivery.HasIndex(d => new { d.Status, d.ChangedAt }).HasDatabaseName("ix_deliveries_under_way")
                .HasFilter("status IN ('Preparing', 'Dispatched', 'Retrieving')");
        });
        model.Entity<CarUnderWay>(car =>
        {
            car.ToTable("cars_under_way").HasKey(c => c.VehicleId);
            car.Property(c => c.VehicleId).ValueGeneratedNever();
            car.HasIndex(c => c.OrderId).HasDatabaseName("ix_cars_under_way_order");
        });
        model.AddIdempotency();
        model.AddMessaging();
    }
}
