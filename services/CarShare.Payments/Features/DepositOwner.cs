using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CarShare.Payments.Features;

/// <summary>Whose deposit a request is about: one's own, or for operators anybody's.</summary>
static class DepositOwner
{
    public static ProblemHttpResult? Of(CurrentUser user, string? named, out string owner)
    {
        owner = named ?? user.CustomerId ?? "";
        if (new Validator().Text("customerId", owner, 1, CurrentUser.MaxIdLength).Problem is { } invalid)
            return invalid;
        return user.IsOperator || owner == user.CustomerId ? null : Problems.NotFound("There is no such deposit.");
    }
}
