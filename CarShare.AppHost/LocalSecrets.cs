using System.Security.Cryptography;

namespace CarShare.AppHost;

/// <summary>
/// The passwords of the local servers: made once, kept in {data}/secrets, which only its owner can read.
/// </summary>
sealed class LocalSecrets(string data)
{
    readonly string _file = Path.Combine(data, "secrets");

    public string this[string name]
    {
        get
        {
            var known = File.Exists(_file) ? File.ReadAllLines(_file).Select(line => line.Split('=', 2))
                .ToDictionary(p => p[0], p => p[1]) : [];
            if (known.TryGetValue(name, out var secret)) return secret;
            known[name] = secret = RandomNumberGenerator.GetHexString(32, lowercase: true);
            using (var writer = new StreamWriter(PrivateFiles.Create($"{_file}.new")))
                foreach (var (key, value) in known) writer.WriteLine($"{key}={value}");
            File.Move($"{_file}.new", _file, overwrite: true);
            return secret;
        }
    }
}
