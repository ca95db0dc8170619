using CarShare.Contracts;
using CarShare.SystemTests;
using CarShare.Tests;
using Npgsql;
using static Microsoft.Playwright.Assertions;

namespace CarShare.BrowserTests.Stories;

/// <summary>An operator's day.</summary>
[Collection(nameof(Site))]
public sealed class OperatorTests(Site site)
{
    // F16
    [Theory]
    [MemberData(nameof(View.All), MemberType = typeof(View))]
    public async Task A_model_is_registered_priced_anew_and_its_cars_are_added_written_off_and_retired(string view)
    {
        var tag = $"{Guid.NewGuid():N}"[..8];
        await using var visitor = await (await site.Visitor(View.Named(view))).SignsIn("operator", "/operator/fleet");
        var page = visitor.Page;
        await page.Locator("#model").FillAsync($"Model {tag}");
        await page.Locator("#rate").FillAsync("7000");
        await page.Locator("#place").FillAsync("Busan");
        await page.Locator("form:has(#model) button").ClickAsync();
        await Expect(page.Locator("#plates-error")).Not.ToBeEmptyAsync();
        await visitor.Looks("fleet");
        await page.Locator("#plates").FillAsync($"{tag}-1\n{tag}-2");
        await page.Locator("form:has(#model) button").ClickAsync();
        await page.WaitForURLAsync("**/operator/fleet/*said=registered");
        await Expect(page.Locator("table .plate")).ToHaveCountAsync(2);

        await page.Locator("#rate").FillAsync("8000");
        await page.Locator("form:has(#rate) button").ClickAsync();
        await page.WaitForURLAsync("**said=saved");
        await Expect(page.Locator("#rate")).ToHaveValueAsync("8000");
        await page.Locator("#plates").FillAsync($"{tag}-3");
        await page.Locator("form:has(#plates) button").ClickAsync();
        await page.WaitForURLAsync("**said=cars-added");
        await Expect(page.Locator("table .plate")).ToHaveCountAsync(3);
        await page.Locator("button[value^='Defective:']").First.ClickAsync();
        await Expect(page.Locator("table .badge.bad")).ToHaveCountAsync(1);
        await visitor.Looks("model");
        await page.Locator("form button.bad").ClickAsync();
        await page.WaitForURLAsync("**/operator/fleet?said=retired");
    }

    // F4 F6 F16
    [Theory]
    [MemberData(nameof(View.All), MemberType = typeof(View))]
    public async Task An_order_is_found_and_its_car_sent_and_handed_over_on_the_board(string view)
    {
        var customer = await site.Customer().TopUp(50_000);
        var product = await site.Operator().Registers(cars: 1);
        var order = await customer.Rents(product.ProductId);
        await customer.SeesOnPage(order.OrderId, "the delivery", page => page.DeliveryStatus is not null);
        await using var visitor = await (await site.Visitor(View.Named(view)))
            .SignsIn("operator", "/operator/deliveries");
        var page = visitor.Page;
        await visitor.Looks("board");

        await page.Locator($"button[value='dispatch:{order.OrderId}']").ClickAsync();
        await page.Locator($"button[value='complete:{order.OrderId}']").ClickAsync();
        await customer.SeesOrder(order.OrderId, OrderStatus.InUse);

        await visitor.Opens($"/operator/orders?status=InUse&customer={customer.Name}");
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
        await visitor.Looks("orders");
        await page.Locator($"a[href='/operator/orders/{order.OrderId}']").ClickAsync();
        await Expect(page.Locator("#live .steps li").Nth(3)).ToHaveAttributeAsync("aria-current", "step");
        await visitor.Looks("order");
        await visitor.Opens($"/operator/customers?search={customer.Name}");
        await visitor.Looks("customers");
        foreach (var part in (string[])["rentals", "deposit", "messages"])
        {
            await visitor.Opens($"/operator/customers/{customer.Name}?show={part}");
            await Expect(page.Locator("h1")).ToContainTextAsync(customer.Name);
            await visitor.Looks($"customer-{part}");
        }
    }

    [Theory]
    [MemberData(nameof(View.All), MemberType = typeof(View))]
    public async Task The_overview_counts_what_happens(string view)
    {
        await using var visitor = await (await site.Visitor(View.Named(view))).SignsIn("operator", "/operator");
        // what the services had counted before the gateway first looked is nobody's minute
        await Expect(visitor.Page.Locator("#live .scroll tbody tr")).ToHaveCountAsync(
            6, new() { Timeout = 30_000 });
        var customer = await site.Customer().TopUp(50_000);
        var order = await customer.Rents((await site.Operator().Registers(cars: 1)).ProductId);
        await customer.SeesOnPage(order.OrderId, "the delivery", page => page.DeliveryStatus is not null);
        await site.Operator().Moves(order.OrderId, "dispatch");
        await customer.SeesOrder(order.OrderId, OrderStatus.Dispatched);
        await Expect(visitor.Page.Locator(".tile dd").First).Not.ToHaveTextAsync("0", new() { Timeout = 30_000 });
        await Expect(visitor.Page.Locator(".tile dd").Nth(1)).Not.ToHaveTextAsync("–", new() { Timeout = 30_000 });
        Assert.NotEqual(0, await visitor.Page.Locator(".chart .bar-good").CountAsync());
        await visitor.Looks("overview");
    }

    // F17 N6
    [Theory]
    [MemberData(nameof(View.All), MemberType = typeof(View))]
    public async Task A_dead_letter_says_why_and_redriving_it_lets_the_rental_go_on(string view)
    {
        var customer = await site.Customer().TopUp(50_000);
        var product = await site.Operator().Registers(cars: 1);
        await using var store = await site.Connect("deliveriesdb");
        await Run("ADD CONSTRAINT not_them CHECK (customer_id <> '" + customer.Name + "')");
        await using var visitor = await (await site.Visitor(View.Named(view))).SignsIn("operator", "/operator");
        var page = visitor.Page;
        OrderDto order;
        try
        {
            order = await customer.Rents(product.ProductId);
            await Eventually.Holds("the letter is shown", async () =>
            {
                await visitor.Opens("/operator/dead-letters");
                return await page.Locator("tbody tr").CountAsync() == 1;
            }, TimeSpan.FromMinutes(1));
            await Expect(page.Locator("tbody tr")).ToContainTextAsync("not_them");
            await visitor.Looks("dead-letters");
            await visitor.Opens("/operator");
            await Expect(page.Locator(".tile dd").Last).ToHaveTextAsync("1", new() { Timeout = 30_000 });
            await visitor.Opens("/operator/dead-letters");
        }
        finally
        {
            await Run("DROP CONSTRAINT not_them");
        }

        await page.Locator("tbody tr button").ClickAsync();
        await page.WaitForURLAsync("**said=redriven");

        await customer.SeesOnPage(order.OrderId, "the delivery", p => p.DeliveryStatus is not null);
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(0);

        async Task Run(string change)
        {
            await using var command = new NpgsqlCommand($"ALTER TABLE deliveries {change}", store);
            await command.ExecuteNonQueryAsync();
        }
    }
}
