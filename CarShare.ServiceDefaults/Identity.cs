using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CarShare.ServiceDefaults;

/// <summary>Who may call an endpoint or a group: 401 without an identity, 403 with the wrong one.</summary>
public static class Identity
{
    /// <summary>A customer (an operator without a customer id is refused with 403).</summary>
    public static TBuilder RequireCustomer<TBuilder>(this TBuilder endpoints) where TBuilder : IEndpointConventionBuilder =>
        endpoints.Require(user => user.CustomerId is not null);

    /// <summary>An operator.</summary>
    public static TBuilder RequireOperator<TBuilder>(this TBuilder endpoints) where TBuilder : IEndpointConventionBuilder =>
        endpoints.Require(user => user.IsOperator);

    /// <summary>A customer or an operator.</summary>
    public static TBuilder RequireUser<TBuilder>(this TBuilder endpoints) where TBuilder : IEndpointConventionBuilder =>
        endpoints.Require(_ => true);

    static TBuilder Require<TBuilder>(this TBuilder endpoints, Func<CurrentUser, bool> allowed) where TBuilder : IEndpointConventionBuilder =>
        endpoints.AddEndpointFilter(async (context, next) => CurrentUser.Of(context.HttpContext) switch
        {
            { CustomerId: null, IsOperator: false } => Problems.Of(StatusCodes.Status401Unauthorized, "unauthorized", "Say who you are."),
            var user when !allowed(user) => Problems.Of(StatusCodes.Status403Forbidden, "forbidden", "This is not for you to do."),
            _ => await next(context),
        });
}
