using CarShare.Contracts;
using CarShare.CustomerPages.Data;
using CarShare.ServiceDefaults;

namespace CarShare.CustomerPages.Features;

static class Access
{
    /// <summary>Whose pages are meant: one's own; an operator says whose.</summary>
    public static Refusal? TryChoose(CurrentUser user, string? customerId, out string customer)
    {
        customer = customerId ?? user.CustomerId ?? "";
        if (!user.IsOperator && customer != user.CustomerId) return Refusal.NotFound("There are no such pages.");
        return new Validator().Text("customerId", customer, 1, CurrentUser.MaxIdLength).Refusal;
    }

    /// <summary>503 while Redis is away: the pages are read from nowhere else.</summary>
    public static async ValueTask<object?> UnavailableWithoutStore(EndpointFilterInvocationContext context,
        EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception e) when (RedisStore.IsUnavailable(e))
        {
            return Refusal.Unavailable("unavailable", "The pages can't be read at the moment. Try again shortly.")
                .ToProblem();
        }
    }
}
