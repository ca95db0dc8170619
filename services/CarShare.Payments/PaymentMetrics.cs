using System.Diagnostics.Metrics;
using CarShare.Contracts;
using CarShare.Messaging;

namespace CarShare.Payments;

/// <summary>Payments and the money on deposits, counted from what was committed.</summary>
sealed class PaymentMetrics : IFactObserver
{
    readonly Counter<long> _payments, _money;

    public PaymentMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("CarShare.Payments");
        _payments = meter.CreateCounter<long>("carshare.payments", "{payment}", "Payments by what became of them");
        // Whole won; a currency is no unit of measurement, so it stands in braces.
        _money = meter.CreateCounter<long>("carshare.deposit.moved", "{KRW}", "Money that moved on deposits, by why");
    }

    public void Committed(object fact)
    {
        switch (fact)
        {
            case PaymentApproved approved:
                Count("approved");
                Move("payment", approved.Amount);
                break;
            case PaymentDeclined: Count("declined"); break;
            case PaymentRefunded refunded:
                Count("refunded");
                Move("refund", refunded.Amount);
                break;
            case UsageBilled billed: Move("late_fee", billed.Amount); break;
            case DepositCredited credited: Move("top_up", credited.Amount); break;
        }
    }

    void Count(string outcome) =>
        _payments.Add(1, new KeyValuePair<string, object?>("carshare.payment.outcome", outcome));

    void Move(string kind, decimal amount) =>
        _money.Add((long)amount, new KeyValuePair<string, object?>("carshare.deposit.entry.kind", kind));
}
