using System.Runtime.CompilerServices;
using CarShare.Messaging;
using CarShare.Orders.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Metadata;
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
        order.Property(o => o.ContactName).HasMaxLength(200);
        order.Property(o => o.ContactPhone).HasMaxLength(200);
        order.Property(o => o.ContactEmail).HasMaxLength(200);
        order.Property(o => o.ModelName).HasMaxLength(200);
        order.Property(o => o.Reason).HasMaxLength(100);
        order.Property(o => o.Status).HasConversion<string>().HasMaxLength(20);
        order.Property(o => o.HourlyRate).HasColumnType("numeric(14,0)");
        order.Property(o => o.Amount).HasColumnType("numeric(14,0)");
        order.Property(o => o.Vehicles).IsJson();
        order.Property(o => o.History).IsJson();
        // By the clock all processes share.
        order.Property(o => o.CreatedAt).HasDefaultValueSql("now()");
        order.Property(o => o.NextPaymentAt).HasDefaultValueSql("now()");
        order.HasIndex(o => new { o.CustomerId, o.IdempotencyKey }).IsUnique();
        order.HasIndex(o => new { o.CustomerId, o.OrderId }).IsDescending(false, true);
        order.HasIndex(o => new { o.Status, o.OrderId }).IsDescending(false, true).IsCreatedConcurrently();
        // By plate they are found in order_plates, which a trigger keeps.
        order.HasIndex(o => o.CreatedAt).HasFilter("status = 'Pending'").HasDatabaseName("ix_orders_pending");
        order.HasIndex(o => o.ExpiresAt).HasFilter("status = 'AwaitingPayment'")
            .HasDatabaseName("ix_orders_awaiting_payment");
        order.HasIndex(o => o.NextPaymentAt).HasFilter("status = 'AwaitingPayment'")
            .HasDatabaseName("ix_orders_next_payment")
            .IsCreatedConcurrently();
        order.HasIndex(o => o.CustomerId).HasFilter(Unpaid).HasDatabaseName("ix_orders_unpaid").IsCreatedConcurrently();
        order.HasIndex(o => new { o.CustomerId, o.CreatedAt }).HasFilter(Declined).HasDatabaseName("ix_orders_declined")
            .IsCreatedConcurrently();
        foreach (var property in order.Metadata.GetProperties().Where(p => IsInitOnly(p) && !p.IsPrimaryKey()))
            property.SetAfterSaveBehavior(PropertySaveBehavior.Throw);
    }

    internal const string Unpaid = "status IN ('Pending', 'AwaitingPayment')";
    internal const string Declined = "status = 'Rejected' AND reason = 'payment-declined'";

    static bool IsInitOnly(IMutableProperty property) =>
        property.PropertyInfo?.SetMethod?.ReturnParameter.GetRequiredCustomModifiers()
            .Contains(typeof(IsExternalInit)) == true;

    /// <summary>For the tool that writes migrations, which has no configuration.</summary>
    sealed class Designer : IDesignTimeDbContextFactory<OrdersDb>
    {
        public OrdersDb CreateDbContext(string[] args) =>
            new(new DbContextOptionsBuilder<OrdersDb>().UseNpgsql().Options);
    }
}
