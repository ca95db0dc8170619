using CarShare.Contracts;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace CarShare.Migrations;

/// <summary>Creates the topics that are missing; one that exists with another number of partitions fails the run, because its keys would change places.</summary>
static class TopicProvisioner
{
    static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    public static Task Provision(IConfiguration configuration, ILogger logger, CancellationToken ct)
    {
        var brokers = configuration.GetConnectionString("kafka") ?? throw new InvalidOperationException("Connection string 'kafka' is missing.");
        var replicas = configuration.GetValue<short>("Kafka:ReplicationFactor", -1);
        return Patience.Retry("topics", async () =>
        {
            using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = brokers }).SetLogHandler((_, _) => { }).Build();
            // All topics, because asking for one by name may create it.
            var there = admin.GetMetadata(Timeout).Topics.Where(t => t.Error.Code == ErrorCode.NoError).ToDictionary(t => t.Topic, t => t.Partitions.Count);
            foreach (var topic in Topics.All)
            {
                if (!there.TryGetValue(topic, out var partitions))
                {
                    await Create(admin, topic, replicas);
                }
                else if (partitions != Topics.Partitions)
                {
                    throw new InvalidOperationException($"Topic {topic} has {partitions} partitions instead of {Topics.Partitions}: keys would change places. Recreate it.");
                }
            }
        }, error => error is KafkaException, logger, ct);
    }

    static async Task Create(IAdminClient admin, string topic, short replicas)
    {
        try
        {
            await admin.CreateTopicsAsync(
                [new TopicSpecification { Name = topic, NumPartitions = Topics.Partitions, ReplicationFactor = replicas }], new CreateTopicsOptions { RequestTimeout = Timeout });
        }
        catch (CreateTopicsException e) when (e.Results.All(r => r.Error.Code == ErrorCode.TopicAlreadyExists))
        {
            // Another run was faster.
        }
    }
}
