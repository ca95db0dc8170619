using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace CarShare.LocalIdentity;

/// <summary>The RSA key that signs the tokens; kept in a file, so that tokens outlive a restart.</summary>
sealed class SigningKey : IDisposable
{
    const int Bits = 2048;
    readonly RSA _rsa = RSA.Create(Bits);
    readonly string _id, _modulus, _exponent;

    public SigningKey(string directory)
    {
        Directory.CreateDirectory(directory);
        var file = Path.Combine(directory, "signing-key.pem");
        if (File.Exists(file)) _rsa.ImportFromPem(File.ReadAllText(file));
        else Keep(file, _rsa.ExportPkcs8PrivateKeyPem());
        var key = _rsa.ExportParameters(includePrivateParameters: false);
        (_modulus, _exponent) = (Base64Url.EncodeToString(key.Modulus), Base64Url.EncodeToString(key.Exponent));
        // the thumbprint of RFC 7638
        _id = Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($$"""{"e":"{{_exponent}}","kty":"RSA","n":"{{_modulus}}"}""")));
    }

    public JsonObject PublicKey => new() { ["kty"] = "RSA", ["use"] = "sig", ["alg"] = "RS256", ["kid"] = _id, ["n"] = _modulus, ["e"] = _exponent };

    public string Sign(JsonObject claims)
    {
        var header = new JsonObject { ["alg"] = "RS256", ["typ"] = "JWT", ["kid"] = _id };
        var content = $"{Encode(header)}.{Encode(claims)}";
        lock (_rsa) return $"{content}.{Base64Url.EncodeToString(_rsa.SignData(Encoding.ASCII.GetBytes(content), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    public void Dispose() => _rsa.Dispose();

    static string Encode(JsonObject part) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part.ToJsonString()));

    static void Keep(string file, string pem)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        // whole or not at all: a torn key would stop every later start
        using (var writer = new StreamWriter($"{file}.new", options)) writer.Write(pem);
        File.Move($"{file}.new", file, overwrite: true);
    }
}
