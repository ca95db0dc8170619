using System.Collections.Concurrent;
using System.Globalization;
using CarShare.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CarShare.SystemTests.Observing;

public enum SpanKind { Unspecified, Internal, Server, Client, Producer, Consumer }

public sealed record Span(
    string Service, string Scope, string TraceId, string SpanId, string? ParentId, string Name, SpanKind Kind,
    IReadOnlyDictionary<string, string> Attributes)
{
    public bool IsRoot => ParentId is null;

    /// <summary>
    /// The kind of store that was asked, by the name of today's convention or of the one before; null for no such span.
    /// </summary>
    public string? Store => Attributes.GetValueOrDefault("db.system.name") ?? Attributes.GetValueOrDefault("db.system");
}

public sealed record LogLine(
    string Service, string? TraceId, string Text, IReadOnlyDictionary<string, string> Attributes);

/// <summary>
/// Stands where a collector stands: takes OTLP over HTTP (protobuf) and keeps the spans and log records.
/// </summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    readonly WebApplication _app;

    public OtlpReceiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Address);
        _app = builder.Build();
        _app.MapPost("/v1/traces", request => Take(request, body => ReadSpans(body, Spans)));
        _app.MapPost("/v1/logs", request => Take(request, body => ReadLogs(body, Logs)));
        _app.MapPost("/v1/metrics", request => Take(request, _ => { }));
    }

    public string Address { get; } = $"http://127.0.0.1:{ChildProcess.FreePort()}";

    public ConcurrentQueue<Span> Spans { get; } = new();

    public ConcurrentQueue<LogLine> Logs { get; } = new();

    /// <summary>The variables that lead a service here, soon after each span.</summary>
    public IEnumerable<(string Name, string Value)> Variables =>
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_BSP_SCHEDULE_DELAY", "500"), ("OTEL_BLRP_SCHEDULE_DELAY", "500"),
    ];

    public IEnumerable<Span> Trace(string traceId) => Spans.Where(s => s.TraceId == traceId);

    public Task Start() => _app.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    static async Task Take(HttpContext http, Action<ReadOnlyMemory<byte>> read)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        read(body.ToArray());
        http.Response.ContentType = "application/x-protobuf";   // an empty answer says that all was taken
    }

    static void ReadSpans(ReadOnlyMemory<byte> request, ConcurrentQueue<Span> spans)
    {
        foreach (var (service, scope, scoped) in Scopes(request))
        {
            foreach (var span in scoped.All(2))
            {
                var parent = span.One(4)?.Hex;
                spans.Enqueue(new(
                    service, scope, span.One(1)!.Value.Hex, span.One(2)!.Value.Hex,
                    string.IsNullOrEmpty(parent) ? null : parent, span.One(5)?.Text ?? "",
                    (SpanKind)(span.One(6)?.Value ?? 0), Attributes(span.All(9))));
            }
        }
    }

    static void ReadLogs(ReadOnlyMemory<byte> request, ConcurrentQueue<LogLine> logs)
    {
        foreach (var (service, _, scoped) in Scopes(request))
        {
            foreach (var record in scoped.All(2))
                logs.Enqueue(
                    new(service, record.One(9)?.Hex, record.One(5)?.One(1)?.Text ?? "", Attributes(record.All(6))));
        }
    }

    static IEnumerable<(string Service, string Scope, Field Scoped)> Scopes(ReadOnlyMemory<byte> request) =>
        from resource in Protobuf.Read(request)
        where resource.Number == 1
        let service = Attributes(resource.One(1)!.Value.All(1))["service.name"]
        from scoped in resource.All(2)
        select (service, scoped.One(1)?.One(1)?.Text ?? "", scoped);

    static Dictionary<string, string> Attributes(IEnumerable<Field> pairs)
    {
        var attributes = new Dictionary<string, string>();
        foreach (var pair in pairs)
        {
            var value = pair.One(2)?.Fields.Cast<Field?>().FirstOrDefault();
            attributes[pair.One(1)!.Value.Text] =
                value is not { } v ? "" : v.Number == 1 ? v.Text : v.Value.ToString(CultureInfo.InvariantCulture);
        }

        return attributes;
    }
}
