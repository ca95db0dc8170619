using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace CarShare.LocalIdentity;

/// <summary>RFC 6749: the grants for a user's password (§4.3) and for a client on its own behalf (§4.4).</summary>
sealed class TokenEndpoint(Realm realm, AccessTokens tokens)
{
    const int MaxNameLength = 100;

    public async Task<IResult> Handle(HttpContext context, CancellationToken ct)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (!context.Request.HasFormContentType) return Refuse("invalid_request", "The body must be a form.");
        var form = await context.Request.ReadFormAsync(ct);
        if (ClientOf(context, form) is not { } client)
        {
            context.Response.Headers.WWWAuthenticate = "Basic";
            return Refuse("invalid_client", "Unknown client or wrong secret.", StatusCodes.Status401Unauthorized);
        }
        return form["grant_type"].ToString() switch
        {
            "password" when !client.DirectAccessGrantsEnabled => Refuse("unauthorized_client", "This client may not use the password grant."),
            "password" => UserOf(form) is { } user ? Issue(client, user) : Refuse("invalid_grant", "Unknown user or wrong password."),
            "client_credentials" => realm.ServiceAccount(client) is { } account ? Issue(client, account) : Refuse("unauthorized_client", "This client has no service account."),
            "" => Refuse("invalid_request", "grant_type is missing."),
            _ => Refuse("unsupported_grant_type", "grant_type may be password or client_credentials."),
        };
    }

    IResult Issue(Client client, User user) => Results.Json(tokens.Issue(client, user));

    Client? ClientOf(HttpContext context, IFormCollection form)
    {
        var (id, secret) = BasicCredentials(context) ?? (form["client_id"].ToString(), form["client_secret"].ToString());
        var client = realm.Client(id);
        return client is not null && (client.PublicClient || Same(client.Secret, secret)) ? client : null;
    }

    static (string Id, string Secret)? BasicCredentials(HttpContext context)
    {
        if (!AuthenticationHeaderValue.TryParse(context.Request.Headers.Authorization, out var header) || header is not { Scheme: "Basic", Parameter: { } encoded }) return null;
        var bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded, bytes, out var length)) return ("", "");
        var pair = Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2);
        return (Uri.UnescapeDataString(pair[0]), Uri.UnescapeDataString(pair.ElementAtOrDefault(1) ?? ""));
    }

    User? UserOf(IFormCollection form)
    {
        var (name, password) = (form["username"].ToString(), form["password"].ToString());
        if (realm.User(name) is { } known) return known.Credentials?.Any(c => c.Type == "password" && Same(c.Value, password)) == true ? known : null;
        // a demonstration needs as many customers as it likes
        return IsName(name) && Same(name, password) ? new(name, name, ["customer"]) : null;
    }

    static bool IsName(string name) => name.Length is > 0 and <= MaxNameLength && name == name.Trim() && !name.EnumerateRunes().Any(r => Rune.IsControl(r) || r == Rune.ReplacementChar);

    /// <summary>Takes the same time wherever the two differ, also in length.</summary>
    static bool Same(string? expected, string given) =>
        expected is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(expected)), SHA256.HashData(Encoding.UTF8.GetBytes(given)));

    static IResult Refuse(string error, string description, int status = StatusCodes.Status400BadRequest) =>
        Results.Json(new { error, error_description = description }, statusCode: status);
}
