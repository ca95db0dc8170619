using CarShare.Contracts;
using CarShare.Deliveries;
using CarShare.Deliveries.Data;
using CarShare.Deliveries.Events;
using CarShare.Deliveries.Features;
using CarShare.Idempotency;
using CarShare.Messaging;
using CarShare.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddServiceDatabase<DeliveriesDb>("deliveriesdb");
builder.Services.AddIdempotency<DeliveriesDb>();
builder.Services.AddSingleton<IFactObserver, DeliveryMetrics>();
builder.AddConsumer<DeliveriesDb>("deliveries", events => events
    .LockFirst(Headers.CreateAndLock)
    .On<OrderPlaced>(PrepareDelivery.Handle)
    .On<OrderCancelled>(CancelDelivery.Handle)
    .On<OrderReturned>(FreeCars.Handle)
    .On<VehicleReassigned>(ReassignVehicles.Handle));
builder.Services.AddOptions<DeliveriesOptions>()
    .Configure<IHostEnvironment>((options, environment) =>
    {
        if (environment.IsDevelopment()) options.AutoDispatchAfter = options.AutoRetrieveAfter = TimeSpan.FromSeconds(
            2);
    })
    .BindConfiguration("Deliveries")
    .Validate(o => o.Shipper is { Length: > 0 and <= 100 }, "Deliveries:Shipper must have 1 to 100 characters.")
        .ValidateOnStart();
builder.Services.AddHostedService<AutomaticSteps>();

var app = builder.Build();
app.MapServiceDefaults();
app.MapMessaging();
var deliveries = app.MapGroup("/deliveries").RequireUser();
ListDeliveries.Map(deliveries);
GetDelivery.Map(deliveries);
DispatchDelivery.Map(deliveries);
CompleteDelivery.Map(deliveries);
FinishRetrieval.Map(deliveries);
await app.RunAsync();
