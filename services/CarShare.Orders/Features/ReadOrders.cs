using CarShare.Contracts;
using CarShare.Orders.Data;
using CarShare.Orders.Domain;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Orders.Features;

/// <summary>Which orders a list shows. All but the status is for operators; a customer sees their own anyway.</summary>
public readonly record struct OrderFilter(
    [property: FromQuery(Name = "status")] OrderStatus? Status,
    [property: FromQuery(Name = "customerId")] string? CustomerId,
    [property: FromQuery(Name = "plate")] string? Plate,
    [property: FromQuery(Name = "from")] DateTimeOffset? From,
    [property: FromQuery(Name = "to")] DateTimeOffset? To)
{
    public bool IsOfOperators => CustomerId is not null || Plate is not null || From is not null || To is not null;
}

sealed class ReadOrders(OrdersDb db)
{
    /// <summary>How far the clock that made an id may be from the store's, by which orders are dated.</summary>
    static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    public static void Map(RouteGroupBuilder orders)
    {
        orders.MapGet("/", List).RequireUser().WithName("ListOrders").Answers(400);
        orders.MapGet("/{id}", (Guid id, CurrentUser user, ReadOrders use, CancellationToken ct) =>
            use.Find(id, user, ct).ToHttp())
            .RequireUser().WithName("GetOrder").Answers(400, 404);
    }

    static async Task<Results<Ok<Page<OrderDto>>, RefusedHttpResult>> List(
        [AsParameters] OrderFilter filter, [AsParameters] Paging paging, CurrentUser user, ReadOrders use,
        CancellationToken ct)
    {
        var check = new Validator()
            .That(filter.Status is null || Enum.IsDefined(filter.Status.Value), "status", "is not a status of orders")
            .That(user.IsOperator || !filter.IsOfOperators, "customerId, plate, from, to", "are for operators")
            .That(filter.From is null || filter.To is null || filter.From < filter.To, "to", "must be after from");
        if (filter.CustomerId is { } customer) check.Text("customerId", customer, 1, CurrentUser.MaxIdLength);
        if (filter.Plate is { } plate) check.Identifier("plate", plate, 200);
        if (check.Refusal is { } invalid) return invalid.ToProblem();
        var rows = await use.Matching(filter, user, paging.After).Take(paging.Size + 1).ToListAsync(ct);
        return TypedResults.Ok(Page.Of([.. rows.Select(o => o.ToDto())], paging, o => o.OrderId));
    }

    public async Task<Verdict<OrderDto>> Find(Guid id, CurrentUser user, CancellationToken ct) =>
        await db.Orders.AsNoTracking().VisibleTo(user).SingleOrDefaultAsync(o => o.OrderId == id, ct) is { } order
            ? order.ToDto() : OrderRows.NotFound;

    /// <summary>Newest first. Ids are made in the order of time, so that a span of time is a span of the key.</summary>
    internal IQueryable<Order> Matching(OrderFilter filter, CurrentUser user, Guid? after)
    {
        var all = filter.Plate is { } plate
            ? db.Orders.FromSql(
                $"""
                SELECT o.*, o.xmin FROM order_plates JOIN orders o USING (order_id)
                WHERE plate = plate_key({Text.Identifier(plate)}) AND plates_of(vehicles) @> ARRAY[plate]
                """)
            : db.Orders;
        var orders = all.AsNoTracking().VisibleTo(user);
        if (filter.Status is { } status) orders = orders.Where(o => o.Status == status);
        if (filter.CustomerId is { } customer) orders = orders.Where(o => o.CustomerId == customer);
        if (filter.From is { } from)
        {
            var (lowest, start) = (FirstId(from, -ClockSkew), from.ToUniversalTime());
            orders = orders.Where(o => o.OrderId >= lowest && o.CreatedAt >= start);
        }

        if (filter.To is { } to)
        {
            var (lowest, end) = (FirstId(to, ClockSkew), to.ToUniversalTime());
            orders = orders.Where(o => o.OrderId < lowest && o.CreatedAt < end);
        }

        if (after is { } last) orders = orders.Where(o => o.OrderId < last);
        return orders.OrderByDescending(o => o.OrderId);
    }

    /// <summary>The lowest id of that time; ids know no time before 1970.</summary>
    static Guid FirstId(DateTimeOffset at, TimeSpan skew)
    {
        var ticks = Math.Clamp(at.UtcTicks + skew.Ticks, DateTimeOffset.UnixEpoch.Ticks, DateTimeOffset.MaxValue.Ticks);
        return Guid.CreateVersion7(new(ticks, TimeSpan.Zero)).Lowest();
    }
}
