using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using CarShare.ServiceDefaults.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace CarShare.ServiceDefaults;

/// <summary>
/// <c>?limit=</c> and <c>?after=</c> of a list, newest first. Take it as <c>[AsParameters] Paging paging</c>; read
/// <see cref="Size"/> + 1 rows with an id below <see cref="After"/>, ordered by id descending (ids are UUIDv7, so that
/// this is newest first), and answer <see cref="Page.Of"/>.
/// </summary>
/// <param name="Limit">How many items at most, 1 to 100; 20 when absent.</param>
/// <param name="Cursor">The <c>next</c> of the page before.</param>
/// <param name="Http">The request, whose list it is.</param>
public readonly record struct Paging(
    [property: FromQuery(Name = "limit")] int? Limit, [property: FromQuery(Name = "after")] string? Cursor,
    HttpContext Http)
{
    /// <summary>The number of items the page holds at most.</summary>
    /// <exception cref="RequestRefusedException">The limit is not from 1 to 100; answered as 400.</exception>
    public int Size => Limit switch
    {
        null => 20,
        >= 1 and <= 100 => Limit.Value,
        _ => throw new RequestRefusedException("limit", "must be from 1 to 100"),
    };

    /// <summary>The id the page begins behind; null for the first page.</summary>
    /// <exception cref="RequestRefusedException">The cursor is not one of this list; answered as 400.</exception>
    public Guid? After
    {
        get
        {
            if (Cursor is null) return null;
            if (ListCursor.Read(Http, Cursor) is { Length: 32 } text && Guid.TryParseExact(text, "N", out var id))
                return id;
            throw ListCursor.Foreign();
        }
    }

    internal string CursorOf(Guid id) => ListCursor.Of(Http, id.ToString("N"));
}

/// <summary>
/// Where a page of a list ended, for lists whose items have other ids than <see cref="Paging"/>'s too.
/// </summary>
public static class ListCursor
{
    const int Digest = 12;

    /// <summary>
    /// The id and a digest of the list: its path, its filters, whose it is. It keeps no secret (what a list shows is
    /// decided by who asks, not by where it begins), but a cursor of another list, or a made-up one, is noticed.
    /// </summary>
    public static string Of(HttpContext http, string id)
    {
        var list = new StringBuilder(http.Request.Path).Append('\n').Append(http.User.FindFirstValue(Claims.Subject))
            .Append('\n').Append(id);
        foreach (var (name, value) in http.Request.Query.Where(p => p.Key is not ("limit" or "after"))
            .OrderBy(p => p.Key, StringComparer.Ordinal))
            list.Append('\n').Append(name).Append('=').Append(value);
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(list.ToString()));
        return $"{id}{Convert.ToHexStringLower(hash.AsSpan(0, Digest / 2))}";
    }

    /// <summary>The id a cursor of this list was made of; null for any other.</summary>
    public static string? Read(HttpContext http, string cursor) =>
        cursor.Length > Digest && cursor[..^Digest] is var id && Of(http, id) == cursor ? id : null;

    /// <summary>Answered as 400.</summary>
    public static RequestRefusedException Foreign() => new("after", "is not the 'next' of a page of this list");
}

/// <summary>One page of a list.</summary>
/// <param name="Items">Newest first.</param>
/// <param name="Next">What to send as <c>?after=</c> for the following page; null on the last one.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>Makes pages.</summary>
public static class Page
{
    /// <summary>Cuts the surplus row off and names the last item kept as the cursor.</summary>
    /// <param name="rows">Up to <see cref="Paging.Size"/> + 1 items.</param>
    /// <param name="paging">What was asked for.</param>
    /// <param name="id">The id the list is ordered by.</param>
    public static Page<T> Of<T>(IReadOnlyList<T> rows, Paging paging, Func<T, Guid> id) => rows.Count <= paging.Size
        ? new(rows, null)
        : new([.. rows.Take(paging.Size)], paging.CursorOf(id(rows[paging.Size - 1])));
}
