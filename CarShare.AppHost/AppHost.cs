using CarShare.AppHost;
using CarShare.AppHost.Azure;
using Microsoft.Extensions.DependencyInjection;

Mistakes.AreToldInOneLine();
ShellVariables.Forget();
var options = new DistributedApplicationOptions { Args = args, DisableDashboard = !Choices.WithDashboard(args) };
var builder = DistributedApplication.CreateBuilder(options);
builder.Services.AddSingleton(options);
using var run = RunLock.Acquire(builder);

var infrastructure = builder.AddInfrastructure();
var kafka = infrastructure.Kafka;
var redis = infrastructure.Redis;
var identity = infrastructure.Identity;
var ordersDb = infrastructure.AddDatabase("ordersdb");
var stocksDb = infrastructure.AddDatabase("stocksdb");
var paymentsDb = infrastructure.AddDatabase("paymentsdb");
var deliveriesDb = infrastructure.AddDatabase("deliveriesdb");
var notificationsDb = infrastructure.AddDatabase("notificationsdb");
var customerpagesDb = infrastructure.AddDatabase("customerpagesdb");

var migrations = builder.AddProject<Projects.CarShare_Migrations>("migrations", launchProfileName: null)
    .WithReference(ordersDb).WithReference(stocksDb).WithReference(paymentsDb).WithReference(deliveriesDb)
    .WithReference(notificationsDb).WithReference(customerpagesDb)
    .WithReference(kafka)
    .WaitFor(infrastructure.Postgres).WaitFor(kafka)
    .WithSettings();

var orders = builder.AddService<Projects.CarShare_Orders>("orders", kafka, migrations, identity)
    .WithReference(ordersDb).WithGrpc();
var stocks = builder.AddService<Projects.CarShare_Stocks>("stocks", kafka, migrations, identity)
    .WithReference(stocksDb);
var payments = builder.AddService<Projects.CarShare_Payments>("payments", kafka, migrations, identity)
    .WithReference(paymentsDb);
var deliveries = builder.AddService<Projects.CarShare_Deliveries>("deliveries", kafka, migrations, identity)
    .WithReference(deliveriesDb);
var notifications = builder.AddService<Projects.CarShare_Notifications>("notifications", kafka, migrations, identity)
    .WithReference(notificationsDb);
var customerpages = builder.AddService<Projects.CarShare_CustomerPages>("customerpages", kafka, migrations, identity)
    .WithReference(customerpagesDb).WithReference(redis).WaitFor(redis);

// Whom a service calls: stocks and payments while ordering, and the source of each topic it consumes, where it reads
// what the broker has lost.
orders.WithReference(stocks).WithReference(payments).WithReference(deliveries);
stocks.WithReference(orders).WithReference(deliveries);
payments.WithReference(orders);
deliveries.WithReference(orders).WithReference(stocks);
notifications.WithReference(orders).WithReference(payments).WithReference(deliveries).WithReference(stocks);
customerpages.WithReference(orders).WithReference(payments).WithReference(deliveries).WithReference(stocks);

foreach (var service in new[] { orders, stocks, payments, deliveries, notifications, customerpages })
    service.WithRedrive(identity);
customerpages.WithRebuild(identity);

var web = builder.AddWeb<Projects.CarShare_Web>("web", identity)
    .WithReference(orders).WithReference(stocks).WithReference(payments).WithReference(deliveries)
    .WithReference(notifications).WithReference(customerpages);

var gateway = builder.AddGateway<Projects.CarShare_Gateway>("gateway", port: 8088, identity).WithReference(web)
    .WithReference(orders).WithReference(stocks).WithReference(payments).WithReference(deliveries)
    .WithReference(notifications).WithReference(customerpages)
    .WithDocs()
    .WithDemoData(identity)
    .WithGrpc(port: 8089);

// What only the gateway has: the lists that are put together from several services.
web.WithReference(gateway);
identity.ReturnsTo(gateway);

builder.RefuseUnknownNames();
builder.PublishToAzure();
builder.AddLogFiles();
builder.AddSelfHealing();
await builder.Build().RunAsync();
