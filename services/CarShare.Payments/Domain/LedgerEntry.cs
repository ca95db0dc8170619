using CarShare.Contracts;

namespace CarShare.Payments.Domain;

/// <summary>One change of a deposit; never altered, never deleted.</summary>
public sealed class LedgerEntry
{
    public required Guid EntryId { get; init; }

    /// <summary>
    /// Given by the store while the deposit is locked: the order in which the balance changed, which clocks of several
    /// replicas can't tell.
    /// </summary>
    public long Sequence { get; private set; }

    public required string CustomerId { get; init; }
    public required LedgerEntryKind Kind { get; init; }

    /// <summary>Positive into the deposit, negative out of it.</summary>
    public required decimal Amount { get; init; }

    /// <summary>Balance − owed after this entry.</summary>
    public required decimal BalanceAfter { get; init; }

    public Guid? OrderId { get; init; }
    public required DateTimeOffset At { get; init; }
}
