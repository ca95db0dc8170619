using CarShare.Contracts;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CarShare.ServiceTests.Contracts;

/// <summary>
/// A service whose store and broker are nowhere, without its background work: what it answers then, it answers by
/// itself.
/// </summary>
static class BareHost
{
    const string Nowhere = "127.0.0.1:1";

    public static WebApplicationFactory<TEntry> Of<TEntry>(string service)
        where TEntry : class => new WebApplicationFactory<TEntry>().WithWebHostBuilder(web =>
    {
        web.UseSetting($"ConnectionStrings:{service}db", "Host=127.0.0.1;Port=1;Username=postgres;Database=nowhere");
        web.UseSetting("ConnectionStrings:redis", $"{Nowhere},abortConnect=false");
        web.UseSetting("ConnectionStrings:kafka", Nowhere);
        foreach (var source in Topics.All.Select(Topics.SourceOf))
            web.UseSetting($"services:{source}:http:0", $"http://{Nowhere}");
        web.UseSetting("Authentication:Authority", $"https://{Nowhere}/realms/carshare");
        web.UseSetting("Authentication:ClientId", service);
        web.UseSetting("Authentication:ClientSecret", "nobody's");
        web.ConfigureLogging(logging => logging.ClearProviders());
        web.ConfigureTestServices(services =>
        {
            foreach (var work in services.Where(s => s.ServiceType == typeof(IHostedService) && IsOurs(s)).ToList())
                services.Remove(work);
        });
    });

    static bool IsOurs(ServiceDescriptor service) =>
        (service.ImplementationType ?? service.ImplementationFactory?.Method.ReturnType)?.Assembly
            .GetName().Name?.StartsWith("CarShare.", StringComparison.Ordinal) == true;
}
