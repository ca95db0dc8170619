using System.Net;
using System.Reflection;
using System.Runtime.InteropServices;

namespace CarShare.LocalKafka;

/// <summary>librdkafka's own cluster emulation: the real protocol, one broker, everything in memory.</summary>
public sealed unsafe partial class MockCluster : IDisposable
{
    const string Library = "librdkafka";
    // the same without libraries of the system (SASL in a version that not every distribution has)
    const string SelfContained = "centos8-librdkafka";
    const int ProducerHandle = 0;
    const string WarningsOnly = "4";

    const int FirstBroker = 1;
    const short Produce = 0, Fetch = 1;
    const int NotLeader = 6, RequestTimedOut = 7, NotEnoughReplicas = 19, ConnectionLost = -195;

    readonly nint client;
    readonly nint cluster;

    static MockCluster() => NativeLibrary.SetDllImportResolver(typeof(MockCluster).Assembly, Resolve);

    /// <summary>Clients are told that the broker is at this port.</summary>
    public MockCluster(int advertisedPort)
    {
        const int size = 512;
        var error = stackalloc byte[size];
        var settings = rd_kafka_conf_new();
        // the client that carries the emulation has no brokers of its own and says so at every start
        rd_kafka_conf_set(settings, "log_level", WarningsOnly, error, size);
        client = rd_kafka_new(ProducerHandle, settings, error, size);
        if (client == 0) throw new InvalidOperationException($"librdkafka: {Marshal.PtrToStringUTF8((nint)error)}");

        cluster = rd_kafka_mock_cluster_new(client, 1);
        if (cluster == 0) throw new InvalidOperationException("librdkafka could not start its cluster emulation");
        Broker = IPEndPoint.Parse(Marshal.PtrToStringUTF8(rd_kafka_mock_cluster_bootstraps(cluster))!);
        rd_kafka_brokers_add(client, $"{Broker}");
        rd_kafka_mock_broker_set_host_port(cluster, FirstBroker, $"{Broker.Address}", advertisedPort);
    }

    static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
        name == Library && !NativeLibrary.TryLoad(Library, assembly, path, out _)
            ? NativeLibrary.Load(SelfContained, assembly, path)
            : 0;

    /// <summary>Where the emulated broker listens: a port of its own choice.</summary>
    public IPEndPoint Broker { get; }

    public void CreateTopic(string name, int partitions)
    {
        var error = rd_kafka_mock_topic_create(cluster, name, partitions, 1);
        if (error != 0)
            throw new InvalidOperationException($"Topic {name}: {Marshal.PtrToStringUTF8(rd_kafka_err2str(error))}");
    }

    /// <summary>
    /// The oldest offset of a partition and the one that will be written next; null where it cannot say.
    /// </summary>
    public (long First, long End)? Ends(string topic, int partition)
    {
        const int patienceMilliseconds = 1_000;
        var error = rd_kafka_query_watermark_offsets(
            client, topic, partition, out var first, out var end, patienceMilliseconds);
        return error == 0 ? (first, end) : null;
    }

    /// <summary>What stands before this offset is gone.</summary>
    public void Forget(string topic, int partition, long before) =>
        _ = rd_kafka_mock_partition_delete_records(cluster, topic, partition, before);

    /// <summary>Every answer comes so much later.</summary>
    public void Delay(int milliseconds) => rd_kafka_mock_broker_set_rtt(cluster, FirstBroker, milliseconds);

    /// <summary>The next requests to produce and to fetch fail, in all the ways a client has to expect.</summary>
    public void Fail(int requests)
    {
        Fail(Produce, requests, [NotLeader, RequestTimedOut, NotEnoughReplicas, ConnectionLost]);
        Fail(Fetch, requests, [NotLeader, ConnectionLost]);
    }

    void Fail(short api, int requests, ReadOnlySpan<int> errors)
    {
        var all = new int[requests];
        for (var i = 0; i < requests; i++) all[i] = errors[i % errors.Length];
        fixed (int* first = all) rd_kafka_mock_push_request_errors_array(cluster, api, (nuint)requests, first);
    }

    public void Dispose()
    {
        rd_kafka_mock_cluster_destroy(cluster);
        rd_kafka_destroy(client);
    }

    [LibraryImport(Library)]
    private static partial nint rd_kafka_conf_new();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rd_kafka_conf_set(nint conf, string name, string value, byte* error, nuint errorSize);

    [LibraryImport(Library)]
    private static partial nint rd_kafka_new(int type, nint conf, byte* error, nuint errorSize);

    [LibraryImport(Library)]
    private static partial void rd_kafka_destroy(nint client);

    [LibraryImport(Library)]
    private static partial nint rd_kafka_err2str(int error);

    [LibraryImport(Library)]
    private static partial nint rd_kafka_mock_cluster_new(nint client, int brokers);

    [LibraryImport(Library)]
    private static partial void rd_kafka_mock_cluster_destroy(nint cluster);

    [LibraryImport(Library)]
    private static partial nint rd_kafka_mock_cluster_bootstraps(nint cluster);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rd_kafka_mock_topic_create(
        nint cluster, string topic, int partitions, int replicationFactor);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rd_kafka_brokers_add(nint client, string brokers);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rd_kafka_query_watermark_offsets(
        nint client, string topic, int partition, out long low, out long high, int timeoutMilliseconds);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rd_kafka_mock_partition_delete_records(
        nint cluster, string topic, int partition, long beforeOffset);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial void rd_kafka_mock_broker_set_host_port(nint cluster, int broker, string host, int port);

    [LibraryImport(Library)]
    private static partial int rd_kafka_mock_broker_set_rtt(nint cluster, int broker, int milliseconds);

    [LibraryImport(Library)]
    private static partial void rd_kafka_mock_push_request_errors_array(
        nint cluster, short api, nuint count, int* errors);
}
