using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace CarShare.ServiceTests.Identity;

public sealed class TokenTests(IdentityServer identity)
{
    static readonly HttpClient Http = new();

    [Theory]
    [InlineData("alice", "customer")]
    [InlineData("bob", "customer")]
    [InlineData("operator", "operator")]
    [InlineData("a customer nobody registered", "customer")]
    public async Task A_user_gets_a_token_that_says_who_and_what_they_are(string user, string role)
    {
        var token = Jwt.Parse(await identity.Token(user));

        Assert.Equal("RS256", token.Header["alg"]!.ToString());
        Assert.True(await token.IsSignedBy(Http, identity.Authority));
        Assert.Equal(identity.Authority, token["iss"]);
        Assert.Equal("carshare", token["aud"]);
        Assert.Equal("carshare-cli", token["azp"]);
        Assert.Equal(RealmIdOf(user) ?? user, token["sub"]);
        Assert.Equal(user, token["preferred_username"]);
        Assert.Equal([role], token.Roles);
        Assert.Equal("carshare", token["scope"]);
        Assert.Equal(3600, token.Claims["exp"]!.GetValue<long>() - token.Claims["iat"]!.GetValue<long>());
    }

    [Fact]
    public async Task A_service_gets_a_token_with_the_internal_scope_and_no_role()
    {
        var token = Jwt.Parse(await identity.ServiceToken("orders"));

        Assert.Equal(RealmIdOf("service-account-orders"), token["sub"]);
        Assert.Equal("orders", token["azp"]);
        Assert.Equal("carshare", token["aud"]);
        Assert.Equal("carshare carshare.internal", token["scope"]);
        Assert.Null(token.Claims["roles"]);
    }

    [Fact]
    public async Task A_client_may_say_its_secret_in_the_header()
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, $"{identity.Authority}/protocol/openid-connect/token")
        {
            Content = new FormUrlEncodedContent([KeyValuePair.Create("grant_type", "client_credentials")]),
        };
        var pair = $"stocks:{Uri.EscapeDataString(IdentityServer.Secret("stocks"))}";
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));

        using var answer = await Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.InRange(
            (await answer.Content.ReadFromJsonAsync<JsonObject>())!["expires_in"]!.GetValue<int>(), 3590, 3600);
    }

    [Theory]
    [InlineData("alice", "wrong")]
    [InlineData("alice", "")]
    [InlineData("Operator", "operator")]
    [InlineData("somebody", "somebody else")]
    [InlineData("", "")]
    [InlineData(" ", " ")]
    [InlineData("line\nfeed", "line\nfeed")]
    [InlineData("service-account-orders", "service-account-orders")]
    public Task A_wrong_password_or_no_name_is_refused(string user, string password) =>
        Refuses(HttpStatusCode.BadRequest, "invalid_grant", "grant_type=password", "client_id=carshare-cli",
            $"username={user}", $"password={password}");

    [Fact]
    public Task A_name_longer_than_a_customer_id_is_refused() =>
        Refuses(HttpStatusCode.BadRequest, "invalid_grant", "grant_type=password", "client_id=carshare-cli",
            $"username={new string('x', 101)}", $"password={new string('x', 101)}");

    [Theory]
    [InlineData("orders", "wrong")]
    [InlineData("orders", "")]
    [InlineData("orders", "${ORDERS_CLIENT_SECRET}")]
    [InlineData("nobody", "secret of nobody")]
    public Task A_wrong_secret_is_refused(string client, string secret) =>
        Refuses(HttpStatusCode.Unauthorized, "invalid_client", "grant_type=client_credentials", $"client_id={client}",
            $"client_secret={secret}");

    [Theory]
    [InlineData("unauthorized_client", "grant_type=client_credentials", "client_id=carshare-cli")]
    [InlineData("unauthorized_client", "grant_type=password", "client_id=orders", "client_secret=secret of orders",
        "username=alice", "password=alice")]
    [InlineData("invalid_grant", "grant_type=refresh_token", "client_id=carshare-cli", "refresh_token=any")]
    [InlineData("unauthorized_client", "grant_type=client_credentials", "client_id=web", "client_secret=secret of web")]
    [InlineData(
        "unsupported_grant_type", "grant_type=urn:ietf:params:oauth:grant-type:device_code", "client_id=carshare-cli")]
    [InlineData("invalid_request", "client_id=carshare-cli")]
    public Task A_grant_that_the_client_does_not_have_is_refused(string error, params string[] form) =>
        Refuses(HttpStatusCode.BadRequest, error, form);

    [Fact]
    public async Task Nobody_becomes_a_user_of_the_realm_by_calling_themselves_by_that_users_id()
    {
        var alice = RealmIdOf("alice")!;
        await Refuses(HttpStatusCode.BadRequest, "invalid_grant", "grant_type=password", "client_id=carshare-cli",
            $"username={alice}", $"password={alice}");
    }

    static string? RealmIdOf(string user) =>
        JsonNode.Parse(File.ReadAllText(IdentityServer.RealmFile))!["users"]!.AsArray()
            .SingleOrDefault(u => u!["username"]!.GetValue<string>() == user)?["id"]!.GetValue<string>();

    async Task Refuses(HttpStatusCode status, string error, params string[] form)
    {
        using var answer = await identity.Ask(form.Select(f => f.Split('=', 2)).ToDictionary(f => f[0], f => f[1]));

        Assert.Equal(status, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync<JsonObject>();
        Assert.Equal(error, problem!["error"]!.ToString());
        Assert.NotEmpty(problem["error_description"]!.ToString());
    }
}
