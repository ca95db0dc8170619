using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using CarShare.SystemTests;
using static Microsoft.Playwright.Assertions;

namespace CarShare.BrowserTests.Stories;

/// <summary>What may go wrong for a person has its own words and a way on.</summary>
[Collection(nameof(Site))]
public sealed class ErrorTests(Site site)
{
    [Theory]
    [MemberData(nameof(View.All), MemberType = typeof(View))]
    public async Task Whoever_is_offline_is_told_so_until_they_are_back(string view)
    {
        await using var visitor = await site.Visitor(View.Named(view));
        await visitor.Opens("/");
        var told = visitor.Page.Locator("#offline");
        await Expect(told).ToBeHiddenAsync();
        await visitor.Page.Context.SetOfflineAsync(true);
        await Expect(told).ToBeVisibleAsync();
        await visitor.Looks("offline");
        await visitor.Page.Context.SetOfflineAsync(false);
        await Expect(told).ToBeHiddenAsync();
    }

    // N8
    [Theory]
    [MemberData(nameof(View.All), MemberType = typeof(View))]
    public async Task What_is_somebody_elses_is_not_shown_and_there_is_a_way_back(string view)
    {
        var owner = await site.Customer().TopUp(50_000);
        var order = await owner.Rents((await site.Operator().Registers(cars: 1)).ProductId);
        await using var visitor = await (await site.Visitor(View.Named(view)))
            .SignsIn($"other-{Guid.NewGuid():N}"[..20]);
        foreach (var (path, status) in new[]
        {
            ("/operator/orders", HttpStatusCode.Forbidden), ($"/rentals/{order.OrderId}", HttpStatusCode.NotFound),
        })
        {
            var answer = await visitor.Page.GotoAsync(path);
            Assert.Equal((int)status, answer!.Status);
            await Expect(visitor.Page.Locator("main")).Not.ToContainTextAsync($"{order.OrderId}");
            await visitor.Looks($"refused-{(int)status}");
            await visitor.Page.Locator("main a.button").ClickAsync();
            await visitor.Page.WaitForURLAsync($"{site.Address}/");
        }
    }

    // F1
    [Theory]
    [MemberData(nameof(View.All), MemberType = typeof(View))]
    public async Task A_price_that_changed_meanwhile_is_shown_before_anything_is_paid(string view)
    {
        var name = $"thinker-{Guid.NewGuid():N}"[..20];
        var customer = await site.Customer(name).TopUp(50_000);
        var product = await site.Operator().Registers(cars: 1);
        await using var visitor = await (await site.Visitor(View.Named(view)))
            .SignsIn(name, $"/cars/{product.ProductId}");
        var page = visitor.Page;
        await page.Locator("#address").FillAsync("Seoul");
        using var dearer = JsonContent.Create(
            new { hourlyRate = 3_000 }, new MediaTypeHeaderValue("application/json"));
        using var changed = await site.Operator().Http.PatchAsync($"/stocks/{product.ProductId}", dearer);
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);

        await page.Locator("button[value=rent]").ClickAsync();
        await Expect(page.Locator("#total")).ToContainTextAsync("12,000");
        await Expect(page.Locator("main .notice")).ToBeVisibleAsync();
        await Expect(page.Locator("#address")).ToHaveValueAsync("Seoul");
        Assert.Equal(50_000, (await customer.Deposit()).Balance);
        await visitor.Looks("price-changed");

        await page.Locator("button[value=rent]").ClickAsync();
        await page.WaitForURLAsync("**/rentals/*");
        Assert.Equal(38_000, (await customer.Deposit()).Balance);
    }
}
