using CarShare.Tests;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CarShare.BrowserTests.Stories;

/// <summary>How long a session lasts. The web fetches new tokens with every request here.</summary>
public sealed class SessionTests : IAsyncLifetime
{
    static readonly string[] Clients =
        ["web", "orders", "stocks", "payments", "deliveries", "notifications", "customerpages"];

    readonly string _folder = Directory.CreateTempSubdirectory("carshare-session-").FullName;
    readonly int _port = ChildProcess.FreePort(), _webPort = ChildProcess.FreePort();
    ChildProcess? _identity, _web;
    IPlaywright? _playwright;
    IBrowser? _browser;

    string Web => $"http://localhost:{_webPort}";

    public async ValueTask InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await Site.Launch(_playwright);
        await StartIdentity();
        _web = ChildProcess.Start("dotnet", [Built("CarShare.Web", "CarShare.Web")], new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["ASPNETCORE_URLS"] = Web,
            ["ASPNETCORE_CONTENTROOT"] = Path.Combine(ChildProcess.RepositoryRoot, "CarShare.Web"),
            ["Authentication__Authority"] = $"http://localhost:{_port}/realms/carshare",
            ["Authentication__ClientId"] = "web",
            ["Authentication__ClientSecret"] = "secret of web",
            ["Web__SessionKey"] = "a key for this test that is long enough",
            ["Web__RefreshAhead"] = "02:00:00",
        });
        await _web.Listens(_webPort);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        if (_web is not null) await _web.DisposeAsync();
        if (_identity is not null) await _identity.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Tokens_are_renewed_before_they_end_a_provider_that_is_away_ends_nothing_and_one_that_forgot_does()
    {
        await using var context = await _browser!.NewContextAsync(new() { BaseURL = Web, Locale = "en-US" });
        var page = await context.NewPageAsync();
        await page.GotoAsync("/sign-in?back=/account");
        await page.Locator("#name").FillAsync("alice");
        await page.Locator("#password").FillAsync("alice");
        await page.Locator("button").ClickAsync();
        await page.WaitForURLAsync($"{Web}/account");

        var first = await Session(context);
        await page.GotoAsync("/account");
        await Expect(page.Locator(".me")).ToHaveTextAsync("alice");
        Assert.NotEqual(first, await Session(context));

        await _identity!.DisposeAsync();
        await page.GotoAsync("/account");
        await Expect(page.Locator(".me")).ToHaveTextAsync("alice");

        // another key: what it gave out before is worth nothing any more
        Directory.Delete(_folder, recursive: true);
        await StartIdentity();
        await Eventually.Holds("the session has ended, and the page says so", async () =>
        {
            await page.GotoAsync("/");
            return await page.Locator("main .notice a.button[href='/sign-in?back=%2F']").CountAsync() == 1;
        });
        await Expect(page.Locator(".me")).ToHaveCountAsync(0);
    }

    async Task StartIdentity()
    {
        var secrets = Clients.Select(
            c => KeyValuePair.Create($"{c.ToUpperInvariant()}_CLIENT_SECRET", $"secret of {c}"));
        _identity = ChildProcess.Start(
            "dotnet", [Built("local/CarShare.LocalIdentity", "CarShare.LocalIdentity")],
            new Dictionary<string, string>(secrets)
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Development",
                ["DATA"] = _folder,
                ["PORT"] = $"{_port}",
                ["WEB_ADDRESS"] = Web,
                ["REALM"] = Path.Combine(ChildProcess.RepositoryRoot, "identity/carshare-realm.json"),
            });
        await _identity.Listens(_port);
    }

    static string Built(string folder, string name) =>
        Path.Combine(ChildProcess.RepositoryRoot, folder, "bin", ChildProcess.Configuration, "net10.0", $"{name}.dll");

    static async Task<string> Session(IBrowserContext context) =>
        string.Concat((await context.CookiesAsync()).Where(c => c.Name.StartsWith("carshare", StringComparison.Ordinal)
            && c.Path == "/" && !c.Name.Contains("form", StringComparison.Ordinal)).Select(c => c.Value));
}
