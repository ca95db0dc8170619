using Microsoft.AspNetCore.Mvc;

namespace CarShare.ServiceDefaults;

/// <summary>
/// <c>?limit=</c> and <c>?after=</c> of a list, newest first. Take it as <c>[AsParameters] Paging paging</c>; read <see cref="Take"/> + 1 rows with
/// an id below <see cref="After"/>, ordered by id descending (ids are UUIDv7, so that this is newest first), and answer <see cref="Page.Of"/>.
/// </summary>
/// <param name="Limit">How many items at most, 1 to 100; 20 when absent.</param>
/// <param name="After">The <c>next</c> of the page before.</param>
public readonly record struct Paging([property: FromQuery(Name = "limit")] int? Limit, [property: FromQuery(Name = "after")] Guid? After)
{
    /// <summary>The number of items the page holds at most.</summary>
    /// <exception cref="InvalidFieldException">The limit is not from 1 to 100; answered as 400.</exception>
    public int Take => Limit switch
    {
        null => 20,
        >= 1 and <= 100 => Limit.Value,
        _ => throw new InvalidFieldException("limit", "must be from 1 to 100"),
    };
}

/// <summary>One page of a list.</summary>
/// <param name="Items">Newest first.</param>
/// <param name="Next">What to send as <c>?after=</c> for the following page; null on the last one.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>Makes pages.</summary>
public static class Page
{
    /// <summary>Cuts the surplus row off and names the last item kept as the cursor.</summary>
    /// <param name="rows">Up to <see cref="Paging.Take"/> + 1 items.</param>
    /// <param name="paging">What was asked for.</param>
    /// <param name="id">The id the list is ordered by.</param>
    public static Page<T> Of<T>(IReadOnlyList<T> rows, Paging paging, Func<T, Guid> id) => rows.Count <= paging.Take
        ? new(rows, null)
        : new([.. rows.Take(paging.Take)], id(rows[paging.Take - 1]).ToString());
}
