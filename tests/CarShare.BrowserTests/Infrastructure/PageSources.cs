using System.Reflection;
using System.Text.RegularExpressions;
using CarShare.Tests;
using CarShare.Web.Pages;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;

namespace CarShare.BrowserTests;

/// <summary>A page as its component declares it.</summary>
/// <param name="Policy">Null where it is for everybody.</param>
/// <param name="Forms">The names of the forms on it, those of its parts among them.</param>
sealed record DeclaredPage(string Template, string? Policy, IReadOnlyList<string> Forms);

/// <summary>Every page and form there is, by the components themselves: one that is added is among them.</summary>
static partial class PageSources
{
    static readonly Dictionary<string, string> Components = Directory.EnumerateFiles(
            Path.Combine(ChildProcess.RepositoryRoot, "CarShare.Web"), "*.razor", SearchOption.AllDirectories)
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
        .ToDictionary(file => Path.GetFileNameWithoutExtension(file), File.ReadAllText);

    public static IReadOnlyList<DeclaredPage> All { get; } =
    [
        .. from type in typeof(RentalView).Assembly.GetTypes()
           from route in type.GetCustomAttributes<RouteAttribute>()
           select new DeclaredPage(route.Template, type.GetCustomAttribute<AuthorizeAttribute>()?.Policy,
               [.. FormsOf(type.Name, []).Distinct()]),
    ];

    public static IReadOnlyList<string> Forms { get; } =
        [.. Components.Values.SelectMany(Names).Distinct().Order()];

    /// <summary>A path to a page: a value for each of its parameters.</summary>
    public static string Filled(string template, Func<string, string> value) =>
        Parameter().Replace(template, match => value(match.Groups["type"].Value));

    static IEnumerable<string> FormsOf(string component, HashSet<string> seen) =>
        seen.Add(component) && Components.TryGetValue(component, out var text)
            ? Names(text).Concat(Part().Matches(text).SelectMany(part => FormsOf(part.Groups["name"].Value, seen)))
            : [];

    static IEnumerable<string> Names(string text) => Form().Matches(text).Select(form => form.Groups["name"].Value);

    [GeneratedRegex("@formname=\"(?<name>[\\w-]+)\"")]
    private static partial Regex Form();

    [GeneratedRegex("<(?<name>[A-Z]\\w+)")]
    private static partial Regex Part();

    [GeneratedRegex(@"\{\w+(:(?<type>\w+))?\}")]
    private static partial Regex Parameter();
}
