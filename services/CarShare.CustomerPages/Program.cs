using CarShare.Contracts;
using CarShare.CustomerPages;
using CarShare.CustomerPages.Data;
using CarShare.CustomerPages.Features;
using CarShare.Messaging;
using CarShare.Persistence;
using CarShare.ServiceDefaults;
using CarShare.ServiceDefaults.Authentication;
using CarShare.ServiceDefaults.Hosting;
using Microsoft.EntityFrameworkCore;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddRedisClient("redis", redis => redis.DisableTracing = !builder.IsTraced());
builder.AddPostgresStore<CustomerPagesDb>("customerpagesdb", rehearse: (db, ct) => db.ArchivedPages.AnyAsync(ct),
    isNeeded: false);
builder.Services.AddSingleton<PageMetrics>().AddSingleton<RedisStore>().AddSingleton<PageArchive>()
    .AddSingleton<PageReader>().AddSingleton<PageSink>().AddSingleton<PageLetters>();
builder.Services.AddSingleton<Redrive>(services => services.GetRequiredService<PageLetters>().Redrive);
builder.Services.AddSingleton<ParkedLetters>(services => services.GetRequiredService<PageLetters>().Parked);
Faults.Teach(RedisStore.FaultOf);
builder.Services.AddHttpClient<PublishedPast>(client => client.Timeout = TimeSpan.FromSeconds(30)).AddServiceDiscovery()
    .AddServiceToken();
builder.AddConsumer("customerpages", Topics.All, services => services.GetRequiredService<PageSink>());
builder.Services.AddHostedService<DeadLetterCount>().AddHostedService<ArchivePages>();
builder.Services.AddOptions<CustomerPagesOptions>().BindConfiguration("CustomerPages")
    .Validate(o => o.Heartbeat > TimeSpan.Zero && o.MostWaitingChanges > 0,
        "CustomerPages: Heartbeat and MostWaitingChanges must be positive")
    .Validate(o => o.ArchiveAfter >= PageArchive.Youth, "CustomerPages: ArchiveAfter must be an hour or more")
    .ValidateOnStart();

var app = builder.Build();
app.MapServiceDefaults();
app.MapMessaging();
RebuildPages.Map(app);
var pages = app.MapGroup("/customerpages").RequireUser().AddEndpointFilter(Access.UnavailableWithoutStore)
    .WithTags("customerpages");
ReadPages.Map(pages);
StreamPages.Map(pages);
ReadCustomers.Map(app.MapGroup("/customers").RequireOperator().AddEndpointFilter(Access.UnavailableWithoutStore)
    .WithTags("customers"));
await app.RunAsync();
