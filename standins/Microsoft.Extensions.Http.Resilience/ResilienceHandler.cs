using Polly;

namespace Microsoft.Extensions.Http.Resilience
{
    sealed class ResilienceHandler(ResiliencePipeline<HttpResponseMessage> pipeline) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var context = ResilienceContextPool.Shared.Get(cancellationToken);
            context.SetRequestMessage(request);
            try
            {
                return await pipeline.ExecuteAsync(
                    static async (context, state) => await state.Send(state.Request, context.CancellationToken),
                    context, (Send: new Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>>(base.SendAsync), Request: request));
            }
            finally
            {
                ResilienceContextPool.Shared.Return(context);
            }
        }
    }
}

namespace Polly
{
    public static class HttpResilienceContextExtensions
    {
        static readonly ResiliencePropertyKey<HttpRequestMessage?> Key = new("Resilience.Http.RequestMessage");

        public static HttpRequestMessage? GetRequestMessage(this ResilienceContext context) => context.Properties.GetValue(Key, null);

        public static void SetRequestMessage(this ResilienceContext context, HttpRequestMessage? requestMessage) => context.Properties.Set(Key, requestMessage);
    }
}
