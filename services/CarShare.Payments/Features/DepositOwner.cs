using CarShare.Contracts;
using CarShare.ServiceDefaults;

namespace CarShare.Payments.Features;

/// <summary>Whose deposit a request is about: one's own, or for operators anybody's.</summary>
static class DepositOwner
{
    public static Refusal? Of(CurrentUser user, string? named, out string owner)
    {
        owner = named ?? user.CustomerId ?? "";
        if (new Validator().Text("customerId", owner, 1, CurrentUser.MaxIdLength).Refusal is { } invalid)
            return invalid;
        return user.IsOperator || owner == user.CustomerId ? null : Refusal.NotFound("There is no such deposit.");
    }
}
