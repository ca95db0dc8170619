using Microsoft.Extensions.DependencyInjection;

namespace CarShare.ServiceDefaults.Hosting;

/// <summary>Two documents per service: what the gateway publishes, and what the services say among themselves.</summary>
static class OpenApiDocuments
{
    internal static void AddOpenApiDocuments(this IServiceCollection services)
    {
        services.AddDocument("v1", path => !IsInternal(path));
        services.AddDocument("internal", IsInternal);
    }

    static void AddDocument(this IServiceCollection services, string name, Predicate<string?> includes) => services.AddOpenApi(name, options =>
    {
        options.ShouldInclude = description => includes(description.RelativePath);
        // The reader's address is the gateway's, not the one this process happens to listen on.
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Servers?.Clear();
            return Task.CompletedTask;
        });
    });

    static bool IsInternal(string? path) => path?.StartsWith("internal/", StringComparison.Ordinal) == true;
}
