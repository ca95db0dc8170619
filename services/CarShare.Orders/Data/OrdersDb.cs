using CarShare.Messaging;
using CarShare.Orders.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CarShare.Orders.Data;

public sealed class OrdersDb(DbContextOptions<OrdersDb> options) : DbContext(options)
{
    public DbSet<Order> Orders => Set<Order>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Order>(Map);
        modelBuilder.AddMessaging();
    }

    static void Map(EntityTypeBuilder<Order> order)
    {
        order.ToTable("orders").HasKey(o => o.OrderId);
        order.Property(o => o.Xmin).IsRowVersion();
        order.Property(o => o.OrderId).ValueGeneratedNever();
        order.Property(o => o.CustomerId).HasMaxLength(100);
        order.Property(o => o.IdempotencyKey).HasMaxLength(100);
        order.Property(o => o.RequestHash).HasMaxLength(64);
        order.Property(o => o.DeliveryAddress).HasMaxLength(200);
        order.Property(o => o.ModelName).HasMaxLength(200);
        order.Property(o => o.Reason).HasMaxLength(100);
        order.Property(o => o.Status).HasConversion<string>().HasMaxLength(20);
        order.Property(o => o.HourlyRate).HasColumnType("numeric(14,0)");
        order.Property(o => o.Amount).HasColumnType("numeric(14,0)");
        order.Property(o => o.Vehicles).IsJson();
        order.Property(o => o.History).IsJson();
        order.HasIndex(o => new { o.CustomerId, o.IdempotencyKey }).IsUnique();
        order.HasIndex(o => new { o.CustomerId, o.OrderId }).IsDescending(false, true);
        order.HasIndex(o => o.CreatedAt).HasFilter("status = 'Pending'").HasDatabaseName("ix_orders_pending");
        order.HasIndex(o => o.ExpiresAt).HasFilter("status = 'AwaitingPayment'").HasDatabaseName("ix_orders_awaiting_payment");
    }

    /// <summary>For the tool that writes migrations, which has no configuration.</summary>
    sealed class Designer : IDesignTimeDbContextFactory<OrdersDb>
    {
        public OrdersDb CreateDbContext(string[] args) => new(new DbContextOptionsBuilder<OrdersDb>().UseNpgsql().Options);
    }
}
