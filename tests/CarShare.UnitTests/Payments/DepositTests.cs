using CarShare.Contracts;
using CarShare.Payments.Domain;
using CsCheck;

namespace CarShare.UnitTests.Payments;

public sealed class DepositTests
{
    static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_sum_of_all_entries_is_balance_minus_owed_after_any_sequence_of_changes()
    {
        var change = Gen.Select(
            Gen.OneOf(LedgerEntryKind.TopUp, LedgerEntryKind.Refund, LedgerEntryKind.LateFee), Gen.Int[1, 1_000]);
        change.List[0, 100].Sample(changes =>
        {
            var deposit = Empty();
            var entries = changes.Select(c => Apply(deposit, c.Item1, c.Item2)).ToList();
            var sums = entries.Select((_, i) => entries.Take(i + 1).Sum(e => e.Amount));
            return entries.Sum(e => e.Amount) == deposit.Balance - deposit.Owed
                && sums.SequenceEqual(entries.Select(e => e.BalanceAfter))
                && deposit is { Balance: >= 0, Owed: >= 0 } && (deposit.Balance == 0 || deposit.Owed == 0);
        });
    }

    [Fact]
    public void A_late_fee_takes_the_balance_and_the_rest_is_owed()
    {
        var deposit = Empty();
        deposit.TopUp(300, Now);
        var entry = deposit.ChargeLateFee(Guid.NewGuid(), 1_000, Now);

        Assert.Equal((0, 700), (deposit.Balance, deposit.Owed));
        Assert.Equal((-1_000, -700), (entry.Amount, entry.BalanceAfter));
    }

    [Theory]
    [InlineData(400, 0, 300)]
    [InlineData(700, 0, 0)]
    [InlineData(900, 200, 0)]
    public void Every_credit_pays_what_is_owed_first(int credit, int balance, int owed)
    {
        var toppedUp = Owing(700);
        toppedUp.TopUp(credit, Now);
        var refunded = Owing(700);
        refunded.Refund(Guid.NewGuid(), credit, Now);

        Assert.Equal((balance, owed), (toppedUp.Balance, toppedUp.Owed));
        Assert.Equal((balance, owed), (refunded.Balance, refunded.Owed));
    }

    [Fact]
    public void No_top_up_goes_beyond_the_limit()
    {
        var deposit = Empty();
        deposit.TopUp(Deposit.Limit - 1, Now);
        Assert.True(deposit.HasRoomFor(1));
        Assert.False(deposit.HasRoomFor(2));
    }

    [Fact]
    public void What_is_owed_makes_room_for_as_much_more()
    {
        var deposit = Owing(500);
        Assert.True(deposit.HasRoomFor(Deposit.Limit + 500));
        Assert.False(deposit.HasRoomFor(Deposit.Limit + 501));
    }

    static Deposit Empty() => new() { CustomerId = "alice" };

    static Deposit Owing(decimal amount)
    {
        var deposit = Empty();
        deposit.ChargeLateFee(Guid.NewGuid(), amount, Now);
        return deposit;
    }

    static LedgerEntry Apply(Deposit deposit, LedgerEntryKind kind, decimal amount) => kind switch
    {
        LedgerEntryKind.TopUp => deposit.TopUp(amount, Now),
        LedgerEntryKind.Refund => deposit.Refund(Guid.NewGuid(), amount, Now),
        _ => deposit.ChargeLateFee(Guid.NewGuid(), amount, Now),
    };
}
