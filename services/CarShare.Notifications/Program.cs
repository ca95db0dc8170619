using CarShare.Messaging;
using CarShare.Notifications.Channels;
using CarShare.Notifications.Data;
using CarShare.Notifications.Events;
using CarShare.Notifications.Features;
using CarShare.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddServiceDatabase<NotificationsDb>("notificationsdb");
builder.AddConsumer<NotificationsDb>("notifications", StoreNotification.OnEveryChange, options =>
    options.BatchSize = 250);
builder.AddChannels();

var app = builder.Build();
app.MapServiceDefaults();
app.MapMessaging();
ListNotifications.Map(app);
await app.RunAsync();
