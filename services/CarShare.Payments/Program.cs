using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Payments;
using CarShare.Payments.Data;
using CarShare.Payments.Events;
using CarShare.Payments.Features;
using CarShare.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddServiceDatabase<PaymentsDb>("paymentsdb", Pay.Rehearse);
builder.Services.AddSingleton<IFactObserver, PaymentMetrics>();
builder.AddConsumer<PaymentsDb>("payments", events => events
    .LockFirst(CloseOrder.LockBatch)
    .On<OrderRejected>(CloseOrder.Handle)
    .On<OrderCancelled>(CloseOrder.Handle)
    .On<OrderReturned>(CloseOrder.Handle), options => options.BatchSize = 20);
builder.Services.AddScoped<Pay>().AddScoped<TopUpDeposit>();

var app = builder.Build();
app.MapServiceDefaults();
app.MapMessaging();
Pay.Map(app);
GetDeposit.MapInternal(app);
GetPayments.Map(app.MapGroup("/payments").RequireUser().WithTags("payments"));
var deposits = app.MapGroup("/deposits").RequireUser().WithTags("deposits");
GetDeposit.Map(deposits);
TopUpDeposit.Map(deposits);
await app.RunAsync();
