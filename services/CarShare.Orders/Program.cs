using CarShare.Messaging;
using CarShare.Orders;
using CarShare.Orders.Clients;
using CarShare.Orders.Data;
using CarShare.Orders.Events;
using CarShare.Orders.Features;
using CarShare.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddServiceDatabase<OrdersDb>("ordersdb", OrderTaking.Rehearse);
builder.AddConsumer<OrdersDb>("orders", OrderEvents.Subscribe);
builder.Services.AddOptions<OrdersOptions>().BindConfiguration("Orders").Validate(o => o.IsValid, "Orders: times and limits must be above zero.").ValidateOnStart();
builder.Services.AddInternalClient<StocksClient>("stocks").AddHttpMessageHandler(() => new AttemptCounter());
builder.Services.AddInternalClient<PaymentsClient>("payments");
builder.Services.AddSingleton(Intake.Limiter);
builder.Services.AddScoped<OrderTaking>();
builder.Services.AddHostedService<CancelOverdueOrders>();

var app = builder.Build();
app.MapServiceDefaults();
app.MapMessaging();
var orders = app.MapGroup("/orders").WithTags("orders");
PlaceOrder.Map(orders);
PayOrder.Map(orders);
CancelOrder.Map(orders);
ReturnCar.Map(orders);
ReadOrders.Map(orders);
app.Run();
