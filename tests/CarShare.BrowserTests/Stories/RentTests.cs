using CarShare.SystemTests;
using CarShare.Tests;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CarShare.BrowserTests.Stories;

/// <summary>What a customer does, from looking at cars to seeing the bill.</summary>
[Collection(nameof(Site))]
public sealed class RentTests(Site site)
{
    // F1 F2 F9 F13 F14
    [Theory]
    [MemberData(nameof(View.All), MemberType = typeof(View))]
    public async Task A_chosen_car_is_rented_arrives_while_one_looks_is_given_back_late_and_billed(string view)
    {
        var name = $"renter-{Guid.NewGuid():N}"[..20];
        var customer = await site.Customer(name).TopUp(50_000);
        var product = await site.Operator().Registers(cars: 2);
        await using var visitor = await (await site.Visitor(View.Named(view))).SignsIn(name);
        var page = visitor.Page;
        await visitor.Looks("cars");

        await visitor.Opens($"/cars/{product.ProductId}");
        await page.Locator("#hours").FillAsync("2");
        await Expect(page.Locator("#total")).ToContainTextAsync("2,000");
        var chosen = page.Locator(".choice").Last;
        var plate = (await chosen.Locator(".plate").TextContentAsync())!;
        await chosen.ClickAsync();
        await page.Locator("#address").FillAsync("서울 중구 세종대로 110");
        await visitor.Looks("rent");
        await page.Locator("button[value=rent]").ClickAsync();
        await page.WaitForURLAsync("**/rentals/*");
        await Expect(page.Locator("#live .plate").First).ToContainTextAsync(plate[^3..]);
        var order = Guid.Parse(new Uri(page.Url).Segments[^1]);

        await Reaches(page, 1);
        await site.Operator().Moves(order, "dispatch");
        await Reaches(page, 2);
        await site.Operator().Moves(order, "complete");
        await Reaches(page, 3);
        await visitor.Looks("rental");
        // two hours are two seconds here
        var late = (await customer.Reads(order)).ReturnBy!.Value.AddSeconds(1);
        await Eventually.Holds("it is late", () => Task.FromResult(DateTimeOffset.UtcNow > late));

        await page.Locator("form:has(#location) button").ClickAsync();
        await Expect(page.Locator("#location-error")).Not.ToBeEmptyAsync();
        await page.Locator("#location").FillAsync("서울역");
        await page.Locator("form:has(#location) button").ClickAsync();
        await page.WaitForURLAsync("**said=returned");
        await Reaches(page, 4);
        await Expect(page.Locator("#live dd.minus").First).ToBeVisibleAsync();
        await visitor.Looks("returned");

        await visitor.Opens("/account");
        await Expect(page.Locator("table tbody tr")).ToHaveCountAsync(3);
        await visitor.Looks("account");
        await visitor.Opens("/messages");
        await Expect(page.Locator(".messages li").First).ToBeVisibleAsync();
        await visitor.Looks("messages");
        await visitor.Opens("/rentals");
        await visitor.Looks("rentals");
    }

    // F5 F7
    [Theory]
    [MemberData(nameof(View.All), MemberType = typeof(View))]
    public async Task A_cancelled_rental_says_why_it_ended_and_what_came_back(string view)
    {
        var name = $"canceller-{Guid.NewGuid():N}"[..20];
        var customer = await site.Customer(name).TopUp(50_000);
        var product = await site.Operator().Registers(cars: 1);
        var order = await customer.Rents(product.ProductId);
        await customer.SeesOnPage(order.OrderId, "the delivery", page => page.DeliveryStatus is not null);
        await using var visitor = await (await site.Visitor(View.Named(view)))
            .SignsIn(name, $"/rentals/{order.OrderId}");

        await visitor.Page.Locator("form button.bad").ClickAsync();
        await visitor.Page.WaitForURLAsync("**said=cancelled");

        await Expect(visitor.Page.Locator(".steps.ended .now")).ToBeVisibleAsync();
        await Expect(visitor.Page.Locator("#live dd.plus")).ToContainTextAsync("2,000");
        await visitor.Looks("cancelled");
    }

    // F2 F15
    [Theory]
    [MemberData(nameof(View.All), MemberType = typeof(View))]
    public async Task Too_little_money_leads_to_the_top_up_and_back_to_a_car(string view)
    {
        var product = await site.Operator().Registers(cars: 1, hourlyRate: 9_000);
        await using var visitor = await (await site.Visitor(View.Named(view)))
            .SignsIn($"poor-{Guid.NewGuid():N}"[..20]);
        var page = visitor.Page;
        await visitor.Opens($"/cars/{product.ProductId}");
        await page.Locator("#address").FillAsync("Seoul");
        await page.Locator("button[value=rent]").ClickAsync();
        await Expect(page.Locator("#refusal")).ToBeVisibleAsync();
        await visitor.Looks("declined");

        await page.Locator("#refusal a.button").ClickAsync();
        await Expect(page.Locator("#amount")).ToHaveValueAsync("36000");
        await page.Locator("form:has(#amount) > button").ClickAsync();
        await page.WaitForURLAsync("**said=topped-up");
        await Expect(page.Locator(".amount")).ToContainTextAsync("36,000");

        await visitor.Opens($"/cars/{product.ProductId}");
        await page.Locator("#address").FillAsync("Seoul");
        await page.Locator("button[value=rent]").ClickAsync();
        await page.WaitForURLAsync("**/rentals/*");
    }

    // F3
    [Theory]
    [MemberData(nameof(View.All), MemberType = typeof(View))]
    public async Task The_last_car_that_somebody_else_took_is_told_with_others_that_are_free(string view)
    {
        var (taken, other) = (await site.Operator().Registers(cars: 1), await site.Operator().Registers(cars: 1));
        var name = $"late-{Guid.NewGuid():N}"[..20];
        await site.Customer(name).TopUp(50_000);
        await using var visitor = await (await site.Visitor(View.Named(view)))
            .SignsIn(name, $"/cars/{taken.ProductId}");
        await (await site.Customer().TopUp(50_000)).Rents(taken.ProductId);

        await visitor.Page.Locator("#address").FillAsync("Seoul");
        await visitor.Page.Locator("button[value=rent]").ClickAsync();

        await Expect(visitor.Page.Locator("#refusal .others a").First).ToBeVisibleAsync();
        Assert.NotEqual(0, await visitor.Page.Locator($"#refusal a[href='/cars/{other.ProductId}']").CountAsync());
        await visitor.Looks("out-of-stock");
    }

    /// <summary>The step line is at this step, without anybody loading the page again.</summary>
    static Task Reaches(IPage page, int step) =>
        Expect(page.Locator("#live .steps li").Nth(step)).ToHaveAttributeAsync("aria-current", "step");
}
