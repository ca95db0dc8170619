using System.Reflection;
using CarShare.Contracts;
using CarShare.Payments.Domain;
using OrderRules = CarShare.Orders.Domain.Rules;

namespace CarShare.UnitTests.Refusals;

/// <summary>Programs go by the code of a refusal, people by its sentence: neither changes unnoticed.</summary>
public sealed class RefusalTests
{
    public static TheoryData<Type, string, RefusalKind, string, string> All => new()
    {
        {
            typeof(OrderRules), nameof(OrderRules.OnlyOpenOrdersArePlaced), RefusalKind.Conflict, "order-closed",
            "Only an order that is pending or awaits its payment can be placed."
        },
        {
            typeof(OrderRules), nameof(OrderRules.OnlyPendingOrdersAwaitPayment), RefusalKind.Conflict, "order-closed",
            "Only a pending order can be put off until it is paid."
        },
        {
            typeof(OrderRules), nameof(OrderRules.OnlyPendingOrdersAreRejected), RefusalKind.Conflict, "order-closed",
            "Only a pending order can be rejected."
        },
        {
            typeof(OrderRules), nameof(OrderRules.NothingIsPlacedUnpaid), RefusalKind.Conflict, "not-paid",
            "Only an order whose price and payment are known can be placed."
        },
        {
            typeof(OrderRules), nameof(OrderRules.OnlyUnpaidOrdersArePaid), RefusalKind.Conflict, "not-payable",
            "Only an order that awaits its payment can be paid."
        },
        {
            typeof(OrderRules), nameof(OrderRules.CancelledBeforeHandover), RefusalKind.Conflict, "not-cancellable",
            "An order can be cancelled until the car is handed over, and not once it was rejected."
        },
        {
            typeof(OrderRules), nameof(OrderRules.OnlyCarsInUseAreReturned), RefusalKind.Conflict, "not-in-use",
            "Only a car in use can be returned."
        },
        {
            typeof(OrderRules), nameof(OrderRules.PaymentDeclined), RefusalKind.Declined, "payment-declined",
            "The payment was declined: the deposit does not cover it."
        },
        {
            typeof(OrderRules), nameof(OrderRules.AmountTooLarge), RefusalKind.Impossible, "amount-too-large",
            "An order may cost up to 100000000 KRW."
        },
        {
            typeof(Payment), nameof(Payment.OrderClosed), RefusalKind.Conflict, "order-closed",
            "The order is closed and takes no payment."
        },
        {
            typeof(Payment), nameof(Payment.OrderMismatch), RefusalKind.Conflict, "order-mismatch",
            "The order is already known with another customer or amount."
        },
        {
            typeof(Payment), nameof(Payment.NotCovered), RefusalKind.Declined, "payment-declined",
            "The deposit does not cover the amount."
        },
    };

    [Theory]
    [MemberData(nameof(All))]
    public void It_is_of_this_kind_and_says_this(
        Type rules, string name, RefusalKind kind, string code, string sentence)
    {
        var refusal = (Refusal)rules.GetField(name)!.GetValue(null)!;
        Assert.Equal((kind, code, sentence), (refusal.Kind, refusal.Code, refusal.Sentence));
    }

    [Fact]
    public void None_is_missing_here() => Assert.Equal(
        new[] { typeof(OrderRules), typeof(Payment) }
            .SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static))
            .Where(field => field.FieldType == typeof(Refusal)).Select(field => field.Name).Order(),
        All.Select(row => row.Data.Item2).Order());
}
