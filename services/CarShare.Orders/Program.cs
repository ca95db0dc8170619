using CarShare.Messaging;
using CarShare.Orders;
using CarShare.Orders.Clients;
using CarShare.Orders.Data;
using CarShare.Orders.Events;
using CarShare.Orders.Features;
using CarShare.Orders.Grpc;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AlsoListenOn(ExtraPort.Grpc, HttpProtocols.Http2);
builder.Services.AddGrpc(grpc => grpc.Interceptors.Add<StoreFaults>());
builder.AddServiceDatabase<OrdersDb>("ordersdb", Rehearsal.Run);
builder.Services.AddSingleton<OrderMetrics>()
    .AddSingleton<IFactObserver>(services => services.GetRequiredService<OrderMetrics>());
builder.AddConsumer<OrdersDb>("orders", OrderEvents.Subscribe);
builder.Services.AddOptions<OrdersOptions>().BindConfiguration("Orders")
    .Validate(o => o.IsValid, "Orders: times and limits must be above zero.").ValidateOnStart();
builder.Services.AddInternalClient<StocksClient>("stocks").AddHttpMessageHandler(() => new AttemptCounter());
builder.Services.AddInternalClient<PaymentsClient>("payments");
// Users wait for a moment while this process has as much work as it can do in time. Nothing is stored for those who are
// sent away.
builder.Services.AddSingleton(services => services.GetRequiredService<IOptions<OrdersOptions>>().Value.Intake());
builder.Services.AddSingleton<Prices>().AddSingleton<UnsettledOrders>();
builder.Services.AddScoped<Entitlement>().AddScoped<Attempts>().AddScoped<OrderDecisions>().AddScoped<EndOrders>();
builder.Services.AddScoped<PlaceOrder>().AddScoped<PayOrder>().AddScoped<CancelOrder>().AddScoped<ReturnCar>()
    .AddScoped<ReadOrders>();
builder.Services.AddSingleton(Rehearsal.Neighbours);
builder.Services.AddHostedService<CancelOverdueOrders>().AddHostedService<RetryPayments>()
    .AddHostedService<SettleOrders>();

var app = builder.Build();
app.MapServiceDefaults();
app.MapMessaging();
var orders = app.MapGroup("/orders").WithTags("orders");
PlaceOrder.Map(orders);
PayOrder.Map(orders);
CancelOrder.Map(orders);
ReturnCar.Map(orders);
ReadOrders.Map(orders);
OrdersGrpc.Map(app);
await app.RunAsync();
