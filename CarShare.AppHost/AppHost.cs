using CarShare.AppHost;

var builder = DistributedApplication.CreateBuilder(args);

var infrastructure = builder.AddInfrastructure();
var kafka = infrastructure.Kafka;
var redis = infrastructure.Redis;
var identity = infrastructure.Identity;
var ordersDb = infrastructure.AddDatabase("ordersdb");
var stocksDb = infrastructure.AddDatabase("stocksdb");
var paymentsDb = infrastructure.AddDatabase("paymentsdb");
var deliveriesDb = infrastructure.AddDatabase("deliveriesdb");
var notificationsDb = infrastructure.AddDatabase("notificationsdb");

var migrations = builder.AddProject<Projects.CarShare_Migrations>("migrations", launchProfileName: null)
    .WithReference(ordersDb).WithReference(stocksDb).WithReference(paymentsDb).WithReference(deliveriesDb).WithReference(notificationsDb)
    .WithReference(kafka)
    .WaitFor(infrastructure.Postgres).WaitFor(kafka)
    .WithSettings();

var orders = builder.AddService<Projects.CarShare_Orders>("orders", kafka, migrations, identity).WithReference(ordersDb);
var stocks = builder.AddService<Projects.CarShare_Stocks>("stocks", kafka, migrations, identity).WithReference(stocksDb);
var payments = builder.AddService<Projects.CarShare_Payments>("payments", kafka, migrations, identity).WithReference(paymentsDb);
var deliveries = builder.AddService<Projects.CarShare_Deliveries>("deliveries", kafka, migrations, identity).WithReference(deliveriesDb);
var notifications = builder.AddService<Projects.CarShare_Notifications>("notifications", kafka, migrations, identity).WithReference(notificationsDb);
var customerpages = builder.AddService<Projects.CarShare_CustomerPages>("customerpages", kafka, migrations, identity).WithReference(redis).WaitFor(redis);

// Whom a service calls: stocks and payments while ordering, and the source of each topic it consumes, which it asks to publish again what it missed.
orders.WithReference(stocks).WithReference(payments).WithReference(deliveries);
stocks.WithReference(orders).WithReference(deliveries);
payments.WithReference(orders);
deliveries.WithReference(orders).WithReference(stocks);
notifications.WithReference(orders).WithReference(payments).WithReference(deliveries);
customerpages.WithReference(orders).WithReference(payments).WithReference(deliveries).WithReference(stocks);

builder.AddGateway<Projects.CarShare_Gateway>("gateway", port: 8088, identity)
    .WithReference(orders).WithReference(stocks).WithReference(payments).WithReference(deliveries).WithReference(notifications).WithReference(customerpages);

builder.AddLogFiles();
builder.Build().Run();
