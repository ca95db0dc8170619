using Google.Protobuf;
using Grpc.Core;

namespace CarShare.Orders.Grpc;

/// <summary>
/// Bytes that are no message are the caller's mistake. The framework reads them before any interceptor is asked, and
/// takes what the generated reader throws for a fault of the service; so the methods are bound with this one.
/// </summary>
sealed class MessageReader(ServiceBinderBase binder) : ServiceBinderBase
{
    /// <summary>Called by the framework, which looks for the methods of the second parameter's type.</summary>
    public static void Bind(ServiceBinderBase binder, Orders.OrdersBase service) =>
        Orders.BindService(new MessageReader(binder), service);

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
        binder.AddMethod(
            new Method<TRequest, TResponse>(
                method.Type, method.ServiceName, method.Name, Careful(method.RequestMarshaller),
                method.ResponseMarshaller),
            handler);

    static Marshaller<T> Careful<T>(Marshaller<T> generated) => new(generated.ContextualSerializer, context =>
    {
        try
        {
            return generated.ContextualDeserializer(context);
        }
        catch (InvalidProtocolBufferException)
        {
            throw Messages.Invalid("message", $"must be a {typeof(T).Name}");
        }
    });
}
