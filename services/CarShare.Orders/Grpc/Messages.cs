using CarShare.Contracts;
using CarShare.Orders.Features;
using CarShare.ServiceDefaults;
using Grpc.Core;

namespace CarShare.Orders.Grpc;

/// <summary>What use cases take and answer, in gRPC.</summary>
static class Messages
{
    public const string ProblemTrailer = "carshare-problem", RetryAfterTrailer = "retry-after";

    public static PlaceOrderRequest ToRequest(this PlaceOrderCommand command)
    {
        var request = new PlaceOrderRequest(
            Id("product_id", command.ProductId), command.Hours, Cleaned("delivery_address", command.DeliveryAddress),
            command.HasQuantity ? command.Quantity : 1,
            command.HasVehicleId ? Id("vehicle_id", command.VehicleId) : null,
            command.Contact is { } contact
                ? new(Cleaned("contact.name", contact.Name), Cleaned("contact.phone", contact.Phone),
                    contact.HasEmail ? Cleaned("contact.email", contact.Email) : null)
                : null);
        return PlaceOrder.Check(request, command.IdempotencyKey) is { } invalid ? throw ToStatus(invalid) : request;
    }

    public static string CheckedKey(this PlaceOrderCommand command) =>
        Idempotency.IsKey(command.IdempotencyKey)
            ? command.IdempotencyKey : throw Invalid("idempotency_key", Idempotency.Form);

    public static Guid Id(this OrderName name) => Id("order_id", name.OrderId);

    public static Order ToMessage(this Verdict<OrderDto> answer) =>
        answer.Refusal is { } refusal ? throw ToStatus(refusal) : ToMessage(answer.Value);

    static Order ToMessage(OrderDto order)
    {
        var message = new Order
        {
            OrderId = $"{order.OrderId}",
            CustomerId = order.CustomerId,
            ProductId = $"{order.ProductId}",
            Quantity = order.Quantity,
            Hours = order.Hours,
            DeliveryAddress = order.DeliveryAddress,
            State = (OrderState)((int)order.Status + 1),
            Vehicles = { order.Vehicles.Select(
                car => new Vehicle { VehicleId = $"{car.VehicleId}", Plate = car.Plate }) },
        };
        if (order.ModelName is { } model) message.ModelName = model;
        if (order.HourlyRate is { } rate) message.HourlyRate = (long)rate;
        if (order.Amount is { } amount) message.Amount = (long)amount;
        if (order.Reason is { } reason) message.Reason = reason;
        if (order.Contact is { } contact)
        {
            message.Contact = new() { Name = contact.Name, Phone = contact.Phone };
            if (contact.Email is { } email) message.Contact.Email = email;
        }

        return message;
    }

    /// <summary>A <see cref="Refusal"/> in gRPC: the one translation.</summary>
    public static RpcException ToStatus(Refusal refusal, Exception? cause = null)
    {
        var code = refusal.Kind switch
        {
            RefusalKind.Invalid or RefusalKind.Impossible => StatusCode.InvalidArgument,
            RefusalKind.Unauthenticated => StatusCode.Unauthenticated,
            RefusalKind.Forbidden => StatusCode.PermissionDenied,
            RefusalKind.NotFound => StatusCode.NotFound,
            RefusalKind.Declined or RefusalKind.Conflict or RefusalKind.Stale => StatusCode.FailedPrecondition,
            RefusalKind.TooMany => StatusCode.ResourceExhausted,
            _ => StatusCode.Unavailable,
        };
        var sentence = refusal.Errors.Count == 0 ? refusal.Sentence
            : string.Join("; ", refusal.Errors.GroupBy(error => error.Field, error => error.Message)
                .Select(field => $"{field.Key} {string.Join(", ", field)}"));
        var trailers = new Metadata { { ProblemTrailer, refusal.Code } };
        if (refusal.RetryAfter is { } pause) trailers.Add(RetryAfterTrailer, $"{Math.Ceiling(pause.TotalSeconds)}");
        return new(new(code, sentence, cause), trailers);
    }

    static Guid Id(string field, string text) =>
        Ids.TryRead(text, out var id) ? id : throw Invalid(field, Ids.Form);

    static string Cleaned(string field, string text) =>
        Text.Clean(text) ?? throw Invalid(field, "must not contain control characters");

    public static RpcException Invalid(string field, string message) => ToStatus(Refusal.Invalid((field, message)));
}
