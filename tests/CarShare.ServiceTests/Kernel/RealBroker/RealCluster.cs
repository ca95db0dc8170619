using System.Diagnostics;
using System.Globalization;
using CarShare.Contracts;
using CarShare.Tests;
using Confluent.Kafka;

namespace CarShare.ServiceTests.Kernel.RealBroker;

// What is measured is how soon events flow again, not how busy three brokers and other tests keep the machine.
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class RealClusterCollection : ICollectionFixture<RealCluster>
{
    public const string Name = "three real Kafkas";
}

/// <summary>Three brokers, as <c>--Replicas:kafka=3</c> runs them: each partition on all, two must have it.</summary>
public sealed class RealCluster() : RealKafka(brokers: 3)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public IReadOnlyList<PartitionMetadata> Partitions() =>
        Admin.GetMetadata(Patience).Topics.Single(t => t.Topic == Topics.Orders).Partitions;

    /// <summary>As a machine that fails; it is started anew by what started it.</summary>
    public void Kill(int broker)
    {
        using var process = Process.GetProcessById(ProcessOf(broker));
        process.Kill();
    }

    /// <summary>They take connections and answer nothing.</summary>
    public void Freeze(params int[] brokers) => Signal("STOP", brokers);

    public void GoOn(params int[] brokers) => Signal("CONT", brokers);

    /// <summary>Each partition is led by the broker named first for it, as after a restart of all.</summary>
    public Task LeadAsPreferred() =>
        Admin.ElectLeadersAsync(ElectionType.Preferred, null, new() { RequestTimeout = Patience });

    void Signal(string signal, int[] brokers)
    {
        using var kill = Process.Start("kill", [$"-{signal}", .. brokers.Select(b => $"{ProcessOf(b)}")]);
        kill.WaitForExit();
    }

    int ProcessOf(int broker) =>
        int.Parse(File.ReadAllText(Path.Combine(Folder, $"{broker}.pid")), CultureInfo.InvariantCulture);
}
