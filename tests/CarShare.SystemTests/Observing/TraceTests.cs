using CarShare.Tests;

namespace CarShare.SystemTests.Observing;

[Collection("observed")]
public sealed class TraceTests(ObservedSystem system)
{
    const string Order = "carshare.order.id";

    [Fact]
    public async Task A_rental_is_one_trace_from_the_gateway_over_seven_services_to_the_page()
    {
        var traceId = Guid.NewGuid().ToString("N");
        var order = (await system.Rental(traceId)).ToString();
        string[] all = [.. CarShareSystem.Services.Append("gateway").Order()];
        await Eventually.Holds("the trace is complete", () => Task.FromResult(
            all.SequenceEqual(system.Collector.Trace(traceId).Select(s => s.Service).Distinct().Order()) && Sent().Any()
                && Handled("customerpages").Any()));
        await HangsTogether(traceId);

        // Producer and consumer spans as OpenTelemetry's messaging conventions have them, the one caused by the other.
        foreach (var sent in Sent())
        {
            Assert.Equal($"send {sent.Attributes["messaging.destination.name"]}", sent.Name);
            Assert.Equal("kafka", sent.Attributes["messaging.system"]);
        }

        foreach (var handled in Handled("customerpages").Concat(Handled("deliveries")))
        {
            Assert.Equal($"process {handled.Attributes["messaging.destination.name"]}", handled.Name);
            Assert.Equal("kafka", handled.Attributes["messaging.system"]);
            Assert.Contains(handled.ParentId, Sent().Select(s => s.SpanId));
        }

        // What who answers asked of the store, and the page written for the event that is shown on it. Statements for a
        // batch of events are nobody's own.
        foreach (var asked in (string[])
            ["orders postgresql", "stocks postgresql", "payments postgresql", "customerpages redis"])
            await Eventually.Holds($"{asked} is in the trace", () => Task.FromResult(
                system.Collector.Trace(traceId).Any(s => $"{s.Service} {s.Store}" == asked)));
        Assert.All(system.Collector.Trace(traceId).Where(s => s.Store == "redis"), written => Assert.Contains(
            written.ParentId, Handled("customerpages").Select(s => s.SpanId)));
        await HangsTogether(traceId);

        // From the moment there is an order, its id is on the spans of everybody.
        string[] without = [.. all.Where(service => system.Collector.Trace(traceId).Where(s => s.Service == service)
            .All(s => s.Attributes.GetValueOrDefault(Order) != order))];
        Assert.Equal(["gateway"], without);

        IEnumerable<Span> Sent() => system.Collector.Trace(traceId).Where(s => s.Kind == SpanKind.Producer);

        IEnumerable<Span> Handled(string service) =>
            system.Collector.Trace(traceId).Where(s => s.Kind == SpanKind.Consumer && s.Service == service);
    }

    [Fact]
    public async Task A_page_is_one_trace_from_the_gateway_over_the_web_to_the_service_it_asks()
    {
        var traceId = Guid.NewGuid().ToString("N");
        using var http = system.Gateway();
        http.DefaultRequestHeaders.Add("traceparent", $"00-{traceId}-{Guid.NewGuid().ToString("N")[..16]}-01");
        using (var page = await http.GetAsync("/")) Assert.True(page.IsSuccessStatusCode);
        await Eventually.Holds("the trace is complete", () => Task.FromResult(
            system.Collector.Trace(traceId).Select(s => s.Service).Distinct().Order()
                .SequenceEqual(["gateway", "stocks", "web"])));
        await HangsTogether(traceId);
    }

    [Fact]
    public async Task Of_all_traces_less_than_one_in_twenty_is_background_work()
    {
        foreach (var _ in Enumerable.Range(0, 10)) await system.Rental(Guid.NewGuid().ToString("N"));
        await Eventually.Holds("the collector has heard of the rentals", () =>
            Task.FromResult(system.Collector.Spans.Count(s => s.Kind == SpanKind.Consumer) > 100
                && system.Collector.Spans.Any(s => s.Store == "redis")));
        var spans = system.Collector.Spans.ToList();
        // A rental continues its customer's trace: its beginning is the gateway's span.
        var beginnings = spans.Where(s => s.IsRoot || s is { Service: "gateway", Kind: SpanKind.Server }).ToList();
        var background = beginnings.Where(s => s.Kind != SpanKind.Server).ToList();
        Assert.True(background.Count * 20 < beginnings.Count,
            $"{background.Count} of {beginnings.Count}: " + string.Join(", ", background
                .GroupBy(s => $"{s.Service} {s.Kind} {s.Name}").Select(g => $"{g.Count()} {g.Key}")));
        Assert.DoesNotContain(spans, s =>
            s.Attributes.GetValueOrDefault("url.path") is "/alive" or "/health" or "/started" or "/metrics");
    }
    /// <summary>Nothing hangs in the air: every span but the gateway's has its parent in the trace.</summary>
    Task HangsTogether(string traceId) => Eventually.Holds("each span has its parent", () =>
    {
        var spans = system.Collector.Trace(traceId).ToList();
        var ids = spans.Select(s => s.SpanId).ToHashSet();
        return Task.FromResult(spans.Where(s => s.ParentId is { } parent && !ids.Contains(parent))
            .All(s => s is { Service: "gateway", Kind: SpanKind.Server }));
    });
}
