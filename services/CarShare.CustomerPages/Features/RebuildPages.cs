using CarShare.CustomerPages.Data;

namespace CarShare.CustomerPages.Features;

public static class RebuildPages
{
    public static void Map(IEndpointRouteBuilder app) => app.MapPost("/internal/customerpages/rebuild", async (PageSink sink, CancellationToken ct) =>
    {
        await sink.Forget(ct);
        return TypedResults.Accepted((string?)null);
    }).AddEndpointFilter(Access.UnavailableWithoutStore).ExcludeFromDescription();
}
