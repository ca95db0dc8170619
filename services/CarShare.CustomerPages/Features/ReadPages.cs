using System.Buffers;
using System.Text;
using CarShare.Contracts;
using CarShare.CustomerPages.Data;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CarShare.CustomerPages.Features;

public static class ReadPages
{
    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("", List).Produces<Page<CustomerPageDto>>();
        pages.MapGet("/{orderId}", Read).Produces<CustomerPageDto>().ProducesProblem(StatusCodes.Status404NotFound);
    }

    static async Task<Results<Utf8ContentHttpResult, ProblemHttpResult>> List(
        string? customerId, [AsParameters] Paging paging, CurrentUser user, PageReader pages, CancellationToken ct)
    {
        if (Access.TryChoose(user, customerId, out var customer) is { } problem) return problem;
        var page = Page.Of(await pages.Newest(customer, paging.After, paging.Take + 1, ct), paging, stored => Guid.Parse(stored.OrderId));

        // The documents are stored as JSON; taking them apart to put them together again would be the dearest part of a read.
        var json = new ArrayBufferWriter<byte>(64 + page.Items.Sum(stored => stored.Json.Length + 1));
        json.Write("{\"items\":["u8);
        for (var i = 0; i < page.Items.Count; i++)
        {
            if (i > 0) json.Write(","u8);
            json.Write(page.Items[i].Json);
        }

        json.Write(Encoding.UTF8.GetBytes(page.Next is { } next ? $"],\"next\":\"{next}\"}}" : "],\"next\":null}"));
        return Json(json.WrittenSpan);
    }

    static async Task<Results<Utf8ContentHttpResult, ProblemHttpResult>> Read(Guid orderId, string? customerId, CurrentUser user, PageReader pages, CancellationToken ct)
    {
        // Somebody else's page has another key: it is simply not there. An operator need not know whose it is.
        var customer = user.IsOperator ? customerId : user.CustomerId;
        return await pages.One(customer, orderId, ct) is { } page ? Json(page.Json) : Problems.NotFound("There is no page of this order.");
    }

    static Utf8ContentHttpResult Json(ReadOnlySpan<byte> utf8) => TypedResults.Text(utf8, "application/json; charset=utf-8");
}
