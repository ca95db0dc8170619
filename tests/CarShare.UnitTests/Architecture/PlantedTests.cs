using System.Reflection;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.UnitTests.Architecture.Planted.Domain;

namespace CarShare.UnitTests.Architecture;

/// <summary>Every rule can fail: here is what breaks it.</summary>
public sealed class PlantedTests
{
    static readonly Type[] Types = typeof(Innocent).Assembly.GetTypes();

    [Theory]
    [InlineData(typeof(InABase), "Microsoft.EntityFrameworkCore.DbContext")]
    [InlineData(typeof(InAProperty), "Confluent.Kafka.Message`2")]
    [InlineData(typeof(InASignature), "Microsoft.AspNetCore.Http.HttpContext")]
    [InlineData(typeof(InABody), "System.Net.Http.HttpRequestMessage")]
    [InlineData(typeof(InALambda), "System.Net.Http.HttpClient")]
    [InlineData(typeof(InAStaticCall), "CarShare.Messaging.EventJson")]
    [InlineData(typeof(InAnAttribute), "Microsoft.EntityFrameworkCore.IndexAttribute")]
    [InlineData(typeof(InATypeArgument), "CarShare.Messaging.IEventSink")]
    public void An_adapter_is_found_wherever_a_domain_type_hides_it(Type planted, string known)
    {
        // A lambda's code is in classes of the compiler's own, nested in the type and in its namespace.
        var types = Types.Where(type => Rules.IsDomain(type)
            && (type == planted || type.FullName!.StartsWith(planted.FullName + "+", StringComparison.Ordinal)));
        Assert.Contains(
            Rules.KnowsAdapters(types), broken => broken.Contains($" knows {known}", StringComparison.Ordinal));
    }

    [Fact]
    public void A_domain_type_without_adapters_passes() => Assert.Empty(Rules.KnowsAdapters([typeof(Innocent)]));

    [Fact]
    public void A_reference_to_a_service_is_found_in_the_assembly_and_in_the_project_file()
    {
        string[] services = ["CarShare.Orders", "CarShare.Stocks"];
        Assert.Equal(services, Rules.OtherServices(Assembly.Load("CarShare.Migrations"), services).Order());
        Assert.Equal(["CarShare.Stocks"], Rules.OtherServices(
            """<ProjectReference Include="../CarShare.Stocks/CarShare.Stocks.csproj"/>""", services));
        Assert.Equal(["CarShare.Stocks"], Rules.OtherServices(
            """<ProjectReference PrivateAssets="all" Include="..\CarShare.Stocks\CarShare.Stocks.csproj"/>""",
            services));
        Assert.Empty(Rules.OtherServices(
            """<ProjectReference Include="../CarShare.Contracts/CarShare.Contracts.csproj"/>""", services));
    }

    [Fact]
    public void What_comes_from_a_package_or_a_project_is_beyond_the_framework()
    {
        var beyond = Rules.BeyondTheFramework(typeof(EventJson).Assembly);
        Assert.Contains(typeof(IEvent).Assembly.GetName().Name, beyond);
        Assert.Contains("Confluent.Kafka", beyond);
    }

    [Fact]
    public void Only_code_lines_count() =>
        Assert.Equal(3, Rules.CodeLines("using System;\n\n// why\n/// <summary/>\n/* a\n b */\nclass A\n  {}\n"));

    [Fact]
    public void A_file_of_401_lines_is_too_long()
    {
        Assert.False(Rules.IsTooLong(string.Concat(Enumerable.Repeat("x\n", 400))));
        Assert.True(Rules.IsTooLong(string.Concat(Enumerable.Repeat("x\n", 401))));
    }

    [Theory]
    [InlineData("class A;\n#if DEBUG\n", true)]
    [InlineData("  # if DEBUG", true)]
    [InlineData("#elif DEBUG", true)]
    [InlineData("#pragma warning disable", false)]
    [InlineData("// no #if here", false)]
    public void Conditional_compilation_is_found(string source, bool found) =>
        Assert.Equal(found, Rules.HasConditionalCompilation(source));

    [Theory]
    [InlineData("new Uri(\"http://delivery:8080\")", true)]
    [InlineData("\"http://localhost/\"", true)]
    [InlineData("$\"http://{service}\"", false)]
    [InlineData("\"http://stocks\"", false)]
    public void A_literal_address_is_found(string source, bool found) =>
        Assert.Equal(found, Rules.LiteralAddresses(source).Count > 0);

    [Theory]
    [InlineData("policy.AllowAnyOrigin()", true)]
    [InlineData("options.EnableSensitiveDataLogging()", true)]
    [InlineData("policy.WithOrigins(origins)", false)]
    public void An_open_door_is_found(string source, bool found) =>
        Assert.Equal(found, Rules.OpenDoors(source).Count > 0);
}
