using System.Reflection;

namespace CarShare.LoadTests.Running;

/// <summary>Where this program was built from, and how.</summary>
static class Repository
{
    public static string Root { get; } = Metadata("RepositoryRoot");

    /// <summary>Debug or Release: a system of its own is run in the same one.</summary>
    public static string Configuration { get; } = Metadata("Configuration");

    public static string AppHost =>
        Path.Combine(Root, "CarShare.AppHost/bin", Configuration, "net10.0/CarShare.AppHost.dll");

    static string Metadata(string key) =>
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
