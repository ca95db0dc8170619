using CarShare.Persistence;
using Microsoft.EntityFrameworkCore;

namespace CarShare.CustomerPages.Data;

/// <summary>The archive: pages of rentals that are over for long. Everything else is in Redis.</summary>
public sealed class CustomerPagesDb(DbContextOptions<CustomerPagesDb> options) : DbContext(options)
{
    public DbSet<ArchivedPage> ArchivedPages => Set<ArchivedPage>();

    protected override void OnModelCreating(ModelBuilder model)
    {
        model.Entity<ArchivedPage>(page =>
        {
            page.ToTable("archived_pages").HasKey(p => p.OrderId);
            page.Property(p => p.OrderId).ValueGeneratedNever();
            page.Property(p => p.CustomerId).HasMaxLength(100);
            // The newest pages of a customer, and whether there are any.
            page.HasIndex(p => new { p.CustomerId, p.OrderId });
        });
        model.NameColumnsInSnakeCase();
    }
}

/// <summary>A page as Redis had it.</summary>
public sealed class ArchivedPage
{
    public required Guid OrderId { get; init; }

    public required string CustomerId { get; init; }

    /// <summary>How many events it tells.</summary>
    public required int Version { get; init; }

    /// <summary>All fields with their ranks, as JSON, so that a late event can still be merged.</summary>
    public required string Content { get; init; }
}
