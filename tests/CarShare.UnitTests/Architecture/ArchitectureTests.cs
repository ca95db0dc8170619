using System.Reflection;
using CarShare.Contracts;
using CarShare.Messaging;

namespace CarShare.UnitTests.Architecture;

public sealed class ArchitectureTests
{
    static readonly string[] Services =
        ["CarShare.Orders", "CarShare.Stocks", "CarShare.Payments", "CarShare.Deliveries", "CarShare.Notifications",
            "CarShare.CustomerPages"];

    public static TheoryData<string> AllServices => [.. Services];

    // N9
    [Theory]
    [MemberData(nameof(AllServices))]
    public void Domain_knows_neither_http_nor_kafka_nor_a_database(string service)
    {
        var domain = Assembly.Load(service).GetTypes().Where(Rules.IsDomain).ToList();
        Assert.NotEmpty(domain);
        Assert.Empty(Rules.KnowsAdapters(domain));
    }

    [Theory]
    [MemberData(nameof(AllServices))]
    public void A_service_uses_no_other_service(string service)
    {
        Assert.Empty(Rules.OtherServices(Assembly.Load(service), Services));
        Assert.Empty(Rules.OtherServices(Sources.Text($"services/{service}/{service}.csproj"), Services));
    }

    [Fact]
    public void Every_service_is_among_those_checked() =>
        Assert.Equal(
            Services.Order(),
            Directory.GetDirectories(Path.Combine(Tests.ChildProcess.RepositoryRoot, "services"))
                .Where(folder => Directory.Exists(Path.Combine(folder, "Features"))).Select(Path.GetFileName).Order());

    [Fact]
    public void Contracts_use_nothing_but_the_framework()
    {
        Assert.Empty(Rules.BeyondTheFramework(typeof(IEvent).Assembly));
        Assert.DoesNotContain("Reference", Sources.Text("services/CarShare.Contracts/CarShare.Contracts.csproj"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_compiled_conditionally() =>
        Assert.DoesNotContain(Sources.Files("*.cs"), file => Rules.HasConditionalCompilation(Sources.Text(file)));

    // C8 C41
    [Fact]
    public void No_service_has_an_address_written_into_it() =>
        Assert.Empty(Production().SelectMany(
            file => Rules.LiteralAddresses(Sources.Text(file)).Select(address => $"{file}: {address}")));

    // C8 C41: whoever is called by name is a resource of that name.
    [Fact]
    public void Every_name_that_is_called_is_a_resource_of_the_app_host()
    {
        var host = Sources.Text("CarShare.AppHost/AppHost.cs");
        foreach (var source in Topics.All.Select(Topics.SourceOf))
            Assert.Contains($"(\"{source}\", kafka", host, StringComparison.Ordinal);
        var called = Production().SelectMany(file =>
            System.Text.RegularExpressions.Regex.Matches(Sources.Text(file), @"AddInternalClient<\w+>\(""(\w+)"""))
            .Select(match => match.Groups[1].Value).ToList();
        Assert.NotEmpty(called);
        Assert.All(called, name => Assert.Contains($"(\"{name}\", kafka", host, StringComparison.Ordinal));
    }

    // C42
    [Fact]
    public void Nothing_opens_a_door_for_everybody() =>
        Assert.Empty(
            Production().SelectMany(file => Rules.OpenDoors(Sources.Text(file)).Select(door => $"{file}: {door}")));

    // C43
    [Fact]
    public void Every_service_has_tests_of_its_own()
    {
        foreach (var service in Services.Select(name => name["CarShare.".Length..]))
            foreach (var tier in (string[])["UnitTests", "ServiceTests"])
                Assert.NotEmpty(Sources.Files("*Tests.cs", $"tests/CarShare.{tier}/{service}"));
        Assert.Contains("./carshare test", Sources.Text(".ci/run"), StringComparison.Ordinal);
        Assert.Contains("bin/\nobj/\n", Sources.Text(".gitignore"), StringComparison.Ordinal);
    }

    static IEnumerable<string> Production() =>
        Sources.Files("*.cs", "services").Concat(Sources.Files("*.cs", "CarShare.Gateway"))
            .Concat(Sources.Files("*.cs", "CarShare.ServiceDefaults"));
}
