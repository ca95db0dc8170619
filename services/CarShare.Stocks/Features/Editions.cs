using CarShare.Contracts;
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
    /// <exception cref="RefusedException">412: somebody has changed it since.</exception>
    public static void Check(string? ifMatch, string current)
    {
        if (ifMatch is null) return;
        var wanted = EntityTagHeaderValue.ParseStrictList([ifMatch]);   // the rules for requests let nothing else in
        var now = EntityTagHeaderValue.Parse(new StringSegment(current));
        if (!wanted.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(now, useStrongComparison: true)))
            throw new RefusedException(new(
                RefusalKind.Stale, "precondition-failed",
                "It was changed since. Read it again, then decide."));
    }
}
