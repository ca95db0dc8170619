using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace CarShare.LocalIdentity;

/// <summary>The RSA key that signs the tokens; kept in a file, so that tokens outlive a restart.</summary>
sealed class SigningKey : IDisposable
{
    const int Bits = 2048, EncryptionBytes = 32;
    readonly RSA _rsa = RSA.Create(Bits);

    public SigningKey(string directory)
    {
        Directory.CreateDirectory(directory);
        var file = Path.Combine(directory, "signing-key.pem");
        if (File.Exists(file)) _rsa.ImportFromPem(File.ReadAllText(file));
        else Keep(file, _rsa.ExportPkcs8PrivateKeyPem());
        Signing = new(_rsa) { KeyId = Thumbprint(_rsa.ExportParameters(includePrivateParameters: false)) };
        Encryption = new(HKDF.DeriveKey(HashAlgorithmName.SHA256, _rsa.ExportPkcs8PrivateKey(), EncryptionBytes,
            info: "codes and refresh tokens"u8.ToArray()));
    }

    public RsaSecurityKey Signing { get; }

    /// <summary>For what only this provider itself must be able to read; made of the same file.</summary>
    public SymmetricSecurityKey Encryption { get; }

    public void Dispose() => _rsa.Dispose();

    /// <summary>RFC 7638.</summary>
    static string Thumbprint(RSAParameters key)
    {
        var (modulus, exponent) = (Base64Url.EncodeToString(key.Modulus), Base64Url.EncodeToString(key.Exponent));
        var json = $$"""{"e":"{{exponent}}","kty":"RSA","n":"{{modulus}}"}""";
        return Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(json)));
    }

    static void Keep(string file, string pem)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        // whole or not at all: a torn key would stop every later start
        using (var writer = new StreamWriter($"{file}.new", options)) writer.Write(pem);
        File.Move($"{file}.new", file, overwrite: true);
    }
}
