using Aspire.Hosting.Testing;
using CarShare.SystemTests;
using CarShare.Tests;
using Microsoft.Playwright;

namespace CarShare.BrowserTests;

/// <summary>The whole system with a browser in front of it. Deliveries move by hand, and an hour is a second.</summary>
public class Site : CarShareSystem
{
    IPlaywright? _playwright;
    IBrowser? _browser;

    /// <summary>Where people find it.</summary>
    public string Address => App.GetEndpoint("gateway", "http").ToString().TrimEnd('/');

    /// <summary>Debian's package; another browser of that kind by its path.</summary>
    static string Chromium { get; } = Environment.GetEnvironmentVariable("CARSHARE_CHROMIUM") ?? "/usr/bin/chromium";

    protected override IEnumerable<string> Arguments =>
    [
        "--Settings:deliveries:Deliveries__AutoDispatchAfter=-00:00:01",
        "--Settings:deliveries:Deliveries__AutoRetrieveAfter=-00:00:01",
        "--Settings:orders:Orders__HourLength=00:00:01",
        "--Settings:orders:Orders__SweepInterval=00:00:00.5",
        "--Replicas:web=2",
    ];

    public override async ValueTask InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await Launch(_playwright);
        await base.InitializeAsync();
        await IsHealthy("web");
    }

    public static Task<IBrowser> Launch(IPlaywright playwright)
    {
        const string Advice = "apt-get install chromium, or say where one is with CARSHARE_CHROMIUM";
        Assert.True(File.Exists(Chromium), $"{Chromium} is missing: {Advice}.");
        return playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = ["--no-sandbox"] });
    }

    public override async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Somebody with a browser of their own.</summary>
    public async Task<Visitor> Visitor(View view, bool script = true)
    {
        var context = await _browser!.NewContextAsync(new()
        {
            BaseURL = Address,
            Locale = view.Locale,
            TimezoneId = "Asia/Seoul",
            JavaScriptEnabled = script,
            ReducedMotion = ReducedMotion.Reduce,
            ColorScheme = view.IsDark ? ColorScheme.Dark : ColorScheme.Light,
            ViewportSize =
                new() { Width = view.Width, Height = 800 },
        });
        context.SetDefaultTimeout(30_000);
        return new(await context.NewPageAsync(), view, Address);
    }
}

[CollectionDefinition(nameof(Site))]
public sealed class SiteCollection : ICollectionFixture<Site>;
