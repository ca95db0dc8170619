using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using CarShare.Contracts;
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
        // dots, which the sealed text of a cookie never has, keep a token apart from three letters met by chance
        Assert.DoesNotContain(cookies.Values, cookie => Token().IsMatch(cookie.Value));

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
        const string Name = "<img src=x onerror=alert(3)>";
        var customer = await site.Customer($"html-{Guid.NewGuid():N}"[..20]).TopUp(50_000);
        var product = await Registers(Name, $"<img src=x>{Guid.NewGuid():N}"[..20]);
        await using var visitor = await (await site.Visitor(View.English))
            .SignsIn(customer.Name, $"/cars/{product.ProductId}");
        await using var staff = await (await site.Visitor(View.English)).SignsIn("operator", "/operator");
        var asked = false;
        visitor.Page.Dialog += (_, _) => asked = true;
        staff.Page.Dialog += (_, _) => asked = true;
        await visitor.Page.Locator("#address").FillAsync(Evil);
        await visitor.Page.Locator("#name").FillAsync(Name);
        await visitor.Page.Locator("#phone").FillAsync("010");
        await visitor.Page.Locator("button[value=rent]").ClickAsync();
        await visitor.Page.WaitForURLAsync("**/rentals/*");
        var order = Guid.Parse(new Uri(visitor.Page.Url).Segments[^1]);
        // the contact stands on the view, which follows
        await customer.SeesOnPage(order, "the contact", page => page.Contact is not null);
        foreach (var (one, paths) in new[] { (visitor, Paths.OfCustomers), (staff, Paths.OfOperators) })
            foreach (var path in paths.Select(p => Paths.Filled(p, product.ProductId, order, customer.Name)))
            {
                await one.Opens(path);
                Assert.Equal(0, await one.Page.Locator("img, body script:not([src])").CountAsync());
            }

        await visitor.Opens($"/rentals/{order}");
        foreach (var text in (string[])[Evil, Name, "<img src=x>"])
            await Expect(visitor.Page.Locator("main")).ToContainTextAsync(text);
        await staff.Opens($"/operator/orders?customer={customer.Name}");
        await Expect(staff.Page.Locator("tbody")).ToContainTextAsync(Evil);
        await staff.Opens($"/operator/fleet/{product.ProductId}");
        await Expect(staff.Page.Locator("h1")).ToHaveTextAsync(Name);
        await Expect(staff.Page.Locator("tbody")).ToContainTextAsync("<img src=x>");
        await Expect(staff.Page.Locator("tbody")).ToContainTextAsync(Name);
        Assert.False(asked);
        Assert.Empty(visitor.Complaints);
        Assert.Empty(staff.Complaints);
    }

    /// <summary>A car whose model and place have this name.</summary>
    async Task<ProductDto> Registers(string name, string plate)
    {
        var car = new { modelName = name, hourlyRate = 1_000, location = name, plates = new[] { plate } };
        using var answer = await site.Operator().Http.PostAsJsonAsync("/stocks", car);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return await answer.Read<ProductDto>();
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
        // what somebody wrote stands there as text, whatever it says
        Assert.DoesNotMatch(Inline(), Written().Replace(html, ""));
    }

    [Fact]
    public async Task The_first_page_is_small_and_comes_from_nowhere_else()
    {
        await using var visitor = await site.Visitor(View.English);
        await visitor.Page.GotoAsync("/", new() { WaitUntil = Microsoft.Playwright.WaitUntilState.NetworkIdle });
        var requests = visitor.Requests;
        Assert.All(requests, request => Assert.StartsWith(site.Address, request.Url, StringComparison.Ordinal));
        var sizes = await Task.WhenAll(requests.Select(request => request.SizesAsync()));
        var bytes = sizes.Sum(size => size.ResponseBodySize);
        TestContext.Current.SendDiagnosticMessage($"the first page has {bytes} bytes in {requests.Count} answers");
        Assert.InRange(bytes, 1_000, 150_000);
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

    [GeneratedRegex("eyJ[\\w-]+\\.[\\w-]+")]
    private static partial Regex Token();

    [GeneratedRegex("&lt;.*?&gt;")]
    private static partial Regex Written();
}
