using CarShare.ServiceDefaults.Authentication;
using Microsoft.AspNetCore.Builder;

namespace CarShare.ServiceDefaults;

/// <summary>Who may call an endpoint or a group: 401 without an identity, 403 with the wrong one.</summary>
public static class EndpointAuthorization
{
    /// <summary>Anyone, also without saying who they are.</summary>
    public static TBuilder AllowAnyone<TBuilder>(this TBuilder endpoints) where TBuilder : IEndpointConventionBuilder =>
        endpoints.AllowAnonymous();

    /// <summary>A customer (an operator without a customer's role is refused with 403).</summary>
    public static TBuilder RequireCustomer<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder => endpoints.RequireAuthorization(Policies.Customer);

    /// <summary>An operator.</summary>
    public static TBuilder RequireOperator<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder => endpoints.RequireAuthorization(Policies.Operator);

    /// <summary>A customer or an operator.</summary>
    public static TBuilder RequireUser<TBuilder>(this TBuilder endpoints) where TBuilder : IEndpointConventionBuilder =>
        endpoints.RequireAuthorization(Policies.User);

    /// <summary>Another service.</summary>
    public static TBuilder RequireInternal<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder => endpoints.RequireAuthorization(Policies.Internal);

    /// <summary>Another service, or an operator who helps this one out.</summary>
    public static TBuilder RequireOperations<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder => endpoints.RequireAuthorization(Policies.Operations);
}
