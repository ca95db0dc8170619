using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using CarShare.Contracts;
using CarShare.Orders.Domain;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;

namespace CarShare.Orders.Features;

/// <summary>An answer whose status and body are kept with the order, so that a repeated request gets the same one word for word.</summary>
sealed class Answer(int status, string body, Guid? orderId = null) : IResult, IStatusCodeHttpResult, IEndpointMetadataProvider
{
    const int PayAgainAfterSeconds = 5;

    public int? StatusCode => status;

    public static Answer Of(int status, Order order) => new(status, JsonSerializer.Serialize(order.ToDto(), ApiJson.Options), order.OrderId);

    public static Answer Problem(int status, string code, string detail)
    {
        var problem = Problems.Of(status, code, detail).ProblemDetails;
        problem.Title = ReasonPhrases.GetReasonPhrase(status);
        if (Activity.Current is { } activity) problem.Extensions["traceId"] = activity.TraceId.ToString();
        return new(status, JsonSerializer.Serialize(problem, ApiJson.Options));
    }

    public static Answer Closed(string detail) => Problem(StatusCodes.Status409Conflict, Rules.OnlyOpenOrdersArePlaced.Code, detail);

    public static Answer TryLater(string code, string detail) => Problem(StatusCodes.Status503ServiceUnavailable, code, detail);

    /// <summary>What the row says to whoever asked for the order but did not decide it.</summary>
    public static Answer FromRow(Order order) => order switch
    {
        { AnswerStatus: { } status, AnswerBody: { } body } => new(status, body, order.OrderId),
        { Status: OrderStatus.Rejected } => TryLater(order.Reason!, "The order could not be taken. Try again shortly."),
        { Status: OrderStatus.Pending } => TryLater("unavailable", "The order is still being worked on. Try again shortly."),
        _ => Closed($"The order is {order.Status}{(order.Reason is null ? "" : $" ({order.Reason})")}."),
    };

    public void KeepIn(Order order) => order.Answer(status, body);

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        response.ContentType = status < 300 ? "application/json; charset=utf-8" : "application/problem+json";
        if (status is StatusCodes.Status201Created or StatusCodes.Status202Accepted) response.Headers.Location = $"/orders/{orderId}";
        if (RetryAfter is { } seconds) response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return response.WriteAsync(body, httpContext.RequestAborted);
    }

    int? RetryAfter => status switch
    {
        StatusCodes.Status202Accepted => PayAgainAfterSeconds,
        StatusCodes.Status503ServiceUnavailable => 1,
        _ => null,
    };

    static void IEndpointMetadataProvider.PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        foreach (var status in new[] { 201, 202 }) builder.Metadata.Add(new ProducesResponseTypeMetadata(status, typeof(OrderDto), ["application/json"]));
        foreach (var status in new[] { 400, 402, 404, 409, 422, 503 })
            builder.Metadata.Add(new ProducesResponseTypeMetadata(status, typeof(ProblemDetails), ["application/problem+json"]));
    }
}
