using System.Text.Json;
using CarShare.Contracts;
using CarShare.CustomerPages.Data;
using CarShare.CustomerPages.Domain;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CarShare.CustomerPages.Features;

/// <summary>Operators look up who rented, from what the pages know: no other service is asked.</summary>
public static class ReadCustomers
{
    const int MostPast = 20, MostOpen = 100;

    public static void Map(RouteGroupBuilder customers)
    {
        customers.MapGet("", Find).WithName("FindCustomers");
        customers.MapGet("/{customerId}", Read).WithName("GetCustomer").Produces<CustomerDetailDto>()
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    static async Task<Results<Ok<Page<CustomerDto>>, RefusedHttpResult>> Find(
        string? search, string? after, int? limit, PageReader pages, HttpContext http, CancellationToken ct)
    {
        var take = limit ?? 20;
        var validator = new Validator().Range("limit", take, 1, 100);
        if (search is not null) validator.Text("search", search, 1, 100);
        if (validator.Refusal is { } invalid) return invalid.ToProblem();

        var last = after is null ? "" : ListCursor.Read(http, after) ?? throw ListCursor.Foreign();
        var found = await pages.Find(search is null ? "" : CustomerWords.Sought(search), last, take + 1, ct);
        var next = found.Count > take ? ListCursor.Of(http, found[take - 1].CustomerId) : null;
        return TypedResults.Ok(new Page<CustomerDto>([.. found.Take(take).Select(ToDto)], next));
    }

    static async Task<Results<Utf8ContentHttpResult,
        RefusedHttpResult>> Read(string customerId, PageReader pages, CancellationToken ct)
    {
        if (await pages.Customer(customerId, ct) is not { } customer) return Refusal.NotFound(
            "There is no such customer.").ToProblem();
        var open = await pages.Open(customerId, MostOpen, ct);
        var isOpen = open.Select(page => page.OrderId).ToHashSet();
        var past = (await pages.Newest(customerId, null, MostPast + isOpen.Count, ct))
            .Where(page => !isOpen.Contains(page.OrderId)).Take(MostPast);
        return Documents.Json(json =>
        {
            json.Text($"{{\"customerId\":{JsonSerializer.Serialize(customerId)},\"contact\":{customer.Contact},");
            json.Text($"\"balance\":{customer.Balance},\"owed\":{customer.Owed},\"open\":");
            json.Items(open);
            json.Text(",\"past\":");
            json.Items([.. past]);
            json.Text("}");
        });
    }

    static CustomerDto ToDto(StoredCustomer c) => new(
        c.CustomerId, JsonSerializer.Deserialize<Contact?>(c.Contact, EventJson.Options),
        JsonSerializer.Deserialize<decimal?>(c.Balance),
        JsonSerializer.Deserialize<decimal?>(c.Owed));
}
