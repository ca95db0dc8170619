using CarShare.ServiceDefaults;
using CarShare.ServiceDefaults.Errors;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace CarShare.Orders.Grpc;

/// <summary>A store that can't be reached is no fault of the call: it may be made again.</summary>
sealed class StoreFaults(RefusedForNow refused) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception e) when (Faults.Passes(e))
        {
            refused.Note(e);
            throw Messages.ToStatus(Faults.Unavailable, e);
        }
    }
}
