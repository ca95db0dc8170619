using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Polly.CircuitBreaker;

namespace CarShare.ServiceDefaults.Hosting;

/// <summary>The state of the circuit breaker before each neighbour: 0 closed, 1 half open, 2 open.</summary>
sealed class BreakerMetrics
{
    readonly ConcurrentDictionary<string, CircuitBreakerStateProvider> _breakers = [];

    public BreakerMetrics(IMeterFactory meters) => meters.Create("CarShare.Clients").CreateObservableGauge(
        "carshare.circuit_breaker.state", () => _breakers.Select(b => new Measurement<int>(
            Number(b.Value.CircuitState), new KeyValuePair<string, object?>("server.address", b.Key))), "1",
        "0 closed, 1 half open, 2 open");

    /// <summary>What a breaker says about itself; one for each that is built.</summary>
    public CircuitBreakerStateProvider Of(string service) => _breakers[service] = new();

    static int Number(CircuitState state) => state switch
    {
        CircuitState.Closed => 0,
        CircuitState.HalfOpen => 1,
        _ => 2,
    };
}
