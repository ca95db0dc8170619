using CarShare.CustomerPages.Data;
using CarShare.Deliveries.Data;
using CarShare.Migrations;
using CarShare.Notifications.Data;
using CarShare.Orders.Data;
using CarShare.Payments.Data;
using CarShare.Stocks.Data;

var builder = Host.CreateApplicationBuilder(args);
var host = builder.Build();
var logger = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("CarShare.Migrations");
var ct = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;

await Task.WhenAll(
    Schemas.Migrate<OrdersDb>(builder.Configuration, "ordersdb", logger, ct),
    Schemas.Migrate<StocksDb>(builder.Configuration, "stocksdb", logger, ct),
    Schemas.Migrate<PaymentsDb>(builder.Configuration, "paymentsdb", logger, ct),
    Schemas.Migrate<DeliveriesDb>(builder.Configuration, "deliveriesdb", logger, ct),
    Schemas.Migrate<NotificationsDb>(builder.Configuration, "notificationsdb", logger, ct),
    Schemas.Migrate<CustomerPagesDb>(builder.Configuration, "customerpagesdb", logger, ct),
    TopicProvisioner.Provision(builder.Configuration, logger, ct));
