using CarShare.Contracts;
using CarShare.Idempotency;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using CarShare.Stocks;
using CarShare.Stocks.Data;
using CarShare.Stocks.Events;
using CarShare.Stocks.Features;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddServiceDatabase<StocksDb>("stocksdb", ReserveVehicles.Rehearse);
builder.Services.AddIdempotency<StocksDb>();
builder.Services.AddSingleton<StockMetrics>()
    .AddSingleton<IFactObserver>(services => services.GetRequiredService<StockMetrics>());
builder.AddConsumer<StocksDb>("stocks", events => events
    .LockFirst((db, batch, ct) => db.LockOrders(batch.OrderIds(), ct))
    .On<OrderRejected>(CloseOrder.Handle)
    .On<OrderCancelled>(CloseOrder.Handle)
    .On<OrderReturned>(CloseOrder.Handle)
    .On<DeliveryDelivered>(HandOverVehicles.Handle)
    .On<DeliveryRetrieved>(BringVehiclesBack.Handle));
builder.Services.AddOptions<StocksOptions>().BindConfiguration("Stocks")
    .Validate(o => o.PublishInterval > TimeSpan.Zero, "Stocks:PublishInterval must be above zero.").ValidateOnStart();
builder.Services.AddHostedService<PublishChanges>();

var app = builder.Build();
app.MapServiceDefaults();
app.MapMessaging();
var stocks = app.MapGroup("/stocks").WithTags("Stocks");
BrowseProducts.Map(stocks);
RegisterProduct.Map(stocks);
ChangeProduct.Map(stocks);
RetireProduct.Map(stocks);
BrowseVehicles.Map(stocks);
AddVehicles.Map(stocks);
ChangeVehicle.Map(stocks);
RetireVehicle.Map(stocks);
ReserveVehicles.Map(app);
ReleaseVehicles.Map(app);
await app.RunAsync();
