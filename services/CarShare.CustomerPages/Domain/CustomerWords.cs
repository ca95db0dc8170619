using CarShare.Contracts;

namespace CarShare.CustomerPages.Domain;

/// <summary>
/// By what a customer is found: the beginning of their id, of a part of their name, of their phone number or mail
/// address.
/// </summary>
static class CustomerWords
{
    public static IReadOnlyList<string> Of(string customerId, Contact? contact)
    {
        List<string> words = [Plain(customerId)];
        if (contact is not null)
        {
            var name = Plain(contact.Name);
            words.AddRange([name, .. name.Split(' '), Digits(contact.Phone), Plain(contact.Email ?? "")]);
        }

        return [.. words.Where(word => word.Length > 0).Distinct()];
    }

    /// <summary>What was typed into the search, as the words above are written.</summary>
    public static string Sought(string search) =>
        search.All(c => char.IsAsciiDigit(c) || c is '+' or '-' or ' ' or '(' or ')')
        && Digits(search) is { Length: > 0 } digits ? digits : Plain(search);

    static string Plain(string text) => text.Trim().ToLowerInvariant();

    static string Digits(string phone) => string.Concat(phone.Where(char.IsAsciiDigit));
}
