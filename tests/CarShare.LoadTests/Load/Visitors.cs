using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Load;

/// <summary>
/// People with a browser each: signed in through the provider's own page, they look at one page after another.
/// </summary>
sealed partial class Visitors(Uri site, Guid product) : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly string[] _pages = ["/", $"/cars/{product}", "/rentals", "/account", "/messages"];
    readonly List<HttpClient> _browsers = [];

    /// <summary>Of the pages looked at.</summary>
    public Latencies Latencies { get; } = new();

    public async Task SignIn(int count, CancellationToken ct)
    {
        for (var i = _browsers.Count; i < count; i++)
        {
            var browser = Browser();
            _browsers.Add(browser);
            await SignIn(browser, $"visitor-{i}", ct);
        }
    }

    /// <summary>Each looks at a page every <paramref name="pause"/>, not all at the same moment.</summary>
    public Task Browse(TimeSpan pause, CancellationToken end) => Task.WhenAll(_browsers.Select(async (browser, i) =>
    {
        try
        {
            await Task.Delay(pause * i / _browsers.Count, end);
            using var timer = new PeriodicTimer(pause);
            var seen = i;
            do await Open(browser, _pages[seen++ % _pages.Length], end);
            while (await timer.WaitForNextTickAsync(end));
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // the time is over
        }
    }));

    /// <summary>The first page as somebody sees it who was never here.</summary>
    public async Task OpenFirst(CancellationToken ct)
    {
        using var stranger = Browser();
        await Open(stranger, "/", ct);
    }

    async Task Open(HttpClient browser, string page, CancellationToken ct)
    {
        var since = Stopwatch.GetTimestamp();
        using var answer = await browser.GetAsync(page, ct);
        var text = await answer.Content.ReadAsStringAsync(ct);
        if (!answer.IsSuccessStatusCode || !text.Contains("</html>", StringComparison.Ordinal))
            throw new CannotRunException($"GET {page}: {(int)answer.StatusCode}");
        Latencies.Add(Stopwatch.GetElapsedTime(since));
    }

    HttpClient Browser() => new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = site, Timeout = Patience };

    static async Task SignIn(HttpClient browser, string name, CancellationToken ct)
    {
        using var page = await browser.GetAsync("/sign-in?back=/rentals", ct);
        var text = await page.Content.ReadAsStringAsync(ct);
        var hidden = Hidden().Matches(text).Select(m => KeyValuePair.Create(m.Groups[1].Value, m.Groups[2].Value));
        var action = WebUtility.HtmlDecode(Action().Match(text).Groups[1].Value);
        using var answer = await browser.PostAsync(
            new Uri(page.RequestMessage!.RequestUri!, action),
            new FormUrlEncodedContent([.. hidden, new("name", name), new("password", name)]), ct);
        if (answer.RequestMessage!.RequestUri!.AbsolutePath != "/rentals" || !answer.IsSuccessStatusCode)
            throw new CannotRunException($"{name} could not sign in: {(int)answer.StatusCode} at "
                + $"{answer.RequestMessage.RequestUri}.");
    }

    public void Dispose() => _browsers.ForEach(browser => browser.Dispose());

    [GeneratedRegex("<input type=\"hidden\" name=\"([^\"]*)\" value=\"([^\"]*)\"")]
    private static partial Regex Hidden();

    [GeneratedRegex("<form method=\"post\" action=\"([^\"]*)\"")]
    private static partial Regex Action();
}
