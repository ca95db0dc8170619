using System.Reflection;
using System.Text.RegularExpressions;

namespace CarShare.UnitTests.Architecture;

/// <summary>The rules of the house as functions: each answers what breaks it.</summary>
static partial class Rules
{
    static readonly string[] Adapters =
    [
        "Microsoft.AspNetCore", "Microsoft.EntityFrameworkCore", "Microsoft.Extensions.Http", "Npgsql", "Confluent",
        "StackExchange", "System.Net.Http", "System.Data", "Grpc",
        "CarShare.Messaging", "CarShare.Persistence", "CarShare.ServiceDefaults",
    ];

    static readonly string[] OwnAdapters = [".Data", ".Features", ".Events", ".Clients", ".Channels"];

    public static bool IsDomain(Type type) => type.Namespace is { } name
        && (name.EndsWith(".Domain", StringComparison.Ordinal) || name.Contains(".Domain.", StringComparison.Ordinal));

    /// <summary>N9: what in these domain types knows HTTP, Kafka, a database or the service's own adapters.</summary>
    public static IReadOnlyList<string> KnowsAdapters(IEnumerable<Type> types) =>
    [
        .. from type in types
           from mentioned in References.Of(type)
           where IsAdapter(mentioned.Namespace ?? "")
           select $"{type.FullName} knows {mentioned.FullName}",
    ];

    /// <summary>Service assemblies that this one uses beside itself.</summary>
    public static IReadOnlyList<string> OtherServices(Assembly service, IReadOnlyCollection<string> services) =>
        [.. service.GetReferencedAssemblies().Select(name => name.Name!).Where(name => services.Contains(name))];

    /// <summary>The same in a project file: the compiler drops a reference that nothing uses yet.</summary>
    public static IReadOnlyList<string> OtherServices(string project, IReadOnlyCollection<string> services) =>
        [.. ProjectReference().Matches(project).Select(match => match.Groups["name"].Value)
            .Where(name => services.Contains(name))];

    /// <summary>Everything an assembly uses that does not come with .NET.</summary>
    public static IReadOnlyList<string> BeyondTheFramework(Assembly assembly) =>
        [.. assembly.GetReferencedAssemblies().Select(name => name.Name!)
            .Where(name => name != "System" && !name.StartsWith("System.", StringComparison.Ordinal))];

    /// <summary>Lines that are neither blank nor comment.</summary>
    public static int CodeLines(string source) =>
        BlockComment().Replace(source, "").Split('\n').Select(line => line.Trim())
            .Count(line => line.Length > 0 && !line.StartsWith("//", StringComparison.Ordinal));

    public static bool HasConditionalCompilation(string source) => Conditional().IsMatch(source);

    /// <summary>
    /// C8 C41: addresses come from service discovery; a literal host with a port, or on this machine, is nobody's
    /// business.
    /// </summary>
    public static IReadOnlyList<string> LiteralAddresses(string source) =>
        [.. Address().Matches(source).Select(match => match.Value)];

    /// <summary>C42: what opens a door for everybody.</summary>
    public static IReadOnlyList<string> OpenDoors(string source) =>
        [.. Door().Matches(source).Select(match => match.Value)];

    static bool IsAdapter(string name) =>
        Adapters.Any(adapter => name == adapter || name.StartsWith(adapter + ".", StringComparison.Ordinal))
        || (name.StartsWith("CarShare.", StringComparison.Ordinal)
            && OwnAdapters.Any(own => name.EndsWith(own, StringComparison.Ordinal)));

    [GeneratedRegex("""<ProjectReference\s[^>]*?(?<name>[^/\\"]+)\.csproj""")]
    private static partial Regex ProjectReference();

    [GeneratedRegex(@"/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex BlockComment();

    [GeneratedRegex(@"^\s*#\s*(if|elif|else)\b", RegexOptions.Multiline)]
    private static partial Regex Conditional();

    [GeneratedRegex(@"https?://(localhost|[\w.-]+:\d+)")]
    private static partial Regex Address();

    [GeneratedRegex(
        @"AllowAnyOrigin|AllowCredentials|EnableSensitiveDataLogging|SetIsOriginAllowed|"
        + "DangerousAcceptAnyServerCertificateValidator|--insecure-skip-tls-verify")]
    private static partial Regex Door();
}
