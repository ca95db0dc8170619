using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace CarShare.ServiceDefaults;

/// <summary>Endpoints of a process beside its first.</summary>
public static class ExtraPort
{
    /// <summary>
    /// The variable that names the port for gRPC: HTTP/2 without TLS, which can't share a port with HTTP/1.1.
    /// </summary>
    public const string Grpc = "GRPC_PORT";

    /// <summary>
    /// Adds the port named by this variable to the addresses the server was told to listen on: an endpoint whose port
    /// has a variable of its own
    /// is not among them.
    /// </summary>
    /// <returns>The port, or null when there is none.</returns>
    public static int? AlsoListenOn(
        this WebApplicationBuilder builder, string variable, HttpProtocols protocols = HttpProtocols.Http1AndHttp2)
    {
        if (builder.Configuration.GetValue<int?>(variable) is not { } port) return null;
        var urls = builder.Configuration["urls"]
            ?? builder.Configuration["http_ports"]?.Split(';').Aggregate("", (all, one) => $"{all}http://*:{one};");
        var listening = (urls ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(BindingAddress.Parse).ToList();
        if (listening.All(address => address.Port != port))
            builder.WebHost.UseUrls(
                [.. listening.Select(address =>
                    address.ToString()), $"http://{listening.FirstOrDefault()?.Host ?? "*"}:{port}"]);
        if (protocols != HttpProtocols.Http1AndHttp2)
            builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.ConfigureEndpointDefaults(endpoint =>
            {
                if (endpoint.IPEndPoint?.Port == port) endpoint.Protocols = protocols;
            }));
        return port;
    }
}
