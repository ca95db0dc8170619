using System.Globalization;

namespace CarShare.Web.Texts;

/// <summary>Amounts and times as people write them, in the user's zone and language.</summary>
sealed class Written(IHttpContextAccessor request, Words words)
{
    /// <summary>The cookie in which the browser says its zone (an IANA name).</summary>
    public const string ZoneCookie = "zone";

    const string DefaultZone = "Asia/Seoul";

    TimeZoneInfo Zone => field ??= Find(request.HttpContext?.Request.Cookies[ZoneCookie]);

    public string ZoneName => Zone.Id;

    public string Money(decimal? amount) => amount is null ? "–" : words.IsKorean
        ? string.Create(CultureInfo.InvariantCulture, $"{amount:#,0}원")
        : string.Create(CultureInfo.InvariantCulture, $"{(amount < 0 ? "−" : "")}₩{Math.Abs(amount.Value):#,0}");

    public string Number(decimal number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>Day and time: "11월 29일 (일) 15:40" or "Sun 29 Nov, 15:40".</summary>
    public string Time(DateTimeOffset? time)
    {
        if (time is null) return "–";
        var local = TimeZoneInfo.ConvertTime(time.Value, Zone);
        var day = words[$"day.{(int)local.DayOfWeek}"];
        return words.IsKorean
            ? string.Create(CultureInfo.InvariantCulture, $"{local.Month}월 {local.Day}일 ({day}) {local:HH:mm}")
            : string.Create(CultureInfo.InvariantCulture,
                $"{day} {local.Day} {words[$"month.{local.Month}"]}, {local:HH:mm}");
    }

    public string Clock(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, Zone).ToString("HH:mm",
        CultureInfo.InvariantCulture);

    /// <summary>The start of a day that somebody named (yyyy-MM-dd) in their zone.</summary>
    public DateTimeOffset? StartOf(string? day) =>
        DateTime.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? new DateTimeOffset(date, Zone.GetUtcOffset(date)) : null;

    static TimeZoneInfo Find(string? name) =>
        TimeZoneInfo.TryFindSystemTimeZoneById(name is { Length: > 0 and < 64 } ? name : DefaultZone, out var zone)
        || TimeZoneInfo.TryFindSystemTimeZoneById(DefaultZone, out zone)
            ? zone : TimeZoneInfo.Utc;
}
