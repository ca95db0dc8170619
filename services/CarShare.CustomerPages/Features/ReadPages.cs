using CarShare.Contracts;
using CarShare.CustomerPages.Data;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CarShare.CustomerPages.Features;

public static class ReadPages
{
    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("", List).WithName("ListPages").Produces<Page<CustomerPageDto>>().ProducesProblem(404);
        pages.MapGet("/{orderId}", Read).WithName("GetPage").Produces<CustomerPageDto>().ProducesProblem(404);
    }

    static async Task<Results<Utf8ContentHttpResult, RefusedHttpResult>> List(
        string? customerId, [AsParameters] Paging paging, CurrentUser user, PageReader pages, CancellationToken ct)
    {
        if (Access.TryChoose(user, customerId, out var customer) is { } refusal) return refusal.ToProblem();
        var page = Page.Of(await pages.Newest(customer, paging.After, paging.Size + 1, ct), paging, stored =>
            Guid.Parse(stored.OrderId));
        return Documents.Json(json =>
        {
            json.Text("{\"items\":");
            json.Items(page.Items);
            json.Text(page.Next is { } next ? $",\"next\":\"{next}\"}}" : ",\"next\":null}");
        });
    }

    static async Task<Results<Utf8ContentHttpResult, RefusedHttpResult>> Read(
        Guid orderId, string? customerId, CurrentUser user, PageReader pages, CancellationToken ct)
    {
        // Somebody else's page has another key: it is simply not there. An operator need not know whose it is.
        var customer = user.IsOperator ? customerId : user.CustomerId;
        return await pages.One(customer, orderId, ct) is { } page
            ? Documents.Json(page.Json)
            : Refusal.NotFound("There is no page of this order.").ToProblem();
    }
}
