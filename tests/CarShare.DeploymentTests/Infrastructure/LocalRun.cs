using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace CarShare.DeploymentTests.Infrastructure;

/// <summary>What the AppHost gives to each program locally, where all the other tests show that it suffices.</summary>
static partial class LocalRun
{
    static readonly Lazy<Task<IReadOnlyDictionary<string, HashSet<string>>>> Made = new(Read);

    /// <summary>The names of each program's variables, without those of the local run itself.</summary>
    public static Task<IReadOnlyDictionary<string, HashSet<string>>> Variables() => Made.Value;

    static async Task<IReadOnlyDictionary<string, HashSet<string>>> Read()
    {
        var data = Directory.CreateTempSubdirectory("carshare-variables").FullName;
        string[] arguments = [$"--CARSHARE_DATA={data}", "--CARSHARE_INFRA=local"];
        await using var builder =
            await DistributedApplicationTestingBuilder.CreateAsync<Projects.CarShare_AppHost>(arguments);
        var found = new Dictionary<string, HashSet<string>>();
        // as expressions: nothing runs that a value could be asked of
        var context = new DistributedApplicationExecutionContext(DistributedApplicationOperation.Publish);
        var projects = builder.Resources.OfType<ProjectResource>().Where(project => project.Name != "identity");
        foreach (var project in projects)
        {
            var configuration = await ExecutionConfigurationBuilder.Create(project).WithEnvironmentVariablesConfig()
                .BuildAsync(context, NullLogger.Instance);
            Assert.Null(configuration.Exception);
            var names = configuration.EnvironmentVariables.Select(pair => pair.Key);
            found[project.Name] = [.. names.Where(name => !Local().IsMatch(name))];
        }

        return found;
    }

    // a reference brings along every endpoint, and each under two names; gRPC is not published, see docs/deploy.md
    [GeneratedRegex(
        "^(OTEL_|LOGGING__|ASPNETCORE_|DOTNET_|CARSHARE_|HTTP_PORTS$|GRPC_PORT$|[A-Z]+_(HTTP|MANAGEMENT|GRPC)$)"
        + "|__(management|grpc)__")]
    private static partial Regex Local();
}
