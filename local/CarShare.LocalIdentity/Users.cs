using System.Security.Cryptography;
using System.Text;

namespace CarShare.LocalIdentity;

/// <summary>Who may sign in: the realm's users, and any other name as a customer.</summary>
sealed class Users(Realm realm)
{
    const int MaxNameLength = 100;

    /// <summary>The user of this name and password, or null.</summary>
    public User? Find(string name, string password)
    {
        if (realm.User(name) is { } known)
            return known.Credentials?.Any(c => c.Type == "password" && Same(c.Value, password)) == true ? known : null;
        // a demonstration needs as many customers as it likes; their name is their id, so it must be nobody else's
        return IsName(name) && realm.Users.All(u => u.Id != name) && Same(name, password)
            ? new(name, name, ["customer"]) : null;
    }

    /// <summary>The user of this name, who has signed in before.</summary>
    public User? Known(string name) => realm.User(name) ?? (IsName(name) ? new(name, name, ["customer"]) : null);

    /// <summary>Takes the same time wherever the two differ, also in length.</summary>
    public static bool Same(string? expected, string? given) => expected is not null
        && CryptographicOperations.FixedTimeEquals(
        SHA256.HashData(Encoding.UTF8.GetBytes(expected)), SHA256.HashData(Encoding.UTF8.GetBytes(given ?? "")));

    static bool IsName(string name) => name.Length is > 0 and <= MaxNameLength && name == name.Trim()
        && !name.EnumerateRunes().Any(r => Rune.IsControl(r) || r == Rune.ReplacementChar);
}
