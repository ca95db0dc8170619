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
    public void The_overview_adds_up_what_the_services_measured()
    {
        var numbers = OverviewNumbers.Of(
            new(Now, [new(Now, 2, 1, 0, 1), new(Now.AddMinutes(1), 1, 0, 3, 0)],
                [new(1, 1), new(60, 3), new(86_400, 1), new(null, 1)],
                [new("orders", 4, 2, 1.5, 0), new("stocks", 1, 0, 0, 2)], ["payments"]),
            at => at.ToString("HH:mm", CultureInfo.InvariantCulture));

        Assert.Equal((3, "≤1m", 5L, TimeSpan.FromSeconds(1.5), 2L), (numbers.Accepted, numbers.HalfWithin,
            numbers.Lag, numbers.OldestUnsent, numbers.DeadLetters));
        Assert.Equal([new("12:00", 2, 1, 1), new("12:01", 1, 0, 3)], numbers.PerMinute);
        Assert.Equal(["≤1s", "≤1m", "≤24h", ">24h"], numbers.DispatchTimes.Select(bar => bar.Name));
        Assert.Equal([new("orders", 0, 4, 0), new("stocks", 0, 1, 0)], numbers.Lags);
        Assert.Equal([new("orders", 0, 0, 0), new("stocks", 0, 0, 2)], numbers.Letters);
    }

    [Fact]
    public void What_nobody_could_be_asked_for_is_no_number()
    {
        var numbers = OverviewNumbers.Of(new(Now, [], [], [], ["orders"]), _ => "");
        Assert.Equal((null, null, null, null), (numbers.HalfWithin, numbers.Lag, numbers.OldestUnsent,
            numbers.DeadLetters));
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
}
