using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.DependencyInjection;
using Polly;

namespace Microsoft.Extensions.DependencyInjection
{
    public static class ResilienceHttpClientBuilderExtensions
    {
        public static IHttpResiliencePipelineBuilder AddResilienceHandler(
            this IHttpClientBuilder builder, string pipelineName, Action<ResiliencePipelineBuilder<HttpResponseMessage>, ResilienceHandlerContext> configure)
        {
            // One pipeline per client name, not per handler: the circuit breaker has to remember across handler rotations.
            Lock gate = new();
            ResiliencePipeline<HttpResponseMessage>? pipeline = null;
            builder.AddHttpMessageHandler(services =>
            {
                lock (gate) return new ResilienceHandler(pipeline ??= Build(services));
            });
            return new Pipeline(pipelineName, builder.Services);

            ResiliencePipeline<HttpResponseMessage> Build(IServiceProvider services)
            {
                var pipelineBuilder = new ResiliencePipelineBuilder<HttpResponseMessage> { Name = builder.Name, InstanceName = pipelineName };
                pipelineBuilder.TimeProvider = services.GetService<TimeProvider>();
                configure(pipelineBuilder, new(services));
                return pipelineBuilder.Build();
            }
        }

        sealed record Pipeline(string PipelineName, IServiceCollection Services) : IHttpResiliencePipelineBuilder;
    }
}

namespace Microsoft.Extensions.Http.Resilience
{
    public interface IHttpResiliencePipelineBuilder
    {
        string PipelineName { get; }

        IServiceCollection Services { get; }
    }

    public sealed class ResilienceHandlerContext
    {
        internal ResilienceHandlerContext(IServiceProvider services) => ServiceProvider = services;

        public IServiceProvider ServiceProvider { get; }
    }
}
