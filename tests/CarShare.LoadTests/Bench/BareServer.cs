using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using CarShare.LoadTests.Load;
using CarShare.LoadTests.Running;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace CarShare.LoadTests.Bench;

/// <summary>This program once more, as a server of its own process: one route, one script, nothing else.</summary>
sealed class BareServer : IAsyncDisposable
{
    readonly Process _process;

    BareServer(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    public static async Task<BareServer> Start(string redis, CancellationToken ct)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var start = new ProcessStartInfo("dotnet", [
            typeof(BareServer).Assembly.Location,
            Command.Verb, "--redis", redis, "--port", port.ToString(CultureInfo.InvariantCulture),
        ])
        { RedirectStandardInput = true };
        var server = new BareServer(Process.Start(start)!, new($"http://localhost:{port}"));
        using var http = new HttpClient { BaseAddress = server.Address };
        for (var tries = 0; ; tries++)
        {
            try
            {
                using var answer = await http.GetAsync("/", ct);
                return server;
            }
            catch (HttpRequestException) when (tries < 100)
            {
                await Task.Delay(100, ct);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    public sealed class Command : ICommand
    {
        public const string Verb = "serve-bare-pages";

        public string Name => Verb;

        public string Usage => "--redis ADDRESS --port PORT (what bench compares the customer page with)";

        public async Task<int> Run(Options options, CancellationToken ct)
        {
            using var redis = new RedisReader(
                options.Text("redis") ?? throw new CannotRunException("--redis is missing."));
            var port = options.Number("port", 0, 1, 65_535);
            options.NoOthers();
            var script = await File.ReadAllTextAsync(
                Path.Combine(Repository.Root, "services/CarShare.CustomerPages/Data/Scripts/read.lua"), ct);
            var builder = WebApplication.CreateEmptyBuilder(new());
            builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port));
            await using var app = builder.Build();
            app.Run(async http =>
            {
                if (http.Request.Path.Value!.Split('/') is not [_, "bare", var customer, var order]) return;
                var rows = await redis.Run(script, customer, order, "", "1");
                http.Response.ContentType = "application/json; charset=utf-8";
                http.Response.ContentLength = rows[2].Length;
                await http.Response.Body.WriteAsync(rows[2], http.RequestAborted);
            });
            await app.StartAsync(ct);
            await app.WaitForShutdownAsync(ct);
            return ExitCode.Good;
        }
    }
}
