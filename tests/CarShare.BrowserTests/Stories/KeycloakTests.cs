using System.Diagnostics;
using CarShare.Tests;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CarShare.BrowserTests.Stories;

/// <summary>The same realm at a real Keycloak: what signs people in here signs them in there.</summary>
public sealed class KeycloakTests : IAsyncLifetime
{
    static readonly string[] Clients =
        ["web", "orders", "stocks", "payments", "deliveries", "notifications", "customerpages"];

    readonly string _folder = Directory.CreateTempSubdirectory("carshare-keycloak-").FullName;
    readonly int _port = ChildProcess.FreePort(), _webPort = ChildProcess.FreePort();
    ChildProcess? _web;

    string Web => $"http://localhost:{_webPort}";

    /// <summary>Beside the repository, or further up; null where it is not.</summary>
    static string? Tool
    {
        get
        {
            for (var folder = new DirectoryInfo(
                ChildProcess.RepositoryRoot); folder is not null; folder = folder.Parent)
                if (Path.Combine(folder.FullName, "shared/tools/keycloak.sh") is var tool
                    && File.Exists(tool)) return tool;
            return null;
        }
    }

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(Tool is null, "There is no Keycloak here: ../shared/tools/keycloak.sh is missing.");
        var realm = Path.Combine(ChildProcess.RepositoryRoot, "identity/carshare-realm.json");
        var secrets = Clients.Select(c => KeyValuePair.Create($"{c.ToUpperInvariant()}_CLIENT_SECRET",
            $"secret of {c}"));
        await Keycloak("start", ["--port", $"{_port}", "--realm", realm], [.. secrets, new("WEB_ADDRESS", Web)]);
        _web = ChildProcess.Start(
            "dotnet",
            [Path.Combine(ChildProcess.RepositoryRoot,
                $"CarShare.Web/bin/{ChildProcess.Configuration}/net10.0/CarShare.Web.dll"),
                "--contentRoot", Path.Combine(ChildProcess.RepositoryRoot, "CarShare.Web")],
            new Dictionary<string, string>
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Development",
                ["ASPNETCORE_URLS"] = Web,
                ["Authentication__Authority"] = $"http://localhost:{_port}/realms/carshare",
                ["Authentication__ClientId"] = "web",
                ["Authentication__ClientSecret"] = "secret of web",
                ["Web__SessionKey"] = "a key for this test that is long enough",
            });
        await _web.Listens(_webPort);
    }

    public async ValueTask DisposeAsync()
    {
        if (_web is not null) await _web.DisposeAsync();
        if (Tool is not null) await Keycloak("stop", [], []);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_customer_and_an_operator_sign_in_through_Keycloak_and_out_again()
    {
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Site.Launch(playwright);
        foreach (var (name, link) in new[] { ("alice", "/rentals"), ("operator", "/operator/fleet") })
        {
            await using var context = await browser.NewContextAsync(new() { BaseURL = Web, Locale = "en-US" });
            var page = await context.NewPageAsync();
            await page.GotoAsync("/sign-in");
            await page.Locator("#username").FillAsync(name);
            await page.Locator("#password").FillAsync(name);
            await page.Locator("#kc-login").ClickAsync();
            await page.WaitForURLAsync($"{Web}/");
            await Expect(page.Locator(".me")).ToHaveTextAsync(name);
            await Expect(page.Locator($"nav a[href='{link}']")).ToBeVisibleAsync();

            await page.Locator(".who button").ClickAsync();
            await page.WaitForURLAsync($"{Web}/?said=signed-out");
            await page.GotoAsync("/sign-in");
            await Expect(page.Locator("#username")).ToBeVisibleAsync();
        }
    }

    async Task Keycloak(string command, string[] arguments, KeyValuePair<string, string>[] environment)
    {
        var start = new ProcessStartInfo("bash", [Tool!, command, "--dir", _folder, .. arguments]);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        await process.WaitForExitAsync(patience.Token);
        Assert.Equal(0, process.ExitCode);
    }
}
