using System.Buffers.Text;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Web;

namespace CarShare.ServiceTests.Identity;

/// <summary>The way of a browser: authorization code with a proof key, refresh, end of the session.</summary>
public sealed partial class SignInTests(IdentityServer identity)
{
    const string Return = IdentityServer.WebAddress + "/signed-in", Leave = IdentityServer.WebAddress + "/signed-out";
    const string Verifier = "a verifier that is longer than forty-three characters, as it should be";

    [Theory]
    [InlineData("alice", "customer")]
    [InlineData("operator", "operator")]
    [InlineData("somebody new", "customer")]
    public async Task Whoever_signs_in_is_returned_with_a_code_that_is_worth_tokens(string user, string role)
    {
        using var browser = new Browser();
        var tokens = await Redeem(await SignIn(browser, user));

        var access = Jwt.Parse(tokens["access_token"]!.ToString());
        Assert.Equal((user, "web", "carshare"), (access["preferred_username"], access["azp"], access["aud"]));
        Assert.Equal([role], access.Roles);
        var id = Jwt.Parse(tokens["id_token"]!.ToString());
        Assert.Equal(("web", "a nonce", access["sub"], user),
            (id["aud"], id["nonce"], id["sub"], id["preferred_username"]));
        Assert.Equal([role], id.Roles);
    }

    [Fact]
    public async Task A_code_is_good_once_and_only_with_its_proof_key_and_its_client()
    {
        using var browser = new Browser();
        var code = await SignIn(browser, "bob");
        Assert.Equal("invalid_grant", await Error(
            Exchange(code, verifier: "another verifier, just as long as the one it was made for")));
        Assert.Equal("invalid_client", await Error(Exchange(code, secret: "wrong")));
        await Redeem(code);
        Assert.Equal("invalid_grant", await Error(Exchange(code)));
    }

    [Fact]
    public async Task A_refresh_token_goes_on_until_the_session_is_ended()
    {
        using var browser = new Browser();
        var first = await Redeem(await SignIn(browser, "alice"));
        var second = await Read(Refresh(first));
        Assert.Equal(Jwt.Parse(first["access_token"]!.ToString())["sub"],
            Jwt.Parse(second["access_token"]!.ToString())["sub"]);

        var leave =
            $"{identity.Authority}/protocol/openid-connect/logout?"
            + $"id_token_hint={first["id_token"]}&state=s&post_logout_redirect_uri=";
        using (var elsewhere = await browser.Get(leave + Uri.EscapeDataString("http://evil.test/")))
            Assert.Equal(HttpStatusCode.BadRequest, elsewhere.StatusCode);
        using var left = await browser.Get(leave + Uri.EscapeDataString(Leave));

        Assert.StartsWith(Leave, left.Headers.Location?.ToString(), StringComparison.Ordinal);
        Assert.Equal("invalid_grant", await Error(Refresh(second)));
        using var again = await browser.Get(Authorize());
        Assert.Contains("/login?", again.Headers.Location?.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("client_id=web&redirect_uri=http%3A%2F%2Fevil.test%2Fsigned-in")]
    [InlineData("client_id=web&redirect_uri=http%3A%2F%2Fweb.test%3A8088%2Fsigned-in%2F..%2Fevil")]
    [InlineData("client_id=carshare-cli&redirect_uri=http%3A%2F%2Fweb.test%3A8088%2Fsigned-in")]
    [InlineData("client_id=nobody&redirect_uri=http%3A%2F%2Fweb.test%3A8088%2Fsigned-in")]
    public async Task Nobody_is_returned_to_an_address_that_is_not_the_clients(string wrong)
    {
        using var browser = new Browser();
        using var answer = await browser.Get(Authorize().Replace(Client, wrong, StringComparison.Ordinal));
        Assert.Equal((HttpStatusCode.BadRequest, (Uri?)null), (answer.StatusCode, answer.Headers.Location));
    }

    [Fact]
    public async Task Without_a_proof_key_nobody_signs_in()
    {
        using var browser = new Browser();
        var bare = Authorize().Split("&code_challenge", 2)[0];
        using var answer = await browser.Get(bare);
        Assert.Contains("invalid_request", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Null(answer.Headers.Location);
    }

    [Theory]
    [InlineData("http://evil.test/")]
    [InlineData("//evil.test/")]
    [InlineData("/\\evil.test/")]
    [InlineData("/health")]
    public async Task The_login_page_leads_back_to_this_provider_only(string back)
    {
        using var browser = new Browser();
        using var answer = await Login(browser, $"{identity.Authority}/login?back={Uri.EscapeDataString(back)}",
            "alice", "alice");
        Assert.Equal((HttpStatusCode.OK, (Uri?)null), (answer.StatusCode, answer.Headers.Location));
    }

    [Fact]
    public async Task A_form_that_another_page_sends_and_a_wrong_password_sign_nobody_in()
    {
        using var browser = new Browser();
        using (var forged = await browser.Post($"{identity.Authority}/login?back=x",
            new() { ["name"] = "alice", ["password"] = "alice" }))
            Assert.Equal(HttpStatusCode.UnprocessableEntity, forged.StatusCode);
        using (var wrong = await Login(browser, Authorize(), "<b>alice</b>", "wrong"))
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
            Assert.DoesNotContain("<b>", await wrong.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.DoesNotContain(browser.Cookies, cookie => cookie.Name == "carshare-identity");
        Assert.All(browser.Cookies, cookie => Assert.True(cookie.HttpOnly));
    }

    [Theory]
    [InlineData("evil.test")]
    [InlineData("localhost.evil.test")]
    public async Task A_request_under_another_hosts_name_is_refused(string host)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get,
            $"{identity.Authority}/.well-known/openid-configuration");
        request.Headers.Host = host;
        using var answer = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    static string Client => $"client_id=web&redirect_uri={Uri.EscapeDataString(Return)}";

    string Authorize() =>
        $"{identity.Authority}/protocol/openid-connect/auth?"
        + $"{Client}&response_type=code&scope=openid&state=a+state&nonce=a+nonce"
        + "&code_challenge_method=S256&code_challenge="
        + Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));

    async Task<string> SignIn(Browser browser, string user)
    {
        using var answer = await Login(browser, Authorize(), user, user);
        using var returned = await browser.Get(new Uri(new Uri(identity.Authority), answer.Headers.Location!)
            .ToString());
        Assert.StartsWith(Return, returned.Headers.Location?.ToString(), StringComparison.Ordinal);
        var query = HttpUtility.ParseQueryString(returned.Headers.Location!.Query);
        Assert.Equal("a state", query["state"]);
        return query["code"]!;
    }

    /// <summary>Follows to the login page, fills it in and sends it.</summary>
    async Task<HttpResponseMessage> Login(Browser browser, string address, string user, string password)
    {
        using var redirected = await browser.Get(address);
        var page = redirected.Headers.Location?.ToString() ?? address;
        using var shown = await browser.Get(page);
        var token = HiddenField().Match(await shown.Content.ReadAsStringAsync()).Groups[1].Value;
        return await browser.Post(page, new() { ["name"] = user, ["password"] = password, ["form"] = token });
    }

    Task<HttpResponseMessage> Exchange(string code, string verifier = Verifier, string? secret = null) =>
        identity.Ask(new()
        {
            ["grant_type"] = "authorization_code",
            ["client_id"] = "web",
            ["client_secret"] = secret
            ?? IdentityServer.Secret("web"),
            ["code"] = code,
            ["redirect_uri"] = Return,
            ["code_verifier"] = verifier,
        });

    Task<HttpResponseMessage> Refresh(JsonObject tokens) => identity.Ask(new()
    {
        ["grant_type"] = "refresh_token",
        ["client_id"] = "web",
        ["client_secret"] = IdentityServer.Secret("web"),
        ["refresh_token"] = tokens["refresh_token"]!.ToString(),
    });

    Task<JsonObject> Redeem(string code) => Read(Exchange(code));

    static async Task<JsonObject> Read(Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
    }

    static async Task<string?> Error(Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        return (await answer.Content.ReadFromJsonAsync<JsonObject>())!["error"]?.ToString();
    }

    [GeneratedRegex("name=\"form\" value=\"([^\"]+)\"")]
    private static partial Regex HiddenField();

    /// <summary>Keeps cookies and follows nothing by itself.</summary>
    sealed class Browser : IDisposable
    {
        readonly CookieContainer _cookies = new();
        readonly HttpClient _http;

        public Browser() => _http =
            new(new SocketsHttpHandler { CookieContainer = _cookies, AllowAutoRedirect = false });

        public IEnumerable<Cookie> Cookies => _cookies.GetAllCookies();

        public Task<HttpResponseMessage> Get(string address) => _http.GetAsync(new Uri(address));

        public Task<HttpResponseMessage> Post(string address, Dictionary<string, string> form) =>
            _http.PostAsync(new Uri(address), new FormUrlEncodedContent(form));

        public void Dispose() => _http.Dispose();
    }
}
