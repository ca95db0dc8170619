using CarShare.Messaging;
using CarShare.Notifications.Domain;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Notifications.Data;

public sealed class NotificationsDb(DbContextOptions<NotificationsDb> options) : DbContext(options)
{
    public DbSet<Notification> Notifications => Set<Notification>();

    public DbSet<Rental> Rentals => Set<Rental>();

    public DbSet<Recipient> Recipients => Set<Recipient>();

    protected override void OnModelCreating(ModelBuilder model)
    {
        model.Entity<Notification>(notification =>
        {
            notification.ToTable("notifications").HasKey(n => n.NotificationId);
            notification.Property(n => n.NotificationId).ValueGeneratedNever();
            notification.Property(n => n.CustomerId).HasMaxLength(100);
            notification.Property(n => n.Kind).HasMaxLength(50);
            notification.Property(n => n.TextKo).HasMaxLength(1000);
            notification.Property(n => n.TextEn).HasMaxLength(1000);
            notification.HasMany(n => n.Channels).WithOne().HasForeignKey("NotificationId")
                .OnDelete(DeleteBehavior.Restrict);
            notification.HasIndex(n => new { n.CustomerId, n.NotificationId });
        });
        model.Entity<Dispatch>(dispatch =>
        {
            dispatch.ToTable("notification_channels").HasKey("NotificationId", nameof(Dispatch.Name));
            dispatch.Property(d => d.Name).HasMaxLength(20);
            dispatch.Property(d => d.Status).HasConversion<string>().HasMaxLength(20);
            dispatch.Property(d => d.LastError).HasMaxLength(500);
            dispatch.HasIndex(d => new { d.Name, d.NextAttemptAt }).HasFilter("status = 'Pending'")
                .HasDatabaseName("ix_notification_channels_due");
        });
        model.Entity<Rental>(rental =>
        {
            rental.ToTable("rentals").HasKey(r => r.OrderId);
            rental.Property(r => r.OrderId).ValueGeneratedNever();
            rental.Property(r => r.CustomerId).HasMaxLength(100);
            rental.Property(r => r.Waiting).IsJson();
        });
        model.Entity<Recipient>(recipient =>
        {
            recipient.ToTable("recipients").HasKey(r => r.CustomerId);
            recipient.Property(r => r.CustomerId).HasMaxLength(100);
            recipient.Property(r => r.Email).HasMaxLength(200);
        });
        model.AddMessaging();
    }
}
