using System.Net;
using CarShare.ServiceDefaults.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;

namespace CarShare.ServiceDefaults;

/// <summary>
/// The circuit breaker (Nygard, "Release It!") before each neighbour: the same for services that ask each other and for
/// the web page, which asks them.
/// </summary>
public static partial class CircuitBreaker
{
    /// <summary>
    /// Opens after <see cref="InternalClientOptions.FailuresToOpen"/> failures in a row. Belongs inside of the retries
    /// and outside of the deadline of an attempt.
    /// </summary>
    /// <param name="pipeline">What each call to the neighbour goes through.</param>
    /// <param name="context">Of the pipeline.</param>
    /// <param name="neighbour">As which its state is told in the metrics.</param>
    /// <param name="options">How many failures, and how long it stays open.</param>
    public static void AddCircuitBreaker(
        this ResiliencePipelineBuilder<HttpResponseMessage> pipeline, ResilienceHandlerContext context,
        string neighbour, InternalClientOptions options)
    {
        var failures = new FailuresInARow(options.FailuresToOpen);
        var opened = new SparseLine(context.ServiceProvider.GetRequiredService<TimeProvider>());
        var logger = context.ServiceProvider.GetRequiredService<ILoggerFactory>()
            .CreateLogger(typeof(CircuitBreaker).FullName!);
        pipeline.AddCircuitBreaker(new HttpCircuitBreakerStrategyOptions
        {
            // Polly counts shares. With none asked for, the first outcome it is told to handle opens the circuit.
            FailureRatio = 0,
            MinimumThroughput = 2,
            SamplingDuration = TimeSpan.FromSeconds(30),
            ShouldHandle = args => new(failures.AreMany(args.Outcome)),
            BreakDuration = options.BreakDuration,
            OnOpened = args =>
            {
                // It tries again and again, and opens each time.
                if (opened.Add()) Log.Opened(logger, neighbour, opened.Count, Reason(args.Outcome));
                return default;
            },
            StateProvider = context.ServiceProvider.GetRequiredService<BreakerMetrics>().Of(neighbour),
        });
    }

    /// <summary>True when the neighbour failed, was too slow or could not be reached.</summary>
    public static bool IsFailure(Outcome<HttpResponseMessage> outcome) =>
        HttpClientResiliencePredicates.IsTransient(outcome) || IsConnectTimeout(outcome.Exception);

    // SocketsHttpHandler reports its connect timeout as a cancellation that nobody asked for.
    internal static bool IsConnectTimeout(Exception? exception) =>
        exception is OperationCanceledException { InnerException: TimeoutException };

    static string Reason(Outcome<HttpResponseMessage> outcome) =>
        outcome.Exception?.GetBaseException().Message ?? $"it answered {(int)outcome.Result!.StatusCode}";

    static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Neighbour} is not asked for a while (time {Count}): {Reason}")]
        public static partial void Opened(ILogger logger, string neighbour, int count, string reason);
    }

    sealed class FailuresInARow(int enough)
    {
        int _count;

        /// <summary>
        /// An answer begins the row anew, and that one caller asks too often is one; a caller who left, or ran out of
        /// time before the attempt did, says nothing.
        /// </summary>
        public bool AreMany(Outcome<HttpResponseMessage> outcome)
        {
            if (IsFailure(outcome) && outcome.Result?.StatusCode != HttpStatusCode.TooManyRequests)
                return Interlocked.Increment(ref _count) >= enough;
            if (outcome.Exception is null) Volatile.Write(ref _count, 0);
            return false;
        }
    }
}
