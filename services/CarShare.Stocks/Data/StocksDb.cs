using CarShare.Contracts;
using CarShare.Idempotency;
using CarShare.Messaging;
using CarShare.Stocks.Domain;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Stocks.Data;

public sealed class StocksDb(DbContextOptions<StocksDb> options) : DbContext(options)
{
    public DbSet<Product> Products => Set<Product>();
    public DbSet<Vehicle> Vehicles => Set<Vehicle>();
    public DbSet<StockOrder> Orders => Set<StockOrder>();
    public DbSet<Reservation> Reservations => Set<Reservation>();

    protected override void OnModelCreating(ModelBuilder model)
    {
        model.Entity<Product>(table =>
        {
            table.ToTable("products").HasKey(p => p.ProductId);
            table.Property(p => p.ProductId).ValueGeneratedNever();
            table.Property(p => p.ModelName).HasMaxLength(200);
            table.Property(p => p.HourlyRate).HasColumnType("numeric(14,0)");
            table.Property(p => p.Location).HasMaxLength(200);
            table.Property(p => p.Edition).HasDefaultValue(0);
            table.Property(p => p.ShownLocation).HasMaxLength(200);
            table.Property(p => p.Places).HasDefaultValueSql("'{}'");
            table.HasIndex(p => p.Places).HasMethod("gin").HasDatabaseName("ix_products_places");
            table.HasIndex(p => new { p.HourlyRate, p.ProductId }).HasDatabaseName("ix_products_price");
            table.HasIndex(p => p.ProductId, "ix_products_with_cars")
                .HasFilter("published_available > 0 AND retired_at IS NULL");
            table.HasIndex(p => p.ProductId, "ix_products_without_cars")
                .HasFilter("published_available = 0 AND retired_at IS NULL");
        });
        model.Entity<Vehicle>(table =>
        {
            table.ToTable("vehicles", t =>
            {
                t.HasCheckConstraint("ck_vehicles_state", "state IN ('Available', 'InUse', 'Defective', 'Retired')");
                t.HasCheckConstraint("ck_vehicles_in_use_is_held", "state <> 'InUse' OR order_id IS NOT NULL");
                t.HasCheckConstraint("ck_vehicles_holder_is_last", "order_id IS NULL OR order_id = last_order_id");
            }).HasKey(v => v.VehicleId);
            table.Property(v => v.VehicleId).ValueGeneratedNever();
            table.Property(v => v.Plate).HasMaxLength(20);
            table.Property(v => v.Location).HasMaxLength(200);
            table.Property(v => v.State).HasConversion<string>().HasMaxLength(20);
            table.Property(v => v.Xmin).IsRowVersion();
            table.Ignore(v => v.IsFree);
            table.Ignore(v => v.ShownState);
            table.HasOne<Product>().WithMany(p => p.Vehicles).HasForeignKey(v => v.ProductId)
                .OnDelete(DeleteBehavior.Restrict);
            table.HasOne<StockOrder>().WithMany(o => o.Vehicles).HasForeignKey(v => v.LastOrderId)
                .OnDelete(DeleteBehavior.Restrict);
            table.HasIndex(v => v.Plate).IsUnique().HasDatabaseName("ux_vehicles_plate");
            // As it is compared; null for a car of before whose plate another one has in another spelling.
            table.Property<string?>("PlateKey");
            table.HasIndex("PlateKey").IsUnique().HasDatabaseName("ux_vehicles_plate_key");
            table.HasIndex(v => new { v.ProductId, v.VehicleId }).HasDatabaseName("ix_vehicles_product");
            // The place is in it, so that counting by place reads the index alone.
            table.HasIndex(v => new { v.ProductId, v.VehicleId }, "ix_vehicles_free_by_place")
                .HasFilter("order_id IS NULL AND state = 'Available'").IncludeProperties(v => v.Location);
            table.HasIndex(v => new { v.ProductId, v.State, v.VehicleId }, "ix_vehicles_not_free")
                .HasFilter("order_id IS NOT NULL OR state <> 'Available'");
            table.HasIndex(v => v.LastOrderId).HasFilter("last_order_id IS NOT NULL")
                .HasDatabaseName("ix_vehicles_last_order");
        });
        model.Entity<StockOrder>(table =>
        {
            table.ToTable("stock_orders").HasKey(o => o.OrderId);
            table.Property(o => o.OrderId).ValueGeneratedNever();
            table.Property(o => o.Revision).HasDefaultValue(0);
            table.Property(o => o.ModelName).HasMaxLength(200);
            table.Property(o => o.HourlyRate).HasColumnType("numeric(14,0)");
            table.Property(o => o.Xmin).IsRowVersion();
            table.Ignore(o => o.Held);
            table.HasMany(o => o.Reservations).WithOne().HasForeignKey(r => r.OrderId)
                .OnDelete(DeleteBehavior.Restrict);
        });
        model.Entity<Reservation>(table =>
        {
            table.ToTable("reservations").HasKey(r => new { r.OrderId, r.VehicleId, r.Revision });
            table.HasOne<Vehicle>().WithMany().HasForeignKey(r => r.VehicleId).OnDelete(DeleteBehavior.Restrict);
            // No car twice, whatever the code does.
            table.HasIndex(r => r.VehicleId).IsUnique().HasFilter("released_at IS NULL")
                .HasDatabaseName("ux_reservations_open");
        });
        model.AddIdempotency();
        model.AddMessaging();
    }
}
