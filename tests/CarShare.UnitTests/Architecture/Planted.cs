using System.Text;
using CarShare.Messaging;
using Confluent.Kafka;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;

namespace CarShare.UnitTests.Architecture.Planted.Domain;

// Each breaks the rule in one place where it could hide.

sealed class InABase : DbContext;

sealed class InAProperty
{
    public IReadOnlyList<Message<string, byte[]>> Records => [];
}

sealed class InASignature
{
    public static string Describe(HttpContext context) => $"{context}";
}

sealed class InABody
{
    public static string Describe(object any) => any is HttpRequestMessage ? "a request" : "something";
}

sealed class InALambda
{
    public static Func<Uri, Task<string>> Reader => async address =>
    {
        using var client = new HttpClient();
        return await client.GetStringAsync(address);
    };
}

sealed class InAStaticCall
{
    public static bool Knows() => EventJson.Options.IsReadOnly;
}

[Index("Name")]
sealed class InAnAttribute;

sealed class InATypeArgument
{
    public static int Count() => Array.Empty<IEventSink>().Length;
}

sealed class Innocent
{
    public static string Describe(IEnumerable<int> numbers) =>
        new StringBuilder().AppendJoin(' ', numbers.Select(number => number switch
        {
            0 => "none",
            1 => "one",
            2 =>
            "two",
            3 => "three",
            4 => "four",
            5 => "five",
            6 => "six",
            _ => $"{number:N0}"
        })).ToString();
}
