using System.Diagnostics;
using Aspire.Hosting.Testing;
using CarShare.Tests;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using NJsonSchema.CodeGeneration.CSharp;
using NSwag;
using NSwag.CodeGeneration.CSharp;

namespace CarShare.SystemTests.Clients;

/// <summary>
/// What other people's tools make of the one document, they can rent a car with: a client in C# by NSwag, one in
/// TypeScript by openapi-typescript, each compiled as strictly as its compiler can.
/// </summary>
[Collection(nameof(ManualSystem))]
public sealed class GeneratedClientTests(ManualSystem system)
{
    // returned, cancelled and refunded; more than two entries and messages, two orders
    const string Story = "Returned Cancelled 1000 True True 2";

    static string Folder { get; } = Path.Combine(ChildProcess.RepositoryRoot, "tests/CarShare.SystemTests/Clients");

    [Fact]
    public async Task A_CSharp_client_made_from_the_document_runs_a_whole_rental()
    {
        var document = await OpenApiDocument.FromJsonAsync(await Document());
        var client = new CSharpClientGenerator(document, new()
        {
            ClassName = "CarShareClient",
            UseBaseUrl = false,
            // A header that may be left out is a parameter that may be left out.
            GenerateOptionalParameters = true,
            CSharpGeneratorSettings =
            {
                Namespace = "Generated",
                JsonLibrary = CSharpJsonLibrary.SystemTextJson,
                GenerateNullableReferenceTypes = true,
            },
        }).GenerateFile();

        var rental = Compile(client, await File.ReadAllTextAsync(Path.Combine(Folder, "Rental.txt")));
        var run = rental.GetType("Generated.Rental")!.GetMethod("Run")!
            .CreateDelegate<Func<HttpClient, HttpClient, Task<string>>>();

        Assert.Equal(Story, await run(system.Customer().Http, system.Operator().Http));
    }

    [Fact]
    public async Task A_TypeScript_client_made_from_the_document_runs_a_whole_rental()
    {
        var folder = Path.Combine(Folder, "typescript");
        Assert.SkipUnless(Directory.Exists(Path.Combine(folder, "node_modules")),
            $"The generator and the compiler are not installed: npm ci in {folder}, or ./carshare test.");
        var document = Path.Combine(Directory.CreateTempSubdirectory("carshare-document-").FullName, "carshare.json");
        await File.WriteAllTextAsync(document, await Document());
        await Run(folder, "npx", "openapi-typescript", document, "--default-non-nullable=false", "-o", "carshare.d.ts");
        await Run(folder, "npx", "tsc", "-p", ".");

        var address = system.App.GetEndpoint("gateway", "http").ToString().TrimEnd('/');
        var said = await Run(folder, "node", "built/rental.js", address,
            await system.Token($"customer-{Guid.NewGuid():N}"), await system.Token("operator"));

        Directory.Delete(Path.GetDirectoryName(document)!, recursive: true);
        Assert.Equal(Story.Replace("True", "true", StringComparison.Ordinal), said.Trim());
    }

    async Task<string> Document()
    {
        using var http = system.Gateway();
        return await http.GetStringAsync("/openapi.json");
    }

    static System.Reflection.Assembly Compile(params string[] sources)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path));
        var parsing = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest);
        var compilation = CSharpCompilation.Create(
            $"Generated{Guid.NewGuid():N}", sources.Select(source => CSharpSyntaxTree.ParseText(source, parsing)),
            references,
            new(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        using var assembly = new MemoryStream();
        var result = compilation.Emit(assembly);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics
            .Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => d.ToString())));
        return System.Reflection.Assembly.Load(assembly.ToArray());
    }

    static async Task<string> Run(string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // everything that is needed is installed and here
        foreach (var name in CarShareSystem.HostileShell.Keys) start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        var said = await output;
        Assert.True(process.ExitCode == 0, $"{program} {arguments[0]}: {process.ExitCode}\n{said}\n{await error}");
        return said;
    }
}
