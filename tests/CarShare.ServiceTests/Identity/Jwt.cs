using System.Buffers.Text;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace CarShare.ServiceTests.Identity;

/// <summary>A token taken apart by hand, independent of the library that the services check it with.</summary>
sealed record Jwt(JsonObject Header, JsonObject Claims, byte[] Content, byte[] Signature)
{
    public string[] Roles => Claims["roles"] is JsonArray roles ? [.. roles.Select(r => r!.GetValue<string>())] : [];

    public string this[string claim] => Claims[claim]!.ToString();

    public static Jwt Parse(string token)
    {
        var parts = token.Split('.');
        return new(Decode(parts[0]), Decode(parts[1]), Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"),
            Base64Url.DecodeFromChars(parts[2]));
    }

    /// <summary>True if a key that the provider shows has signed it.</summary>
    public async Task<bool> IsSignedBy(HttpClient http, string authority)
    {
        var keys = await http.GetFromJsonAsync<JsonObject>($"{authority}/protocol/openid-connect/certs");
        var key = keys!["keys"]!.AsArray().Single(k => k!["kid"]!.ToString() == Header["kid"]!.ToString())!;
        using var rsa = RSA.Create(new RSAParameters
        {
            Modulus = Base64Url.DecodeFromChars(
            key["n"]!.ToString()),
            Exponent = Base64Url.DecodeFromChars(key["e"]!.ToString())
        });
        return rsa.VerifyData(Content, Signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }

    static JsonObject Decode(string part) => JsonNode.Parse(Base64Url.DecodeFromChars(part))!.AsObject();
}
