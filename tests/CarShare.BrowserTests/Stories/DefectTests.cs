using CarShare.Contracts;
using CarShare.SystemTests;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CarShare.BrowserTests.Stories;

/// <summary>An operator writes a car off that somebody has ordered, and sees what becomes of the order.</summary>
[Collection(nameof(Site))]
public sealed class DefectTests(Site site)
{
    static readonly LocatorAssertionsToContainTextOptions Patiently = new() { Timeout = 30_000 };

    // F11 F12
    [Theory]
    [MemberData(nameof(View.All), MemberType = typeof(View))]
    public async Task Another_car_takes_its_place_and_is_named(string view)
    {
        var customer = await site.Customer().TopUp(50_000);
        var product = await site.Operator().Registers(cars: 2);
        var order = await customer.Rents(product.ProductId);
        var other = (await site.Operator().Vehicles(product.ProductId))
            .Single(car => car.VehicleId != order.Vehicles[0].VehicleId);
        await using var visitor = await WritesOff(view, order, product.ProductId);

        await Expect(visitor.Page.Locator("#live .notice")).ToContainTextAsync(order.Vehicles[0].Plate);
        await Expect(visitor.Page.Locator("#live .notice")).ToContainTextAsync(
            other.Plate, Patiently);
        await visitor.Looks("replaced");
        await visitor.Page.Locator($"#live a[href='/operator/orders/{order.OrderId}']").ClickAsync();
        await Expect(visitor.Page.Locator("#live .plate").First).ToContainTextAsync(
            other.Plate[^3..], Patiently);
    }

    // F11
    [Theory]
    [MemberData(nameof(View.All), MemberType = typeof(View))]
    public async Task With_no_other_car_its_order_is_cancelled_and_that_is_said(string view)
    {
        var customer = await site.Customer().TopUp(50_000);
        var product = await site.Operator().Registers(cars: 1);
        var order = await customer.Rents(product.ProductId);
        await using var visitor = await WritesOff(view, order, product.ProductId);

        await Expect(visitor.Page.Locator("#live .notice.bad")).ToContainTextAsync(
            order.Vehicles[0].Plate, Patiently);
        await visitor.Looks("shortage");
        await customer.SeesOrder(order.OrderId, OrderStatus.Cancelled);
        await visitor.Page.Locator($"#live a[href='/operator/orders/{order.OrderId}']").ClickAsync();
        await Expect(visitor.Page.Locator(".steps.ended .now")).ToBeVisibleAsync(
            new() { Timeout = 30_000 });
    }

    async Task<Visitor> WritesOff(string view, OrderDto order, Guid product)
    {
        var visitor = await (await site.Visitor(View.Named(view))).SignsIn("operator", $"/operator/fleet/{product}");
        await visitor.Page.Locator($"button[value='Defective:{order.Vehicles[0].VehicleId}']").ClickAsync();
        await visitor.Page.WaitForURLAsync($"**order={order.OrderId}");
        return visitor;
    }
}
