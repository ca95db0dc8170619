using Microsoft.EntityFrameworkCore;

namespace CarShare.Idempotency;

/// <summary>A key that was used, with the answer it was given.</summary>
public sealed class IdempotentAnswer
{
    /// <summary>The subject of the token.</summary>
    public required string Caller { get; init; }

    /// <summary>Method and path.</summary>
    public required string Operation { get; init; }

    /// <summary>As it was sent.</summary>
    public required string Key { get; init; }

    /// <summary>SHA-256 of the canonical body.</summary>
    public required string RequestHash { get; init; }

    /// <summary>Null only inside the transaction that decides it.</summary>
    public int? Status { get; init; }

    /// <summary>Those worth repeating, as JSON.</summary>
    public string? Headers { get; init; }

    /// <summary>Byte for byte.</summary>
    public byte[]? Body { get; init; }

    /// <summary>By the database's clock.</summary>
    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Maps the keys into a service's own context.</summary>
public static class IdempotencyModel
{
    /// <summary>Adds <c>idempotency_keys</c>. Call it before <c>AddMessaging</c>, which names the columns.</summary>
    public static ModelBuilder AddIdempotency(this ModelBuilder model)
    {
        model.Entity<IdempotentAnswer>(table =>
        {
            table.ToTable("idempotency_keys").HasKey(a => new { a.Caller, a.Operation, a.Key });
            table.Property(a => a.Caller).HasMaxLength(200);
            table.Property(a => a.Operation).HasMaxLength(200);
            table.Property(a => a.Key).HasMaxLength(100);
            table.Property(a => a.RequestHash).HasMaxLength(64);
            table.Property(a => a.Headers).HasColumnType("jsonb");
            table.HasIndex(a => a.CreatedAt).HasDatabaseName("ix_idempotency_keys_age").HasMethod("brin");
        });
        return model;
    }
}
