using CarShare.Notifications.Channels;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Notifications.Data;

/// <summary>
/// The dispatch rows as a work queue. A claim is a lease, not an open transaction, because what follows it is a call to
/// somewhere else.
/// </summary>
static class DueDispatches
{
    /// <summary>
    /// Takes up to <paramref name="most"/> due letters of a channel; whoever dies with them leaves them to others when
    /// the lease ends.
    /// </summary>
    public static Task<List<Letter>> Claim(this NotificationsDb db, string channel, int most, TimeSpan lease,
        CancellationToken ct) =>
        db.Database.SqlQuery<Letter>(
            $"""
            UPDATE notification_channels AS c SET attempts = c.attempts + 1, next_attempt_at = now() + {lease}
            FROM (SELECT notification_id FROM notification_channels
                  WHERE name = {channel} AND status = 'Pending' AND next_attempt_at <= now()
                  ORDER BY next_attempt_at LIMIT {most} FOR UPDATE SKIP LOCKED) AS due
            JOIN notifications AS n USING (notification_id) LEFT JOIN recipients AS r USING (customer_id)
            WHERE c.notification_id = n.notification_id AND c.name = {channel}
            RETURNING n.notification_id AS "NotificationId", n.customer_id AS "CustomerId", n.order_id AS "OrderId",
                n.kind AS "Kind",
                      n.text_ko AS "TextKo", n.text_en AS "TextEn", n.created_at AS "CreatedAt", c.attempts
                          AS "Attempt",
                      r.email AS "Email"
            """).ToListAsync(ct);

    /// <summary>
    /// Notes how the letters fared. An outcome that comes after its lease ended and somebody else tried again is left
    /// out.
    /// </summary>
    public static Task<int> Note(this NotificationsDb db, string channel, IReadOnlyCollection<Outcome> outcomes,
        CancellationToken ct)
    {
        Guid[] ids = [.. outcomes.Select(o => o.Letter.NotificationId)];
        int[] attempts = [.. outcomes.Select(o => o.Letter.Attempt)];
        string?[] errors = [.. outcomes.Select(o => o.Error)];
        TimeSpan?[] waits = [.. outcomes.Select(o => o.RetryAfter)];
        return db.Database.ExecuteSqlAsync(
            $"""
            UPDATE notification_channels AS c
            SET status = CASE WHEN o.error IS NULL THEN 'Sent' WHEN o.wait IS NULL THEN 'Failed' ELSE 'Pending' END,
                next_attempt_at = now() + o.wait, last_error = left(o.error, 500)
            FROM unnest({ids}, {attempts}, {errors}, {waits}) AS o (id, attempt, error, wait)
            WHERE c.notification_id = o.id AND c.name = {channel} AND c.attempts = o.attempt AND c.status = 'Pending'
            """, ct);
    }
}
