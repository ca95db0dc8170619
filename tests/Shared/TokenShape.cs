using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace CarShare.Tests;

/// <summary>How a minted token differs from a good one of alice.</summary>
public sealed record TokenShape
{
    public string Subject { get; init; } = "alice";

    public string[] Roles { get; init; } = ["customer"];

    public string Scope { get; init; } = "carshare";

    public string? Audience { get; init; } = "carshare";

    /// <summary>The provider's own by default.</summary>
    public string? Issuer { get; init; }

    /// <summary>From now; negative for an expired token.</summary>
    public TimeSpan ExpiresIn { get; init; } = TimeSpan.FromHours(1);

    /// <summary>From now.</summary>
    public TimeSpan? NotBefore { get; init; }

    /// <summary>
    /// RS256, RS512, HS256 (with the provider's public key as the secret: the classic confusion) or none.
    /// </summary>
    public string Algorithm { get; init; } = "RS256";

    /// <summary>
    /// Signed by another key, under the name of the provider's unless <see cref="KeyId"/> says otherwise.
    /// </summary>
    public RSA? Key { get; init; }

    public string? KeyId { get; init; }

    /// <summary>Any other change of the claims.</summary>
    public Action<JsonObject>? Change { get; init; }

    /// <summary>The token, for the issuer, and the id and the private key of the provider.</summary>
    public string Sign(string authority, string keyId, RSA key)
    {
        var now = DateTimeOffset.UtcNow;
        var claims = new JsonObject
        {
            ["iss"] = Issuer ?? authority,
            ["sub"] = Subject,
            ["azp"] = "carshare-cli",
            ["preferred_username"] = Subject,
            ["scope"] = Scope,
            ["iat"] = now.Add(ExpiresIn < TimeSpan.Zero ? ExpiresIn - TimeSpan.FromHours(1) : TimeSpan.Zero)
                .ToUnixTimeSeconds(),
            ["exp"] = now.Add(ExpiresIn).ToUnixTimeSeconds(),
        };
        if (Audience is not null) claims["aud"] = Audience;
        if (Roles.Length > 0) claims["roles"] = new JsonArray([.. Roles.Select(r => JsonValue.Create(r))]);
        if (NotBefore is { } start) claims["nbf"] = now.Add(start).ToUnixTimeSeconds();
        Change?.Invoke(claims);
        var content =
            $"{Encode(new() { ["alg"] = Algorithm, ["typ"] = "JWT", ["kid"] = KeyId ?? keyId })}.{Encode(claims)}";
        return $"{content}.{Base64Url.EncodeToString(Signature(Encoding.ASCII.GetBytes(content), Key ?? key))}";
    }

    byte[] Signature(byte[] content, RSA key) => Algorithm switch
    {
        "RS256" => key.SignData(content, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        "RS512" => key.SignData(content, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),
        "HS256" => HMACSHA256.HashData(Encoding.UTF8.GetBytes(key.ExportSubjectPublicKeyInfoPem()), content),
        "none" => [],
        _ => throw new NotSupportedException(Algorithm),
    };

    static string Encode(JsonObject part) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part.ToJsonString()));
}
