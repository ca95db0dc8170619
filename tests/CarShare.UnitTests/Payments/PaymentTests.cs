using CarShare.Contracts;
using CarShare.Payments.Domain;

namespace CarShare.UnitTests.Payments;

public sealed class PaymentTests
{
    static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    readonly Payment _payment = new() { OrderId = Guid.NewGuid(), CreatedAt = Now };

    [Fact]
    public void An_order_never_heard_of_takes_a_payment() => Assert.Null(_payment.Refusal("alice", 100));

    // C24
    [Fact]
    public void An_approved_payment_has_an_id_an_amount_and_a_payer()
    {
        var id = _payment.Approve("alice", 100);
        Assert.NotEqual(Guid.Empty, id);
        Assert.Equal((id, "alice", 100, PaymentStatus.Approved), (
            _payment.PaymentId, _payment.CustomerId, _payment.Amount, _payment.Status));
    }

    [Theory]
    [InlineData("bob", 100)]
    [InlineData("alice", 101)]
    public void Another_customer_or_amount_for_the_order_is_refused(string customer, int amount)
    {
        _payment.Decline("alice", 100);
        Assert.Equal(Payment.OrderMismatch, _payment.Refusal(customer, amount));
        _payment.Approve("alice", 100);
        Assert.Equal(Payment.OrderMismatch, _payment.Refusal(customer, amount));
        Assert.Null(_payment.Refusal("alice", 100));
    }

    [Fact]
    public void A_declined_payment_is_told_once_and_keeps_its_id_when_it_is_paid_after_all()
    {
        Assert.True(_payment.Decline("alice", 100));
        Assert.False(_payment.Decline("alice", 100));
        var declined = _payment.PaymentId;
        Assert.Equal(declined, _payment.Approve("alice", 100));
    }

    [Fact]
    public void A_closed_order_takes_no_payment_whatever_was_paid_before()
    {
        _payment.Close(Now);
        Assert.Equal(Payment.OrderClosed, _payment.Refusal("alice", 100));

        var paid = new Payment { OrderId = Guid.NewGuid(), CreatedAt = Now };
        paid.Approve("alice", 100);
        paid.Close(Now);
        Assert.Equal(Payment.OrderClosed, paid.Refusal("alice", 100));
    }

    [Fact]
    public void An_order_is_closed_once()
    {
        Assert.True(_payment.Close(Now));
        Assert.False(_payment.Close(Now.AddDays(1)));
        Assert.Equal(Now, _payment.ClosedAt);
    }

    // C9 D7
    [Fact]
    public void Only_an_approved_payment_is_refunded_and_only_once()
    {
        Assert.False(_payment.Refund(Now));
        _payment.Decline("alice", 100);
        Assert.False(_payment.Refund(Now));
        _payment.Approve("alice", 100);
        Assert.True(_payment.Refund(Now));
        Assert.False(_payment.Refund(Now));
        Assert.Equal((PaymentStatus.Refunded, Now), (_payment.Status, _payment.RefundedAt));
    }

    [Fact]
    public void The_late_fee_is_billed_to_who_paid()
    {
        Assert.Equal("bob", _payment.BillLate("bob", 500));
        var paid = new Payment { OrderId = Guid.NewGuid(), CreatedAt = Now };
        paid.Approve("alice", 100);
        Assert.Equal("alice", paid.BillLate("bob", 500));
        Assert.Equal(500, paid.LateFee);
    }
}
