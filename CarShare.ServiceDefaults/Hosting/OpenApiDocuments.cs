using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace CarShare.ServiceDefaults.Hosting;

/// <summary>
/// Two documents per service: what the gateway publishes, and what the services say among themselves.
/// </summary>
static class OpenApiDocuments
{
    const string Bearer = "bearer";

    internal static void AddOpenApiDocuments(this IServiceCollection services)
    {
        services.AddDocument("v1", path => !IsInternal(path));
        services.AddDocument("internal", IsInternal);
    }

    static void AddDocument(this IServiceCollection services, string name, Predicate<string?> includes) =>
        services.AddOpenApi(name, options =>
        {
            options.ShouldInclude = description => includes(description.RelativePath);
            options.AddSchemaTransformer(OpenApiSchemas.Describe);
            options.AddOperationTransformer(OpenApiOperations.Describe);
            options.AddOperationTransformer((operation, context, _) =>
            {
                if (context.Description.ActionDescriptor.EndpointMetadata.OfType<IAuthorizeData>().Any())
                    operation.Security =
                        [new() { [new OpenApiSecuritySchemeReference(Bearer, context.Document)] = [] }];
                return Task.CompletedTask;
            });
            // The reader's address is the gateway's, not the one this process happens to listen on.
            options.AddDocumentTransformer((document, _, _) =>
            {
                document.Servers?.Clear();
                document.AddComponent(Bearer, new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = "bearer",
                    BearerFormat = "JWT",
                    Description = "An access token of the identity provider.",
                });
                OpenApiSchemas.Complete(document);
                return Task.CompletedTask;
            });
        });

    static bool IsInternal(string? path) => path?.StartsWith("internal/", StringComparison.Ordinal) == true;
}
