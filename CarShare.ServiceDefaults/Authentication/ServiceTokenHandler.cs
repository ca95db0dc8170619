using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace CarShare.ServiceDefaults.Authentication;

/// <summary>Clients that say who calls.</summary>
public static class ServiceTokenClients
{
    /// <summary>
    /// Sends this service's own token with every request (<c>Authentication:ClientId</c> and <c>ClientSecret</c>).
    /// Refused once, it is replaced and the request sent again. Without a token the request fails like one to a service
    /// that is away. Only for clients of CarShare's own services.
    /// </summary>
    public static IHttpClientBuilder AddServiceToken(this IHttpClientBuilder client)
    {
        if (client.Services.All(service => service.ServiceType != typeof(ServiceTokens)))
            client.Services.AddSingleton(new WarmUp(
                "a token of its own", (provider, ct) => provider.GetRequiredService<ServiceTokens>().Get(ct).AsTask()));
        client.Services.TryAddSingleton<ServiceTokens>();
        client.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ServiceTokens>(
            provider => provider.GetRequiredService<ServiceTokens>()));
        client.Services.AddOptions<AuthenticationSettings>()
            .Validate(settings => settings is { ClientId.Length: > 0, ClientSecret.Length: > 0 },
                "Authentication: ClientId and ClientSecret must be set.");
        return client.AddHttpMessageHandler(
            provider => new ServiceTokenHandler(provider.GetRequiredService<ServiceTokens>()));
    }

    sealed class ServiceTokenHandler(ServiceTokens tokens) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var token = await tokens.Get(cancellationToken);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            var answer = await base.SendAsync(request, cancellationToken);
            if (answer.StatusCode != HttpStatusCode.Unauthorized) return answer;

            var renewed = await tokens.Get(cancellationToken, refused: token);
            if (renewed == token) return answer;
            answer.Dispose();
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", renewed);
            return await base.SendAsync(request, cancellationToken);
        }
    }
}
