using CarShare.CustomerPages.Data;
using CarShare.ServiceDefaults;

namespace CarShare.CustomerPages.Features;

public static class RebuildPages
{
    public static void Map(IEndpointRouteBuilder app) => app.MapPost("/internal/customerpages/rebuild", async (PageSink sink, CancellationToken ct) =>
    {
        await sink.Forget(ct);
        return TypedResults.Accepted((string?)null);
    }).RequireOperations().AddEndpointFilter(Access.UnavailableWithoutStore);
}
