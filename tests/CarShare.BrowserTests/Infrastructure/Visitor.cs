using System.Collections.Concurrent;
using CarShare.Tests;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace CarShare.BrowserTests;

/// <summary>
/// A person at a browser. What the browser complains about is kept, and every page looked at is checked and kept as a
/// picture.
/// </summary>
public sealed class Visitor : IAsyncDisposable
{
    static readonly string Pictures = Path.Combine(ChildProcess.RepositoryRoot, "artifacts/screenshots");

    readonly ConcurrentQueue<string> _complaints = new();
    readonly ConcurrentQueue<IRequest> _requests = new();
    readonly View _view;
    readonly string _site;

    public Visitor(IPage page, View view, string site)
    {
        (Page, _view, _site) = (page, view, site);
        page.PageError += (_, error) => _complaints.Enqueue(error);
        page.Console += (_, message) =>
        {
            // a status that a page means is told by the console, too
            if (message.Type == "error" && !message.Text.Contains("Failed to load resource",
                StringComparison.Ordinal)) _complaints.Enqueue(message.Text);
        };
        page.Request += (_, request) => _requests.Enqueue(request);
    }

    public IPage Page { get; }

    /// <summary>Everything asked for since the last call.</summary>
    public IReadOnlyList<IRequest> Requests
    {
        get
        {
            var those = _requests.ToArray();
            _requests.Clear();
            return those;
        }
    }

    /// <summary>What the browser did not like: errors of scripts, and what the policy forbids.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    /// <summary>Through the provider's own page.</summary>
    public async Task<Visitor> SignsIn(string name, string back = "/")
    {
        await Page.GotoAsync($"/sign-in?back={Uri.EscapeDataString(back)}");
        await Page.Locator("#name").FillAsync(name);
        await Page.Locator("#password").FillAsync(name);
        await Page.Locator("button").ClickAsync();
        await Page.WaitForURLAsync($"{_site}{back}");
        return this;
    }

    public async Task Opens(string path) => await Page.GotoAsync(path);

    /// <summary>Keeps a picture, and finds nothing that keeps anybody out (WCAG 2.2 AA).</summary>
    public async Task Looks(string name)
    {
        Directory.CreateDirectory(Pictures);
        await Page.ScreenshotAsync(new()
        {
            Path = Path.Combine(Pictures, $"{name}-{_view.Name}.png"),
            FullPage =
            true
        });
        var found = await Page.RunAxe(new AxeRunOptions
        {
            RunOnly = new()
            {
                Type = "tag",
                Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa",
                "best-practice"]
            },
        });
        var wrong = found.Violations.Select(v =>
            $"{v.Id}: {string.Join(" | ", v.Nodes.Take(3).Select(node => node.Html))}");
        Assert.True(found.Violations.Length == 0, $"{name} ({_view.Name}): {string.Join('\n', wrong)}");
        var (content, screen) = (await Page.EvaluateAsync<int>("document.documentElement.scrollWidth"), _view.Width);
        Assert.True(content <= screen, $"{name} is {content} wide on a screen of {screen}");
        Assert.Empty(Complaints);
    }

    public ValueTask DisposeAsync() => new(Page.Context.CloseAsync());
}
