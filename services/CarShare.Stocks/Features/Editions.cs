using CarShare.ServiceDefaults;
using CarShare.Stocks.Domain;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace CarShare.Stocks.Features;

/// <summary>
/// What two operators may change at once carries an entity tag, and a change made on the ground of an older one is
/// refused (RFC 9110 §13.1.1). The tag of a product is that of what operators say of it, not of its free cars, which
/// change all the time.
/// </summary>
static class Editions
{
    public static string Tag(this Product product) => $"\"{product.Edition}\"";

    public static string Tag(this Vehicle vehicle) => $"\"{vehicle.Xmin}\"";

    /// <summary>To be asked under the lock of what is changed.</summary>
    /// <exception cref="Refused">412: somebody has changed it since.</exception>
    public static void Check(string? ifMatch, string current)
    {
        if (ifMatch is null) return;
        if (!EntityTagHeaderValue.TryParseStrictList([ifMatch], out var wanted))
            throw new Refused(Problems.Invalid(("If-Match", "must be entity tags in quotes, or *")));
        var now = EntityTagHeaderValue.Parse(new StringSegment(current));
        if (!wanted.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(now, useStrongComparison: true)))
            throw new Refused(Problems.Of(
                StatusCodes.Status412PreconditionFailed, "precondition-failed",
                "It was changed since. Read it again, then decide."));
    }
}
