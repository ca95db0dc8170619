using CarShare.Contracts;

namespace CarShare.Payments.Domain;

/// <summary>
/// A customer's deposit account. Either there is a balance or something is owed, never both; every change is one entry
/// of the ledger, whose sum is balance − owed.
/// Payments are the exception in form only: the store takes them in one guarded statement (see
/// <c>Accounts.TryDebit</c>).
/// </summary>
public sealed class Deposit
{
    /// <summary>No top-up goes beyond this balance, which leaves room for refunds in fourteen digits.</summary>
    public const decimal Limit = 10_000_000_000_000;

    public required string CustomerId { get; init; }
    public decimal Balance { get; private set; }
    public decimal Owed { get; private set; }

    public bool HasRoomFor(decimal amount) => Balance - Owed + amount <= Limit;

    public LedgerEntry TopUp(decimal amount, DateTimeOffset at) => Credit(LedgerEntryKind.TopUp, null, amount, at);

    public LedgerEntry Refund(Guid orderId, decimal amount, DateTimeOffset at) =>
        Credit(LedgerEntryKind.Refund, orderId, amount, at);

    /// <summary>A late fee is charged in full: what the balance does not cover is owed.</summary>
    public LedgerEntry ChargeLateFee(Guid orderId, decimal fee, DateTimeOffset at)
    {
        var taken = Math.Min(Balance, fee);
        Balance -= taken;
        Owed += fee - taken;
        return Entry(LedgerEntryKind.LateFee, orderId, -fee, at);
    }

    /// <summary>Every credit pays what is owed first.</summary>
    LedgerEntry Credit(LedgerEntryKind kind, Guid? orderId, decimal amount, DateTimeOffset at)
    {
        var paid = Math.Min(Owed, amount);
        Owed -= paid;
        Balance += amount - paid;
        return Entry(kind, orderId, amount, at);
    }

    LedgerEntry Entry(LedgerEntryKind kind, Guid? orderId, decimal amount, DateTimeOffset at) => new()
    {
        EntryId = Guid.CreateVersion7(),
        CustomerId = CustomerId,
        Kind = kind,
        Amount = amount,
        BalanceAfter = Balance - Owed,
        OrderId = orderId,
        At = at,
    };
}
