using System.Linq.Expressions;
using CarShare.Contracts;
using CarShare.Payments.Data;
using CarShare.Payments.Domain;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Payments.Features;

static class GetPayments
{
    static readonly Expression<Func<Payment, PaymentDto>> ToDto = p => new PaymentDto(
        p.PaymentId!.Value, p.OrderId, p.CustomerId!, p.Amount!.Value, p.Status!.Value, p.LateFee, p.CreatedAt,
        p.RefundedAt);

    public static void Map(RouteGroupBuilder payments)
    {
        payments.MapGet("", List).WithName("ListPayments").ProducesProblem(400);
        payments.MapGet("/{orderId}", Get).WithName("GetPayment").ProducesProblem(400);
    }

    /// <summary>Newest order first; the cursor is an order id.</summary>
    static async Task<Ok<Page<PaymentDto>>> List(
        [AsParameters] Paging paging, CurrentUser user, PaymentsDb db, CancellationToken ct)
    {
        var after = paging.After;
        var rows = await VisibleTo(user, db).Where(p => after == null || p.OrderId < after)
            .OrderByDescending(p => p.OrderId).Take(paging.Size + 1).Select(ToDto).ToListAsync(ct);
        return TypedResults.Ok(Page.Of(rows, paging, p => p.OrderId));
    }

    static async Task<Results<Ok<PaymentDto>, NotFound>> Get(
        Guid orderId, CurrentUser user, PaymentsDb db, CancellationToken ct) =>
        await VisibleTo(user, db).Where(p => p.OrderId == orderId).Select(ToDto).SingleOrDefaultAsync(ct) is { } payment
            ? TypedResults.Ok(payment)
            : TypedResults.NotFound();

    /// <summary>An order nobody ever tried to pay has a row, but no payment.</summary>
    static IQueryable<Payment> VisibleTo(CurrentUser user, PaymentsDb db)
    {
        var payments = db.Payments.AsNoTracking().Where(p => p.Status != null);
        return user.IsOperator ? payments : payments.Where(p => p.CustomerId == user.CustomerId);
    }
}
