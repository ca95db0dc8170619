using System.Net;
using System.Text.RegularExpressions;
using CarShare.SystemTests;
using CarShare.Tests;
using static Microsoft.Playwright.Assertions;

namespace CarShare.BrowserTests.Stories;

/// <summary>What somebody with bad intentions meets.</summary>
[Collection(nameof(Site))]
public sealed partial class SecurityTests(Site site)
{
    [Theory]
    [InlineData("/account", "top-up")]
    [InlineData("/sign-out", null)]
    [InlineData("/language", null)]
    public async Task A_form_that_another_page_sends_changes_nothing(string path, string? handler)
    {
        await using var visitor = await (await site.Visitor(View.English)).SignsIn("alice");
        var form = visitor.Page.Context.APIRequest.CreateFormData();
        form.Set("Form.Amount", "1000");
        form.Set("language", "ko");
        if (handler is not null) form.Set("_handler", handler);

        var answer = await visitor.Page.Context.APIRequest.PostAsync(path, new() { Form = form, MaxRedirects = 0 });

        Assert.Equal((int)HttpStatusCode.BadRequest, answer.Status);
        await visitor.Opens("/account");
        await Expect(visitor.Page.Locator("html")).ToHaveAttributeAsync("lang", "en");
        await Expect(visitor.Page.Locator(".me")).ToHaveTextAsync("alice");
    }

    [Theory]
    [InlineData("https://evil.test/")]
    [InlineData("//evil.test/")]
    [InlineData("/\\evil.test/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("evil")]
    public async Task Signing_in_leads_to_this_site_only(string back)
    {
        await using var visitor = await site.Visitor(View.English);
        await visitor.Page.GotoAsync($"/sign-in?back={Uri.EscapeDataString(back)}");
        await visitor.Page.Locator("#name").FillAsync("alice");
        await visitor.Page.Locator("#password").FillAsync("alice");
        await visitor.Page.Locator("button").ClickAsync();
        await visitor.Page.WaitForURLAsync($"{site.Address}/");
    }

    [Fact]
    public async Task A_session_begins_with_signing_in_and_ends_with_signing_out_everywhere()
    {
        await using var visitor = await site.Visitor(View.English);
        var context = visitor.Page.Context;
        // a cookie that somebody else has put there beforehand
        await context.AddCookiesAsync([new() { Name = "carshare", Value = "fixed", Url = site.Address }]);
        await visitor.SignsIn("bob");
        var cookies = (await context.CookiesAsync([site.Address])).ToDictionary(cookie => cookie.Name);
        Assert.NotEqual("fixed", cookies["carshare"].Value);
        Assert.All(cookies.Values.Where(cookie => cookie.Name != "zone"), cookie =>
            Assert.True(cookie.HttpOnly, cookie.Name));
        Assert.All(cookies.Values, cookie => Assert.NotEqual(Microsoft.Playwright.SameSiteAttribute.None,
            cookie.SameSite));
        Assert.DoesNotContain(cookies.Values, cookie => cookie.Value.Contains("eyJ", StringComparison.Ordinal));

        await visitor.Page.Locator(".who button").ClickAsync();
        await visitor.Page.WaitForURLAsync("**/?said=signed-out");
        await visitor.Opens("/rentals");
        // the provider has forgotten them, too
        await Expect(visitor.Page.Locator("#password")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task What_somebody_wrote_is_text_wherever_it_is_shown()
    {
        const string Evil = "<img src=x onerror=alert(1)><script>alert(2)</script>";
        var customer = await site.Customer($"html-{Guid.NewGuid():N}"[..20]).TopUp(50_000);
        var product = await site.Operator().Registers(cars: 1);
        await using var visitor = await (await site.Visitor(View.English))
            .SignsIn(customer.Name, $"/cars/{product.ProductId}");
        var asked = false;
        visitor.Page.Dialog += (_, _) => asked = true;
        await visitor.Page.Locator("#address").FillAsync(Evil);
        await visitor.Page.Locator("button[value=rent]").ClickAsync();
        await visitor.Page.WaitForURLAsync("**/rentals/*");
        await Expect(visitor.Page.Locator("#live")).ToContainTextAsync(Evil);
        await using var staff = await (await site.Visitor(View.English))
            .SignsIn("operator", $"/operator/orders?customer={customer.Name}");
        await Expect(staff.Page.Locator("tbody")).ToContainTextAsync(Evil);
        Assert.Equal(0, await staff.Page.Locator("tbody img").CountAsync());
        Assert.False(asked);
        Assert.Empty(visitor.Complaints);
    }

    [Fact]
    public async Task A_page_allows_nothing_but_this_site_and_is_kept_by_nobody()
    {
        using var http = site.Gateway();
        using var answer = await http.GetAsync("/");
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("*", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.False(answer.Headers.Contains("Server"));
        var html = await answer.Content.ReadAsStringAsync();
        Assert.DoesNotMatch(Inline(), html);
    }

    [Fact]
    public async Task The_first_page_is_small_and_comes_from_nowhere_else()
    {
        await using var visitor = await site.Visitor(View.English);
        var bytes = 0L;
        visitor.Page.Response += async (_, response) =>
            Interlocked.Add(ref bytes, (await response.Request.SizesAsync()).ResponseBodySize);
        await visitor.Page.GotoAsync("/", new() { WaitUntil = Microsoft.Playwright.WaitUntilState.NetworkIdle });
        Assert.All(visitor.Requests, request => Assert.StartsWith(site.Address, request.Url, StringComparison.Ordinal));
        Assert.InRange(Interlocked.Read(ref bytes), 1_000, 150_000);
    }

    // F3 F5
    [Fact]
    public async Task Without_scripts_a_car_is_rented_and_cancelled_in_the_chosen_language()
    {
        var name = $"bare-{Guid.NewGuid():N}"[..20];
        await site.Customer(name).TopUp(50_000);
        var product = await site.Operator().Registers(cars: 1);
        await using var visitor = await (await site.Visitor(View.English, script: false))
            .SignsIn(name, $"/cars/{product.ProductId}");
        var page = visitor.Page;
        await page.Locator("[name=language][value=ko]").ClickAsync();
        await Expect(page.Locator("html")).ToHaveAttributeAsync("lang", "ko");
        await page.Locator("#hours").FillAsync("3");
        await page.Locator("button[value=price]").ClickAsync();
        await Expect(page.Locator("#total")).ToHaveTextAsync("3,000원");
        await page.Locator("#address").FillAsync("서울");
        await page.Locator("button[value=rent]").ClickAsync();
        await page.WaitForURLAsync("**/rentals/*");
        await page.Locator("form button.bad").ClickAsync();
        await page.WaitForURLAsync("**said=cancelled");
        await Expect(page.Locator(".steps.ended")).ToBeVisibleAsync();
    }

    [GeneratedRegex("<script(?![^>]*\\ssrc=)|\\son\\w+=|\\sstyle=|(src|href)=\"(https?:)?//")]
    private static partial Regex Inline();
}
