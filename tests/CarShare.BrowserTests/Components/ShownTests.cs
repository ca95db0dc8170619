using System.Globalization;
using System.Net;
using Bunit;
using CarShare.Web.Api;
using CarShare.Web.Operator;
using CarShare.Web.Shared;
using CarShare.Web.Texts;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace CarShare.BrowserTests.Components;

/// <summary>Components that decide something.</summary>
public sealed class ShownTests : BunitContext
{
    static readonly DateTimeOffset Now = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);

    public ShownTests()
    {
        CultureInfo.CurrentUICulture = new("en");
        Services.AddSingleton<IHttpContextAccessor>(new HttpContextAccessor()).AddScoped<Words>().AddScoped<Written>();
    }

    [Theory]
    [InlineData("out-of-stock", HttpStatusCode.Conflict, "Just taken")]
    [InlineData("payment-declined", HttpStatusCode.PaymentRequired, "Your deposit is not enough")]
    [InlineData("a-new-one", HttpStatusCode.ServiceUnavailable, "This part is away for a moment")]
    [InlineData("a-new-one", HttpStatusCode.Conflict, "That did not work")]
    public void Every_refusal_has_words_and_a_way_on(string code, HttpStatusCode status, string title)
    {
        var shown = Render<Refusal>(refusal => refusal.Add(r => r.Problem,
            new(status, code, "As the service says it.")));
        Assert.Equal(title, shown.Find("h2").TextContent);
        Assert.NotEmpty(shown.Find("p").TextContent);
        Assert.Equal("alert", shown.Find("section").GetAttribute("role"));
    }

    [Fact]
    public void The_step_line_names_the_present_step_to_everybody()
    {
        var shown = Render<Steps>(steps => steps.Add(s => s.Status, "Dispatched"));
        var now = Assert.Single(shown.FindAll("[aria-current=step]"));
        Assert.Contains("On its way", now.TextContent, StringComparison.Ordinal);
        Assert.Equal(2, shown.FindAll(".past .unseen").Count);
    }

    [Fact]
    public void A_model_always_looks_the_same_and_its_name_is_text()
    {
        var (one, two) = (Render<CarPicture>(p => p.Add(c => c.Name, "<b>EV</b>")), Render<CarPicture>(p =>
            p.Add(c => c.Name, "<b>EV</b>")));
        Assert.Equal(one.Markup, two.Markup);
        Assert.Equal("<b>EV</b>", one.Find("svg").GetAttribute("aria-label"));
        Assert.Empty(one.FindAll("b"));
    }

    [Fact]
    public void The_overview_counts_each_order_once_in_its_minute()
    {
        Order[] orders = [Taken(-5, "Dispatched", 7), Taken(-5, "Cancelled"), Taken(-2, "AwaitingPayment"),
            Taken(-45, "Placed")];

        var numbers = OverviewNumbers.Of(orders, Now, isCut: false, at =>
            at.ToString("HH:mm", CultureInfo.InvariantCulture));

        Assert.Equal((3, 2, TimeSpan.FromSeconds(7)), (numbers.Total, numbers.Open, numbers.MedianToDispatch));
        Assert.Equal(3, numbers.PerMinute.Sum(bar => bar.Total));
        var busy = Assert.Single(numbers.PerMinute, bar => bar.Total == 2);
        Assert.Equal((1, 0, 1), (busy.Good, busy.Waiting, busy.Lost));
        Assert.Equal("≤30s", Assert.Single(numbers.DispatchTimes, bar => bar.Total > 0).Name);
    }

    [Fact]
    public void A_chart_is_as_high_as_its_highest_bar_and_says_its_numbers_in_a_table()
    {
        var shown = Render<StackedBars>(c => c.Add(b => b.Label, "Orders").Add(b => b.Bars,
            [new("10:00", 3, 1, 0), new("10:01", 0, 0, 0)]));
        Assert.Equal("82.5", shown.Find("rect.bar-good").GetAttribute("height"));
        Assert.Equal("4", shown.Find("td").TextContent);
        Assert.Equal("img", shown.Find("svg").GetAttribute("role"));
    }

    static Order Taken(int minutes, string status, int? dispatchedAfter = null)
    {
        var at = Now.AddMinutes(minutes).AddSeconds(-1);
        List<Step> history = [new("Placed", at, null)];
        if (dispatchedAfter is { } seconds) history.Add(new("Dispatched", at.AddSeconds(seconds), null));
        return new(Guid.NewGuid(), "a", Guid.NewGuid(), "M", 1, 1, "x", 1, 1, null, null, status, null, null, [],
            history);
    }
}
