using CarShare.Contracts;
using CarShare.Deliveries;
using CarShare.Deliveries.Data;
using CarShare.Deliveries.Events;
using CarShare.Deliveries.Features;
using CarShare.Messaging;
using CarShare.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddServiceDatabase<DeliveriesDb>("deliveriesdb");
builder.AddConsumer<DeliveriesDb>("deliveries", events => events
    .LockFirst(Headers.CreateAndLock)
    .On<OrderPlaced>(PrepareDelivery.Handle)
    .On<OrderCancelled>(CancelDelivery.Handle)
    .On<VehicleReassigned>(ReassignVehicles.Handle));
builder.Services.AddOptions<DeliveriesOptions>()
    .Configure<IHostEnvironment>((options, environment) =>
    {
        if (environment.IsDevelopment()) options.AutoDispatchAfter = options.AutoRetrieveAfter = TimeSpan.FromSeconds(2);
    })
    .BindConfiguration("Deliveries");
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
app.Run();
