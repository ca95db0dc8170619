namespace OpenTelemetry
{
    // .NET emits the spans itself; the real package switches their HTTP tags on in the same way.
    static class ServerTags
    {
        internal static void SwitchOn() => AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
    }
}

namespace OpenTelemetry.Trace
{
    public static class AspNetCoreInstrumentationTracerProviderBuilderExtensions
    {
        public static TracerProviderBuilder AddAspNetCoreInstrumentation(this TracerProviderBuilder builder)
        {
            ServerTags.SwitchOn();
            return builder.AddSource("Microsoft.AspNetCore");
        }
    }
}

namespace OpenTelemetry.Metrics
{
    public static class AspNetCoreInstrumentationMeterProviderBuilderExtensions
    {
        public static MeterProviderBuilder AddAspNetCoreInstrumentation(this MeterProviderBuilder builder) => builder.AddMeter(
            "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Http.Connections",
            "Microsoft.AspNetCore.Routing", "Microsoft.AspNetCore.Diagnostics", "Microsoft.AspNetCore.RateLimiting");
    }
}
