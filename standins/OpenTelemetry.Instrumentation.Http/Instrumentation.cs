namespace OpenTelemetry.Trace
{
    public static class HttpClientInstrumentationTracerProviderBuilderExtensions
    {
        public static TracerProviderBuilder AddHttpClientInstrumentation(this TracerProviderBuilder builder) => builder.AddSource("System.Net.Http");
    }
}

namespace OpenTelemetry.Metrics
{
    public static class HttpClientInstrumentationMeterProviderBuilderExtensions
    {
        public static MeterProviderBuilder AddHttpClientInstrumentation(this MeterProviderBuilder builder) =>
            builder.AddMeter("System.Net.Http", "System.Net.NameResolution");
    }
}
