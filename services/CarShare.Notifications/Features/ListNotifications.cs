using CarShare.Contracts;
using CarShare.Notifications.Data;
using CarShare.Notifications.Domain;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Notifications.Features;

static class ListNotifications
{
    public static void Map(IEndpointRouteBuilder app) =>
        app.MapGet("/notifications", Handle).RequireUser().ProducesProblem(404);

    static async Task<Results<Ok<Page<NotificationDto>>, RefusedHttpResult>> Handle(
        string? customerId, string? language, [AsParameters] Paging paging, CurrentUser user, HttpRequest request,
        NotificationsDb db,
        CancellationToken ct)
    {
        // Somebody else's are not there; an operator says whose.
        var reader = customerId ?? user.CustomerId ?? "";
        if (!user.IsOperator && reader != user.CustomerId)
            return Refusal.NotFound("There are no such notifications.").ToProblem();
        language ??= Language.Preferred(request.Headers.AcceptLanguage);
        if (new Validator().Text("customerId", reader, 1, CurrentUser.MaxIdLength)
            .That(Language.All.Contains(language), "language", "must be ko or en")
                .Refusal is { } invalid) return invalid.ToProblem();

        var after = paging.After;
        var rows = await db.Notifications.AsNoTracking().Include(n => n.Channels)
            .Where(n => n.CustomerId == reader && (after == null || n.NotificationId < after))
            .OrderByDescending(n => n.NotificationId)
            .Take(paging.Size + 1)
            .ToListAsync(ct);
        return TypedResults.Ok(Page.Of(rows.ConvertAll(n => ToDto(n, language)), paging, n => n.NotificationId));
    }

    // what is read here has arrived
    static readonly NotificationChannelDto Inbox = new("inbox", nameof(DispatchStatus.Sent), 1);

    static NotificationDto ToDto(Notification n, string language) => new(
        n.NotificationId, n.OrderId, n.Kind, language, language == Language.English ? n.TextEn : n.TextKo, n.CreatedAt,
        [Inbox, .. n.Channels.OrderBy(c => c.Name, StringComparer.Ordinal)
            .Select(c => new NotificationChannelDto(c.Name, c.Status.ToString(), c.Attempts))]);
}
