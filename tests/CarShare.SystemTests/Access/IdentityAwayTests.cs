using System.Net;
using CarShare.Contracts;
using CarShare.Tests;

namespace CarShare.SystemTests.Access;

/// <summary>The identity provider is no part of a request.</summary>
[Collection(nameof(ManualSystem))]
public sealed class IdentityAwayTests(ManualSystem system)
{
    [Fact]
    public async Task With_the_identity_provider_down_a_valid_token_goes_on_working()
    {
        var product = await system.Operator().Registers(cars: 3);
        var alice = await system.Customer().TopUp(30_000);
        var bob = system.Customer();
        await system.Token(bob.Name);
        // So that a cold start, or a key renewed since, is not taken for the provider's fault.
        await Taken(alice, product.ProductId);
        await Eventually.Holds("the page is shown", async () =>
        {
            using var shown = await alice.Http.GetAsync("/customerpages");
            return shown.StatusCode == HttpStatusCode.OK;
        });

        await system.Stop("identity");
        try
        {
            var order = await alice.Rents(product.ProductId);
            Assert.Equal(OrderStatus.Placed, order.Status);
            using var pages = await alice.Http.GetAsync("/customerpages");
            Assert.Equal(HttpStatusCode.OK, pages.StatusCode);
            using var first = await bob.Http.GetAsync("/orders");
            Assert.Equal(HttpStatusCode.OK, first.StatusCode);
            using var nobody = await system.Gateway().GetAsync("/orders");
            Assert.Equal(HttpStatusCode.Unauthorized, nobody.StatusCode);
        }
        finally
        {
            await system.Start("identity");
        }
    }

    [Fact]
    public async Task A_new_key_of_the_provider_is_found_without_a_restart_and_the_old_one_is_believed_no_more()
    {
        var product = await system.Operator().Registers(cars: 3);
        var alice = await system.Customer().TopUp(10_000);
        var old = await system.Token(alice.Name);
        await system.Stop("identity");
        File.Delete(system.SigningKeyFile);
        await system.Start("identity");
        system.ForgetTokens();

        // Also the services among themselves: their own tokens are refused, and replaced.
        await Taken(alice, product.ProductId);

        using var late = system.Gateway();
        late.DefaultRequestHeaders.Authorization = new("Bearer", old);
        using var refused = await late.GetAsync("/orders");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    static Task Taken(Customer customer, Guid productId) => Eventually.Holds("an order is taken", async () =>
    {
        using var answer = await customer.Order(productId);
        return answer.StatusCode == HttpStatusCode.Created;
    }, TimeSpan.FromSeconds(30));
}
