using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CarShare.ServiceDefaults.Authentication;

/// <summary>
/// Ready is who can tell friend from stranger. Keys once read go on being good while the provider is away.
/// </summary>
sealed class KeysKnown(IdentityProvider provider) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(provider.Keys is null
            ? HealthCheckResult.Unhealthy("The identity provider's keys could not be read yet.")
            : HealthCheckResult.Healthy());
}
