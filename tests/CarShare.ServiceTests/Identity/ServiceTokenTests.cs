using System.Net.Http.Headers;
using CarShare.Deliveries.Data;
using CarShare.ServiceDefaults;
using CarShare.ServiceTests.Contracts;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace CarShare.ServiceTests.Identity;

/// <summary>What makes a program one of CarShare's own, at this provider and at others.</summary>
public sealed class ServiceTokenTests(IdentityServer identity)
{
    [Theory]
    [InlineData("BadRequest", "", "carshare carshare.internal")]
    [InlineData("BadRequest", "carshare.internal", "carshare")]
    [InlineData("Forbidden", "customer", "carshare")]
    [InlineData("Forbidden", "", "carshare.internally")]
    public async Task A_program_is_a_service_by_its_scope_or_by_a_role_of_that_name(
        string expected, string role, string scope)
    {
        await using var service = Service();
        using var http = service.CreateClient();
        var token = identity.Mint(new() { Roles = role.Length > 0 ? [role] : [], Scope = scope });
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await http.GetAsync("/internal/events?topic=none&partition=-1&after=0");
        Assert.Equal(expected, $"{answer.StatusCode}");
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("carshare.internal", true)]
    [InlineData("never-heard-of", false)]
    public async Task A_token_of_its_own_is_asked_for_with_the_scope_that_is_set(string? scope, bool isGranted)
    {
        await using var service = Service().WithWebHostBuilder(web =>
        {
            web.UseSetting("Authentication:ClientSecret", IdentityServer.Secret("deliveries"));
            if (scope is not null) web.UseSetting("Authentication:Scope", scope);
        });
        var fetch = service.Services.GetServices<WarmUp>().Single(warmUp => warmUp.Name == "a token of its own").Work;
        if (isGranted) await fetch(service.Services, TestContext.Current.CancellationToken);
        else
            await Assert.ThrowsAsync<HttpRequestException>(
                () => fetch(service.Services, TestContext.Current.CancellationToken));
    }

    WebApplicationFactory<DeliveriesDb> Service() => BareHost.Of<DeliveriesDb>("deliveries")
        .WithWebHostBuilder(web => web.UseSetting("Authentication:Authority", identity.Authority));
}
