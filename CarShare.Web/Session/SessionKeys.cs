using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption.ConfigurationModel;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace CarShare.Web.Session;

/// <summary>
/// What seals the session cookies. Every instance makes the same key out of the same secret, so that a session goes on
/// wherever the next request arrives, and there is no store that could be away. A new secret ends every session.
/// </summary>
static class SessionKeys
{
    const int KeyBytes = 64;

    public static void AddSessionKeys(this IServiceCollection services, string secret)
    {
        services.AddDataProtection().SetApplicationName("carshare").DisableAutomaticKeyGeneration();
        services.Configure<KeyManagementOptions>(options => options.XmlRepository = new OneKey(secret));
    }

    sealed class OneKey(string secret) : IXmlRepository
    {
        readonly XElement _key = Make(secret);

        public IReadOnlyCollection<XElement> GetAllElements() => [_key];

        public void StoreElement(XElement element, string friendlyName) =>
            throw new NotSupportedException("Session keys come from configuration.");

        static XElement Make(string secret)
        {
            var bytes = HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), KeyBytes,
                info: "carshare sessions"u8.ToArray());
            var descriptor = new AuthenticatedEncryptorConfiguration().CreateDescriptor(bytes).ExportToXml();
            return new("key",
                new XAttribute("id", new Guid(SHA256.HashData(bytes).AsSpan(0, 16))), new XAttribute("version", 1),
                new XElement("creationDate", DateTimeOffset.UnixEpoch),
                    new XElement("activationDate", DateTimeOffset.UnixEpoch),
                new XElement("expirationDate", DateTimeOffset.MaxValue.AddYears(-1)),
                new XElement("descriptor", new XAttribute("deserializerType",
                    descriptor.DeserializerType.AssemblyQualifiedName!),
                    descriptor.SerializedDescriptorElement));
        }
    }

    static AuthenticatedEncryptorDescriptor CreateDescriptor(this AuthenticatedEncryptorConfiguration configuration,
        byte[] key) =>
        new(configuration, new Secret(key));
}
