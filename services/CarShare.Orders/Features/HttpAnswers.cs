using CarShare.Contracts;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CarShare.Orders.Features;

/// <summary>What use cases answer, in HTTP.</summary>
static class HttpAnswers
{
    const string PayAgainAfterSeconds = "5";

    public static RouteHandlerBuilder Answers(this RouteHandlerBuilder route, params int[] problems)
    {
        foreach (var status in problems) route.ProducesProblem(status);
        return route;
    }

    public static async Task<Results<Ok<OrderDto>, RefusedHttpResult>> ToHttp(this Task<Verdict<OrderDto>> use)
    {
        var answer = await use;
        return answer.Refusal is { } refusal ? refusal.ToProblem() : TypedResults.Ok(answer.Value);
    }

    /// <summary>202: orders goes on by itself, and the customer may ask again.</summary>
    public static Accepted<OrderDto> AcceptedForNow(this HttpResponse response, OrderDto order)
    {
        response.Headers.RetryAfter = PayAgainAfterSeconds;
        return TypedResults.Accepted($"/orders/{order.OrderId}", order);
    }
}
