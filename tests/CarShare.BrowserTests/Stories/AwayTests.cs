using System.Net;
using CarShare.SystemTests;
using static Microsoft.Playwright.Assertions;

namespace CarShare.BrowserTests.Stories;

/// <summary>A part that is away is missing from a page, and the page is there.</summary>
[Collection(nameof(Site))]
public sealed class AwayTests(Site site)
{
    // N2
    [Theory]
    [InlineData("orders")]
    [InlineData("stocks")]
    [InlineData("payments")]
    [InlineData("deliveries")]
    [InlineData("customerpages")]
    [InlineData("notifications")]
    public async Task With_any_one_service_stopped_every_page_still_renders(string service)
    {
        var customer = await site.Customer($"steady-{Guid.NewGuid():N}"[..20]).TopUp(50_000);
        var product = await site.Operator().Registers(cars: 1);
        var order = await customer.Rents(product.ProductId);
        await customer.SeesOnPage(order.OrderId, "the delivery", page => page.DeliveryStatus is not null);
        await using var renter = await (await site.Visitor(View.English)).SignsIn(customer.Name);
        await using var staff = await (await site.Visitor(View.English)).SignsIn("operator", "/operator");
        await site.Stop(service);
        try
        {
            foreach (var (visitor, paths) in new[] { (renter, Paths.OfCustomers), (staff, Paths.OfOperators) })
                foreach (var path in paths.Select(
                    path => Paths.Filled(path, product.ProductId, order.OrderId, customer.Name)))
                {
                    var answer = await visitor.Page.GotoAsync(path);
                    Assert.True(answer!.Status is (int)HttpStatusCode.OK, $"{path} without {service}: {answer.Status}");
                    await Expect(visitor.Page.Locator("h1")).Not.ToBeEmptyAsync();
                }

            await staff.Opens("/operator");
            await Expect(staff.Page.Locator("#live .notice")).ToContainTextAsync(service);
            Assert.Empty(renter.Complaints);
            Assert.Empty(staff.Complaints);
        }
        finally
        {
            await site.Start(service);
        }
    }

    // N2 N3
    [Theory]
    [MemberData(nameof(View.All), MemberType = typeof(View))]
    public async Task With_payments_away_a_rental_waits_with_a_countdown_and_is_paid_when_they_are_back(string view)
    {
        var name = $"later-{Guid.NewGuid():N}"[..20];
        await site.Customer(name).TopUp(50_000);
        var product = await site.Operator().Registers(cars: 1);
        await using var visitor = await (await site.Visitor(View.Named(view))).SignsIn(name);
        await site.Stop("payments");
        try
        {
            await visitor.Opens($"/cars/{product.ProductId}");
            await visitor.Page.Locator("#address").FillAsync("Seoul");
            await visitor.Page.Locator("button[value=rent]").ClickAsync();
            await visitor.Page.WaitForURLAsync("**said=awaiting-payment");
            await Expect(visitor.Page.Locator(".countdown")).ToBeVisibleAsync();
            await visitor.Looks("pay-later");
        }
        finally
        {
            await site.Start("payments");
        }

        // it goes on by itself, before the eyes of whoever waits
        await Expect(visitor.Page.Locator(".countdown")).ToHaveCountAsync(0, new() { Timeout = 60_000 });
    }
}
