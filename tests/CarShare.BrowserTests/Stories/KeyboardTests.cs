using CarShare.SystemTests;
using CarShare.Tests;
using Microsoft.Playwright;

namespace CarShare.BrowserTests.Stories;

/// <summary>Whoever has no mouse: every stop can be seen, in an order that makes sense, and none is a trap.</summary>
[Collection(nameof(Site))]
public sealed class KeyboardTests(Site site)
{
    const int MostStops = 80;

    /// <summary>What has the focus: its place in the page, and whether one sees that it has.</summary>
    const string Focused =
        """
        () => {
          const at = document.activeElement;
          if (!at || at === document.body) return null;
          // the parts of a date are the browser's own, and so is their outline
          const around = [at, at.closest('.card'), at.nextElementSibling, at.closest('label')];
          const seen = at.matches('input[type^=date]') || around.some(e => {
            const style = e && getComputedStyle(e);
            return style && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
          });
          const box = at.getBoundingClientRect();
          return { what: at.id || at.name || at.getAttribute('href') || at.textContent.trim().slice(0, 40),
            inMain: !!at.closest('main'), seen: seen && box.width > 0 && box.height > 0 };
        }
        """;

    [Fact]
    public async Task A_car_is_rented_and_the_rental_cancelled_with_the_keyboard_alone()
    {
        var name = $"keys-{Guid.NewGuid():N}"[..20];
        await site.Customer(name).TopUp(50_000);
        var product = await site.Operator().Registers(cars: 2);
        await using var visitor = await (await site.Visitor(View.English)).SignsIn(name);
        var page = visitor.Page;

        await visitor.Opens($"/cars/{product.ProductId}");
        await GoesTo(page, "hours");
        await page.Keyboard.PressAsync("Control+A");
        await page.Keyboard.TypeAsync("2");
        await GoesTo(page, "Form.Vehicle");
        await page.Keyboard.PressAsync("ArrowDown");
        await GoesTo(page, "address");
        await page.Keyboard.TypeAsync("12 Sejong-daero, Seoul");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/rentals/*");
        var order = Guid.Parse(new Uri(page.Url).Segments[^1]);
        Assert.Equal(2, (await site.Customer(name).Reads(order)).Hours);

        await Eventually.Holds("the rental can be cancelled", async () =>
            await page.Locator("form button.bad").CountAsync() == 1);
        await GoesTo(page, (await page.Locator("form button.bad").TextContentAsync())!.Trim());
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**said=cancelled");
        Assert.Empty(visitor.Complaints);
    }

    [Fact]
    public async Task On_every_page_the_first_stop_skips_to_what_it_is_about_and_every_stop_can_be_seen()
    {
        var customer = await site.Customer().TopUp(50_000);
        var product = await site.Operator().Registers(cars: 1);
        var order = await customer.Rents(product.ProductId);
        await customer.SeesOnPage(order.OrderId, "the delivery", page => page.DeliveryStatus is not null);
        await using var renter = await (await site.Visitor(View.English)).SignsIn(customer.Name);
        await using var staff = await (await site.Visitor(View.English)).SignsIn("operator", "/operator");
        foreach (var (visitor, paths) in new[] { (renter, Paths.OfCustomers), (staff, Paths.OfOperators) })
            foreach (var path in paths.Select(p => Paths.Filled(p, product.ProductId, order.OrderId, customer.Name)))
            {
                await Begins(visitor, path);
                var stops = await Stops(visitor.Page);
                Assert.True(stops.Count < MostStops, $"{path} has no end: {string.Join(", ", stops)}");
                Assert.All(stops, stop => Assert.True(stop.Seen, $"{path}: one does not see where {stop.What} is"));
                Assert.True(stops[0].What.EndsWith("#main", StringComparison.Ordinal),
                    $"{path} begins at {string.Join(", ", stops.Select(stop => stop.What))}");

                await Begins(visitor, path);
                await visitor.Page.Keyboard.PressAsync("Tab");
                await visitor.Page.Keyboard.PressAsync("Enter");
                await visitor.Page.WaitForFunctionAsync("document.activeElement?.id === 'main'");
                await visitor.Page.Keyboard.PressAsync("Tab");
                // a page about which nothing can be done ends there
                if (stops.Any(stop => stop.InMain))
                    Assert.True((await At(visitor.Page))?.InMain, $"{path}: the first stop skips nothing");
            }
    }

    /// <summary>At the very top: the page itself puts the focus on its heading, behind what all have.</summary>
    static async Task Begins(Visitor visitor, string path)
    {
        await visitor.Opens(path);
        await visitor.Page.WaitForFunctionAsync("document.activeElement?.tagName === 'H1'");
        await visitor.Page.EvaluateAsync("document.body.tabIndex = -1; document.body.focus()");
    }

    /// <summary>Every stop until the page is left behind or one comes round again.</summary>
    static async Task<List<Stop>> Stops(IPage page)
    {
        var stops = new List<Stop>();
        for (var i = 0; i < MostStops; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            if (await At(page) is not { } stop || (stops.Count > 1 && stop == stops[0])) break;
            stops.Add(stop);
        }

        return stops;
    }

    static async Task GoesTo(IPage page, string what)
    {
        var passed = new List<string>();
        for (var i = 0; i < MostStops; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            var stop = await At(page);
            if (stop?.What == what) return;
            passed.Add(stop?.What ?? "-");
        }

        Assert.Fail($"{what} cannot be reached: {string.Join(", ", passed)}");
    }

    static async Task<Stop?> At(IPage page) =>
        await page.EvaluateAsync<Stop?>(Focused);

    sealed record Stop
    {
        public string What { get; init; } = "";

        public bool InMain { get; init; }

        public bool Seen { get; init; }
    }
}
