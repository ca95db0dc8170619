using CarShare.Messaging;
using CarShare.Payments.Domain;
using CarShare.ServiceDefaults;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Payments.Data;

public sealed class PaymentsDb(DbContextOptions<PaymentsDb> options) : DbContext(options)
{
    const string Money = "numeric(14,0)";

    public DbSet<Payment> Payments => Set<Payment>();
    public DbSet<Deposit> Deposits => Set<Deposit>();
    public DbSet<LedgerEntry> LedgerEntries => Set<LedgerEntry>();
    public DbSet<TopUp> TopUps => Set<TopUp>();

    protected override void OnModelCreating(ModelBuilder model)
    {
        model.Entity<Payment>(table =>
        {
            table.ToTable("payments", t => t.HasCheckConstraint(
                "ck_payments_complete",
                "status IS NULL OR (payment_id IS NOT NULL AND customer_id IS NOT NULL AND amount > 0)"));
            table.HasKey(p => p.OrderId);
            table.Property(p => p.OrderId).ValueGeneratedNever();
            table.Property(p => p.CustomerId).HasMaxLength(CurrentUser.MaxIdLength);
            table.Property(p => p.Amount).HasColumnType(Money);
            table.Property(p => p.LateFee).HasColumnType(Money);
            table.Property(p => p.Status).HasConversion<string>().HasMaxLength(10);
            table.Property<uint>("xmin").IsRowVersion();
            table.HasIndex(p => new { p.CustomerId, p.OrderId }).HasFilter("status IS NOT NULL");
        });
        model.Entity<Deposit>(table =>
        {
            table.ToTable("deposits", t =>
            {
                t.HasCheckConstraint("ck_deposits_balance", "balance >= 0 AND owed >= 0");
                t.HasCheckConstraint("ck_deposits_balance_or_owed", "balance = 0 OR owed = 0");
            });
            table.HasKey(d => d.CustomerId);
            table.Property(d => d.CustomerId).HasMaxLength(CurrentUser.MaxIdLength);
            table.Property(d => d.Balance).HasColumnType(Money);
            table.Property(d => d.Owed).HasColumnType(Money);
            table.Property<uint>("xmin").IsRowVersion();
        });
        model.Entity<LedgerEntry>(table =>
        {
            // The key is what EF inserts in the order of; by entry id, the entries of one batch would get their
            // sequences shuffled.
            table.ToTable("ledger_entries").HasKey(e => e.Sequence);
            table.Property(e => e.Sequence).UseIdentityAlwaysColumn();
            table.HasIndex(e => e.EntryId).IsUnique();
            table.Property(e => e.CustomerId).HasMaxLength(CurrentUser.MaxIdLength);
            table.Property(e => e.Kind).HasConversion<string>().HasMaxLength(10);
            table.Property(e => e.Amount).HasColumnType(Money);
            table.Property(e => e.BalanceAfter).HasColumnType(Money);
            table.HasIndex(e => new { e.CustomerId, e.Sequence });
            table.HasIndex(e => new { e.OrderId, e.Kind }).IsUnique();
            table.HasOne<Deposit>().WithMany().HasForeignKey(e => e.CustomerId).OnDelete(DeleteBehavior.Restrict);
        });
        model.Entity<TopUp>(table =>
        {
            // A key is its caller's: an operator's and a customer's never meet, whosever deposit they are for.
            table.ToTable("credits").HasKey(t => new { t.CallerId, t.IdempotencyKey });
            table.Property(t => t.CustomerId).HasMaxLength(CurrentUser.MaxIdLength);
            table.Property(t => t.IdempotencyKey).HasMaxLength(100);
            table.Property(t => t.Amount).HasColumnType(Money);
            table.Property(t => t.Balance).HasColumnType(Money);
            table.Property(t => t.Owed).HasColumnType(Money);
        });
        model.AddMessaging();
    }
}
