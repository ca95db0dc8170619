using System.Text.Json.Nodes;
using CarShare.Tests;

namespace CarShare.ServiceTests.Identity;

/// <summary>The realm is imported by Keycloak and read by the local provider; these hold for both.</summary>
public sealed class RealmTests
{
    readonly JsonObject _realm = JsonNode.Parse(File.ReadAllText(IdentityServer.RealmFile))!.AsObject();

    static IEnumerable<string> Services =>
        Directory.GetDirectories(Path.Combine(ChildProcess.RepositoryRoot, "services"))
            .Where(d => File.Exists(Path.Combine(d, "Program.cs")))
            .Select(d => Path.GetFileName(d).Replace("CarShare.", "", StringComparison.Ordinal).ToLowerInvariant())
            .Where(s => s != "migrations");

    [Fact]
    public void Every_service_has_a_confidential_client_with_the_internal_scope_and_an_account_without_roles()
    {
        foreach (var service in Services)
        {
            var client = Assert.Single(All("clients"), c => Text(c, "clientId") == service);
            Assert.False(Flag(client, "publicClient"));
            Assert.True(Flag(client, "serviceAccountsEnabled"));
            Assert.False(Flag(client, "directAccessGrantsEnabled") || Flag(client, "standardFlowEnabled")
                || Flag(client, "implicitFlowEnabled"));
            Assert.Equal(["carshare", "carshare.internal"], Texts(client, "defaultClientScopes"));
            var account = Assert.Single(All("users"), u => Text(u, "serviceAccountClientId") == service);
            Assert.Equal($"service-account-{service}", Text(account, "username"));
            Assert.Empty(Texts(account, "realmRoles"));
        }
    }

    [Fact]
    public void Nobody_but_a_service_gets_the_internal_scope()
    {
        foreach (var client in All("clients").Where(c =>
            Texts(c, "defaultClientScopes").Concat(Texts(c, "optionalClientScopes")).Contains("carshare.internal")))
            Assert.Contains(Text(client, "clientId"), Services);
        Assert.DoesNotContain("carshare.internal", Texts(_realm, "defaultDefaultClientScopes")
            .Concat(Texts(_realm, "defaultOptionalClientScopes")));
    }

    [Fact]
    public void No_secret_is_in_the_file_only_the_name_of_the_variable_that_carries_it()
    {
        foreach (var client in All("clients"))
        {
            var expected = Flag(client, "publicClient")
                ? null
                : $"${{{Text(client, "clientId")!.ToUpperInvariant()}_CLIENT_SECRET}}";
            Assert.Equal(expected, Text(client, "secret"));
        }

        foreach (var user in All("users"))
            Assert.All(user["credentials"]?.AsArray()
                ?? [], credential => Assert.Equal(Text(user, "username"), Text(credential!, "value")));
    }

    [Fact]
    public void A_demonstration_user_is_known_by_name_and_is_complete_for_Keycloak()
    {
        foreach (var (name, role) in (IEnumerable<(string, string)>)[
            ("alice", "customer"), ("bob", "customer"), ("operator", "operator"),
        ])
        {
            var user = Assert.Single(All("users"), u => Text(u, "username") == name);
            Assert.Equal([role], Texts(user, "realmRoles"));
            // without them a password grant answers that the account is not fully set up
            Assert.All((string[])["email", "firstName", "lastName"], field => Assert.NotEmpty(Text(user, field)!));
        }
    }

    [Fact]
    public void Every_user_has_an_id_of_their_own_that_Keycloak_takes_as_it_is()
    {
        var ids = All("users").Select(u => Text(u, "id")!).ToList();
        Assert.All(ids, id => Assert.Equal(id, Guid.ParseExact(id, "D").ToString()));
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    [Fact]
    public void The_web_signs_in_by_code_with_a_proof_key_and_is_returned_to_its_own_address_only()
    {
        var web = Assert.Single(All("clients"), c => Flag(c, "standardFlowEnabled"));
        Assert.Equal("web", Text(web, "clientId"));
        Assert.False(Flag(web, "directAccessGrantsEnabled") || Flag(web, "serviceAccountsEnabled")
            || Flag(web, "publicClient"));
        Assert.Equal("S256", Text(web["attributes"]!, "pkce.code.challenge.method"));
        Assert.Equal(["${WEB_ADDRESS}/signed-in"], Texts(web, "redirectUris"));
        Assert.Equal("${WEB_ADDRESS}/signed-out", Text(web["attributes"]!, "post.logout.redirect.uris"));
    }

    [Fact]
    public void Every_claim_the_services_need_is_mapped_by_the_realm_itself()
    {
        var scope = Assert.Single(All("clientScopes"), s => Text(s, "name") == "carshare");
        var mappers = scope["protocolMappers"]!.AsArray()
            .ToDictionary(m => Text(m!, "protocolMapper")!, m => m!["config"]!.AsObject());

        Assert.All(mappers.Values, config => Assert.Equal("true", Text(config, "access.token.claim")));
        Assert.Contains("oidc-sub-mapper", mappers.Keys);
        Assert.Equal("carshare", Text(mappers["oidc-audience-mapper"], "included.custom.audience"));
        Assert.Equal(("roles", "true"), (Text(mappers["oidc-usermodel-realm-role-mapper"], "claim.name"), Text(
            mappers["oidc-usermodel-realm-role-mapper"], "multivalued")));
        Assert.Equal("preferred_username", Text(mappers["oidc-usermodel-attribute-mapper"], "claim.name"));
        Assert.Equal("RS256", Text(_realm, "defaultSignatureAlgorithm"));
    }

    IEnumerable<JsonObject> All(string list) => _realm[list]!.AsArray().Select(e => e!.AsObject());

    static string? Text(JsonNode node, string field) => node[field]?.GetValue<string>();

    static bool Flag(JsonNode node, string field) => node[field]?.GetValue<bool>() ?? false;

    static IEnumerable<string> Texts(JsonNode node, string field) =>
        node[field]?.AsArray().Select(t => t!.GetValue<string>()) ?? [];
}
