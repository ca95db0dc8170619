using System.Text.Json;
using CarShare.Contracts;
using CarShare.Orders.Domain;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Mvc;

namespace CarShare.Orders.Features;

/// <summary>
/// The answer to the request that made an order, as it is kept in its row: a repeat gets the same one, by whatever
/// adapter.
/// </summary>
static class StoredAnswer
{
    public static void StoreAnswer(this Order order, Verdict<OrderDto> answer)
    {
        if (answer.Refusal is { } refusal)
            order.Answer(refusal.Kind.Status(), JsonSerializer.Serialize(refusal.Document(), ApiJson.Options));
        else
            order.Answer(answer.Value.Status == OrderStatus.AwaitingPayment ? 202 : 201, JsonSerializer.Serialize(
                answer.Value, ApiJson.Options));
    }

    /// <summary>What the row says to whoever asked for the order but did not decide it.</summary>
    public static Verdict<OrderDto> Find(Order order) => order switch
    {
        { AnswerStatus: < 300, AnswerBody: { } body } => JsonSerializer.Deserialize<OrderDto>(body, ApiJson.Options)!,
        { AnswerStatus: { } status, AnswerBody: { } body } => Refused(status, body),
        { Status: OrderStatus.Rejected } =>
            new Refusal(RefusalKind.Unavailable, order.Reason!, "The order could not be taken. Try again shortly."),
        { Status: OrderStatus.Pending } => Attempts.StillWorking,
        _ => Rules.OnlyOpenOrdersArePlaced with
        {
            Sentence = $"The order is {order.Status}{(order.Reason is null ? "" : $" ({order.Reason})")}.",
        },
    };

    static Refusal Refused(int status, string body)
    {
        var problem = JsonSerializer.Deserialize<ProblemDetails>(body, ApiJson.Options)!;
        var kind = Enum.GetValues<RefusalKind>().First(kind => kind.Status() == status);
        return new(kind, problem.Type![(problem.Type!.LastIndexOf(':') + 1)..], problem.Detail!)
        {
            TraceId = problem.Extensions.TryGetValue("traceId", out var trace) ? trace?.ToString() : null,
        };
    }
}
