namespace CarShare.BrowserTests;

/// <summary>Every page there is, by whose it is.</summary>
static class Paths
{
    public static IReadOnlyList<string> OfCustomers { get; } =
        ["/", "/cars/{product}", "/rentals", "/rentals/{order}", "/account", "/messages"];

    public static IReadOnlyList<string> OfOperators { get; } =
    [
        "/operator", "/operator/orders", "/operator/orders/{order}", "/operator/deliveries", "/operator/fleet",
        "/operator/fleet/{product}", "/operator/fleet/{product}?broken={order}&order={order}",
        "/operator/customers", "/operator/customers/{customer}", "/operator/dead-letters",
    ];

    public static string Filled(string path, Guid product, Guid order, string customer) =>
        path.Replace("{product}", $"{product}", StringComparison.Ordinal)
            .Replace("{order}", $"{order}", StringComparison.Ordinal)
            .Replace("{customer}", customer, StringComparison.Ordinal);
}
