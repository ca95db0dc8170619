using CarShare.DeploymentTests.Infrastructure;

namespace CarShare.DeploymentTests.Azure;

public sealed class EnvironmentTests
{
    [Fact]
    public async Task Every_variable_that_a_service_gets_locally_it_gets_in_azure_too()
    {
        var manifest = await Manifest.Read();
        var local = await LocalRun.Variables();
        Assert.Contains("ConnectionStrings__ordersdb", local["orders"]);
        Assert.Contains("services__stocks__http__0", local["orders"]);
        foreach (var (service, variables) in local)
        {
            var missing = variables.Except(manifest.Environment(service).Keys);
            Assert.True(!missing.Any(), $"{service} lacks {string.Join(' ', missing)}");
        }
    }
}
