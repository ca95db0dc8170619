using CarShare.Contracts;
using CarShare.Stocks.Domain;

namespace CarShare.UnitTests.Stocks;

public sealed class ProductTests
{
    static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_registered_product_has_published_its_numbers_and_is_found_at_home_in_any_spelling()
    {
        var product = Registered();

        Assert.Equal((3, 2, 3, 1L), (
            product.PublishedTotal, product.PublishedAvailable, product.Total, product.Version));
        Assert.Equal(("Seoul Station", "Seoul Station"), (product.Location, product.ShownLocation));
        Assert.Equal(["seoul station"], product.Places);
    }

    [Theory]
    [InlineData("Ioniq 6", null, "Ioniq 6", 9_000)]
    [InlineData(null, 8_000, "Ioniq 5", 8_000)]
    public void What_is_not_named_stays_and_each_change_is_a_version_and_an_edition(
        string? name, int? rate, string nameAfter, int rateAfter)
    {
        var product = Registered();

        Assert.True(product.Change(name, rate));

        Assert.Equal((nameAfter, rateAfter, 2L, 1), (
            product.ModelName, product.HourlyRate, product.Version, product.Edition));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("Ioniq 5", 9_000)]
    public void What_is_so_already_is_no_change(string? name, int? rate)
    {
        var product = Registered();
        Assert.False(product.Change(name, rate));
        Assert.Equal((1L, 0), (product.Version, product.Edition));
    }

    [Fact]
    public void A_retired_product_offers_nothing()
    {
        var product = Registered();
        product.Retire(Now);
        Assert.Equal((Now, 0, 2L, 1), (
            product.RetiredAt, product.PublishedAvailable, product.Version, product.Edition));
    }

    [Fact]
    public void A_car_is_retired_unless_an_order_holds_it_and_is_never_free_again()
    {
        var car = new Vehicle { VehicleId = Guid.CreateVersion7(), Plate = "12가3456", Location = "Depot" };
        car.ReserveFor(Guid.CreateVersion7());
        Assert.Equal(VehicleState.Reserved, car.ShownState);
        Assert.Throws<InvalidOperationException>(car.Retire);
        car.HandOver();
        Assert.Equal(VehicleState.InUse, car.ShownState);
        car.Release();
        Assert.Equal((true, VehicleState.Available), (car.IsFree, car.ShownState));
        car.Retire();
        Assert.Equal((false, VehicleState.Retired), (car.IsFree, car.ShownState));
    }

    static Product Registered() => Product.Register("Ioniq 5", 9_000, "Seoul Station", total: 3, available: 2);
}
