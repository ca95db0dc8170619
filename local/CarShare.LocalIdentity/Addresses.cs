namespace CarShare.LocalIdentity;

/// <summary>
/// Where everything is: the paths are Keycloak's, so that nobody has to know which of the two answers.
/// </summary>
sealed record Addresses(string Realm, int Port)
{
    public string Authority => $"http://localhost:{Port}/{Base}";

    public string Base => $"realms/{Realm}";

    public string Configuration => $"{Base}/.well-known/openid-configuration";

    public string Keys => $"{Base}/protocol/openid-connect/certs";

    public string Authorization => $"{Base}/protocol/openid-connect/auth";

    public string Token => $"{Base}/protocol/openid-connect/token";

    public string EndSession => $"{Base}/protocol/openid-connect/logout";

    public string Login => $"{Base}/login";
}
