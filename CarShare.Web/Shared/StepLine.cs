namespace CarShare.Web.Shared;

/// <summary>Where a rental is on its way.</summary>
/// <param name="Names">The steps to show, in order.</param>
/// <param name="Reached">Which one it is at; the length when all are behind it.</param>
/// <param name="Ended">How it ended, if it ended before its time.</param>
sealed record StepLine(IReadOnlyList<string> Names, int Reached, string? Ended)
{
    static readonly string[] Way = ["Placed", "Preparing", "Dispatched", "InUse", "Returned"];

    /// <param name="status">The order's status; one that is not known counts as not begun.</param>
    /// <param name="before">The statuses it had, for one that ended early.</param>
    public static StepLine Of(string? status, IEnumerable<string> before)
    {
        if (status is "Cancelled" or "Rejected")
        {
            var had = before.ToHashSet();
            // a higher step may be told before a lower one: everything up to the highest was gone through
            var last = Array.FindLastIndex(Way, had.Contains);
            return new([.. Way.Take(last + 1), status], last + 1, status);
        }

        if (status is "AwaitingPayment" or "Pending") return new(["AwaitingPayment", .. Way], 0, null);
        return new(Way, Array.IndexOf(Way, status), null);
    }
}
