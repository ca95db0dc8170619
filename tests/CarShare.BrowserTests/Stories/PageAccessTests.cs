using System.Net;
using CarShare.Contracts;
using CarShare.SystemTests;
using CarShare.Web.Session;
using Microsoft.Playwright;

namespace CarShare.BrowserTests.Stories;

/// <summary>Whom each page is for, and that its forms are sent from it alone.</summary>
[Collection(nameof(Site))]
public sealed class PageAccessTests(Site site)
{
    const string LetIn = "let in", SignIn = "sent to sign in", NotYours = "told that it is not theirs";

    [Fact]
    public async Task Every_page_is_shown_to_whom_it_is_for_refused_to_others_and_strangers_sign_in_first()
    {
        await using var stranger = await site.Visitor(View.English);
        await using var customer = await (await site.Visitor(View.English)).SignsIn("alice");
        await using var staff = await (await site.Visitor(View.English)).SignsIn("operator", "/operator");
        var wrong = new List<string>();
        foreach (var page in PageSources.All)
        {
            var path = PageSources.Filled(page.Template, type => type == "guid" ? $"{Guid.NewGuid()}" : "bob");
            await Meets(nameof(stranger), stranger, page.Policy is null ? LetIn : SignIn);
            await Meets(nameof(customer), customer, page.Policy == SessionSetup.Operator ? NotYours : LetIn);
            await Meets(nameof(staff), staff, page.Policy == SessionSetup.Customer ? NotYours : LetIn);

            async Task Meets(string who, Visitor visitor, string expected)
            {
                var met = await Answer(visitor.Page.Context.APIRequest, path);
                if (met != expected) wrong.Add($"{path}: a {who} is {met}, not {expected}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_page_of_operators_says_so_and_every_page_is_among_those_that_are_looked_at()
    {
        Assert.All(PageSources.All, page => Assert.Equal(
            page.Policy == SessionSetup.Operator, page.Template.StartsWith("/operator", StringComparison.Ordinal)));
        // what is shown instead of a page
        string[] instead = ["/not-yours", "/not-found", "/went-wrong"];
        var known = Paths.OfCustomers.Concat(Paths.OfOperators).Concat(instead)
            .Select(path => Shape(path.Split('?')[0])).Distinct().Order();
        Assert.Equal(known, PageSources.All.Select(page => Shape(page.Template)).Distinct().Order());

        static string Shape(string path) => string.Join('/', path.Split('/').Select(part =>
            part.StartsWith('{') ? "*" : part));
    }

    [Fact]
    public async Task No_form_of_any_page_takes_what_another_page_sends()
    {
        Assert.Equal(PageSources.Forms, PageSources.All.SelectMany(page => page.Forms).Distinct().Order());
        var owner = await site.Customer().TopUp(50_000);
        var product = await site.Operator().Registers(cars: 1);
        var order = await owner.Rents(product.ProductId);
        await using var customer = await (await site.Visitor(View.English)).SignsIn(owner.Name);
        await using var staff = await (await site.Visitor(View.English)).SignsIn("operator", "/operator");
        var (sent, taken) = (0, new List<string>());
        foreach (var page in PageSources.All)
            foreach (var name in page.Forms)
            {
                var id = page.Template.Contains("rentals", StringComparison.Ordinal)
                    || page.Template.Contains("orders", StringComparison.Ordinal) ? order.OrderId : product.ProductId;
                var path = PageSources.Filled(page.Template, type => type == "guid" ? $"{id}" : owner.Name);
                var context = (page.Policy == SessionSetup.Operator ? staff : customer).Page.Context.APIRequest;
                var form = context.CreateFormData();
                form.Set("_handler", name);
                var answer = await context.PostAsync(path, new() { Form = form, MaxRedirects = 0 });
                sent++;
                if (answer.Status != (int)HttpStatusCode.BadRequest) taken.Add($"{name} of {path}: {answer.Status}");
            }

        Assert.Empty(taken);
        Assert.True(sent >= PageSources.Forms.Count);
        Assert.NotEqual(OrderStatus.Cancelled, (await owner.Reads(order.OrderId)).Status);
        Assert.Equal(1, (await site.Operator().Product(product.ProductId)).Total);
    }

    async Task<string> Answer(IAPIRequestContext context, string path)
    {
        var answer = await context.GetAsync(path, new() { MaxRedirects = 0 });
        if (!answer.Headers.TryGetValue("location", out var location)) return LetIn;
        // the provider's own address
        if (!new Uri(new(site.Address), location).ToString().StartsWith(site.Address, StringComparison.Ordinal))
            return SignIn;
        var led = await context.GetAsync(path);
        return new Uri(led.Url).AbsolutePath == "/not-yours" && led.Status == (int)HttpStatusCode.Forbidden
            ? NotYours : $"led to {led.Url} ({led.Status})";
    }
}
