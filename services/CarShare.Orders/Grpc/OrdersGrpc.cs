using CarShare.Contracts;
using CarShare.Orders.Features;
using CarShare.ServiceDefaults;
using CarShare.ServiceDefaults.Authentication;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;

namespace CarShare.Orders.Grpc;

/// <summary>The second inbound adapter: the same use cases, asked over gRPC.</summary>
[BindServiceMethod(typeof(MessageReader), nameof(MessageReader.Bind))]
sealed class OrdersGrpc(PlaceOrder place, ReadOrders read, CancelOrder cancel) : Orders.OrdersBase
{
    public static void Map(IEndpointRouteBuilder app) =>
        app.MapGrpcService<OrdersGrpc>().RequireUser().WithMetadata(new OwnFormat()).Add(OneMessage.Check);

    /// <summary>As over HTTP, a client that hangs up does not undo what is stored.</summary>
    [Authorize(Policies.Customer)]
    public override async Task<Order> Place(PlaceOrderCommand request, ServerCallContext context) =>
        (await place.Place(request.ToRequest(), request.CheckedKey(), UserOf(context).CustomerId!)).ToMessage();

    public override async Task<Order> Get(OrderName request, ServerCallContext context) =>
        (await read.Find(request.Id(), UserOf(context), context.CancellationToken)).ToMessage();

    public override async Task<Order> Cancel(OrderName request, ServerCallContext context) =>
        (await cancel.Cancel(request.Id(), UserOf(context), context.CancellationToken)).ToMessage();

    static CurrentUser UserOf(ServerCallContext context) => CurrentUser.Of(context.GetHttpContext().User);
}
