using CarShare.Contracts;
using CarShare.Orders.Data;
using CarShare.Orders.Domain;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Orders.Features;

static class ReadOrders
{
    public static void Map(RouteGroupBuilder orders)
    {
        orders.MapGet("/", List).RequireUser().WithName("ListOrders").ProducesProblem(400);
        orders.MapGet("/{id}", Get).RequireUser().WithName("GetOrder").ProducesProblem(404);
    }

    static async Task<Results<Ok<Page<OrderDto>>, ProblemHttpResult>> List(
        OrderStatus? status, [AsParameters] Paging paging, CurrentUser user, OrdersDb db, CancellationToken ct)
    {
        if (new Validator().That(status is null || Enum.IsDefined(status.Value), "status", "is not a status of orders").Problem is { } invalid) return invalid;
        var query = db.Orders.AsNoTracking().VisibleTo(user);
        if (status is not null) query = query.Where(o => o.Status == status);
        if (paging.After is { } after) query = query.Where(o => o.OrderId < after);
        var rows = await query.OrderByDescending(o => o.OrderId).Take(paging.Take + 1).ToListAsync(ct);
        return TypedResults.Ok(Page.Of([.. rows.Select(o => o.ToDto())], paging, o => o.OrderId));
    }

    static async Task<Results<Ok<OrderDto>, ProblemHttpResult>> Get(Guid id, CurrentUser user, OrdersDb db, CancellationToken ct)
    {
        var order = await db.Orders.AsNoTracking().VisibleTo(user).SingleOrDefaultAsync(o => o.OrderId == id, ct);
        return order is null ? Problems.NotFound("There is no such order.") : TypedResults.Ok(order.ToDto());
    }
}
