using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using CarShare.Tests;
using CarShare.Web.Pages;
using CarShare.Web.Session;
using CarShare.Web.Texts;
using Microsoft.AspNetCore.Http;

namespace CarShare.BrowserTests.Components;

public sealed partial class WordsTests
{
    static readonly string Web = Path.Combine(ChildProcess.RepositoryRoot, "CarShare.Web");

    [Fact]
    public void Both_languages_say_the_same_things()
    {
        var (english, korean) = (Texts("Words.resx"), Texts("Words.ko.resx"));
        Assert.Equal(english.Keys.Order(), korean.Keys.Order());
        Assert.All(english, text => Assert.Equal(Places(text.Value), Places(korean[text.Key])));
        Assert.All(korean, text => Assert.NotEmpty(text.Value));
    }

    [Fact]
    public void Every_text_that_a_page_asks_for_is_there()
    {
        var known = Texts("Words.resx").Keys.ToHashSet();
        var asked = Directory.EnumerateFiles(Web, "*.razor", SearchOption.AllDirectories).Where(file =>
            !file.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(file => Asked().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value))
                .Distinct().ToList();
        Assert.NotEmpty(asked);
        Assert.All(asked, key => Assert.Contains(key, known));
    }

    [Theory]
    [InlineData("ko", "12,345원", "11월 29일 (일) 23:30")]
    [InlineData("en", "₩12,345", "Sun 29 Nov, 23:30")]
    public void Amounts_and_times_are_written_as_people_write_them(string language, string money, string time)
    {
        CultureInfo.CurrentUICulture = new(language);
        var written = new Written(Request("zone=Asia/Seoul"), new());
        Assert.Equal((money, time), (written.Money(12_345), written.Time(new(2026, 11, 29, 14, 30, 0, TimeSpan.Zero))));
    }

    [Theory]
    [InlineData("zone=Europe/Berlin", "15:30")]
    [InlineData("zone=No/Where", "23:30")]
    [InlineData("", "23:30")]
    public void Times_are_in_the_zone_of_the_browser(string cookie, string time) =>
        Assert.Equal(time, new Written(Request(cookie), new()).Clock(new(2026, 11, 29, 14, 30, 0, TimeSpan.Zero)));

    [Theory]
    [InlineData("/rentals?x=1", "/rentals?x=1")]
    [InlineData(null, "/")]
    [InlineData("rentals", "/")]
    [InlineData("//evil.test", "/")]
    [InlineData("/\\evil.test", "/")]
    [InlineData("/\nevil", "/")]
    [InlineData("https://evil.test", "/")]
    public void Only_a_path_of_this_site_is_led_back_to(string? back, string path) =>
        Assert.Equal(path, SignInRoutes.Local(back));

    [Fact]
    public void A_form_names_each_field_that_is_wrong()
    {
        Assert.Equal(["address"], new RentForm().Errors().Keys);
        Assert.Equal(
            ["address", "hours", "name", "quantity"],
            new RentForm { Hours = 0, Quantity = 21, Address = new('x', 201), Phone = "010" }.Errors().Keys.Order());
        Assert.Empty(new RentForm { Address = "Seoul", Name = "Kim", Phone = "010" }.Errors());
        Assert.Equal(1, new RentForm { Quantity = 3, Vehicle = Guid.NewGuid() }.Cars);
    }

    static Dictionary<string, string> Texts(string file) =>
        XDocument.Load(Path.Combine(Web, "Texts", file)).Root!.Elements("data")
        .ToDictionary(data => data.Attribute("name")!.Value, data => data.Element("value")!.Value);

    static string Places(string text) => string.Join(' ',
        Place().Matches(text).Select(match => match.Value).Distinct().Order());

    static HttpContextAccessor Request(string cookie)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.Cookie = cookie;
        return new() { HttpContext = http };
    }

    [GeneratedRegex(@"\{\d\}")]
    private static partial Regex Place();

    [GeneratedRegex("""T(?:\.Find\()?\[?"([a-z][\w.-]+)"[\],)]""")]
    private static partial Regex Asked();
}
