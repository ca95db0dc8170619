using System.Globalization;
using CarShare.Contracts;
using CarShare.Messaging;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace CarShare.Migrations;

/// <summary>
/// Makes the topics that are missing and keeps the settings of those that are there; nobody else does. One of another
/// size than agreed fails the run, because its keys would change places.
/// </summary>
static partial class TopicProvisioner
{
    /// <summary>As long as the outboxes remember (days).</summary>
    const int RetentionDays = 90;

    const int MaxMessageBytes = 1_048_588, MostReplicas = 3;
    static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    public static Task Provision(IConfiguration configuration, ILogger logger, CancellationToken ct)
    {
        var settings = KafkaSettings.Admin(configuration);
        var configured = configuration.GetValue<short>("Kafka:ReplicationFactor", -1);
        var made = new HashSet<string>();
        return Patience.Retry("topics", async () =>
        {
            string? said = null;
            using var admin = new AdminClientBuilder(settings).SetLogHandler((_, _) => { })
                .SetErrorHandler(
                    (_, error) => said = error.Code == ErrorCode.Local_AllBrokersDown ? said : error.Reason).Build();
            var cluster = Ask(admin, () => said);
            var there = cluster.Topics.Where(t => t.Error.Code == ErrorCode.NoError)
                .ToDictionary(t => t.Topic, t => t.Partitions.Count);
            // As many as are named: one that is still starting is waited for, or its topics would have no copy for
            // ever.
            var brokers = Math.Max(cluster.Brokers.Count, settings.BootstrapServers.Split(',').Length);
            var replicas = configured > 0 ? configured : (short)Math.Min(MostReplicas, brokers);
            var missing = Topics.All.Where(topic => !there.ContainsKey(topic)).ToList();
            foreach (var topic in Topics.All.Except(missing))
            {
                if (TopicCheck.Judge(topic, there[topic]) is { } wrong) throw new InvalidOperationException(wrong);
            }

            if (missing.Count > 0) await Create(admin, missing, replicas);
            made.UnionWith(missing);
            // What this run made has its settings.
            await UpdateSettings(admin, [.. Topics.All.Except(made)], Settings(replicas), logger);
            // A topic that is just being deleted may still have been there.
            if (missing.Count > 0)
                throw new KafkaException(
                    new Error(ErrorCode.Local_InProgress, $"made {string.Join(", ", missing)}; looking once more"));
        }, error => error is KafkaException, logger, ct);
    }

    /// <summary>
    /// All topics, because asking for one by name may create it. A broker that refuses (a wrong password, a
    /// certificate) is quoted.
    /// </summary>
    static Metadata Ask(IAdminClient admin, Func<string?> said)
    {
        try
        {
            return admin.GetMetadata(Timeout);
        }
        catch (KafkaException e) when (said() is { } reason)
        {
            throw new KafkaException(new Error(e.Error.Code, reason), e);
        }
    }

    /// <summary>What a topic is made with, whatever the broker's defaults are.</summary>
    public static Dictionary<string, string> Settings(short replicas) => new()
    {
        ["cleanup.policy"] = "delete",
        ["retention.ms"] = ((long)TimeSpan.FromDays(RetentionDays).TotalMilliseconds)
            .ToString(CultureInfo.InvariantCulture),
        ["retention.bytes"] = "-1",
        // One of three may be away and events still flow; what is acknowledged is in two places.
        ["min.insync.replicas"] = replicas >= MostReplicas ? "2" : "1",
        ["max.message.bytes"] = MaxMessageBytes.ToString(CultureInfo.InvariantCulture),
        ["unclean.leader.election.enable"] = "false",
    };

    static async Task Create(IAdminClient admin, List<string> topics, short replicas)
    {
        try
        {
            await admin.CreateTopicsAsync(
                topics.Select(topic => new TopicSpecification
                {
                    Name = topic,
                    NumPartitions = Topics.Partitions,
                    ReplicationFactor = replicas,
                    Configs = Settings(replicas)
                }),
                new CreateTopicsOptions { RequestTimeout = Timeout });
        }
        catch (CreateTopicsException e)
            when (e.Results.All(r => !r.Error.IsError || r.Error.Code == ErrorCode.TopicAlreadyExists))
        {
            // Another run was faster.
        }
    }

    static async Task UpdateSettings(
        IAdminClient admin, IReadOnlyCollection<string> topics, Dictionary<string, string> agreed, ILogger logger)
    {
        if (topics.Count == 0) return;
        try
        {
            var resources = topics.Select(topic => new ConfigResource { Type = ResourceType.Topic, Name = topic });
            var present = await admin.DescribeConfigsAsync(resources, new() { RequestTimeout = Timeout });
            var different = present.ToDictionary(
                topic => topic.ConfigResource,
                topic => agreed.Where(a => topic.Entries.TryGetValue(a.Key, out var entry) && entry.Value != a.Value)
                    .Select(a => new ConfigEntry
                    {
                        Name = a.Key,
                        Value = a.Value,
                        IncrementalOperation = AlterConfigOpType.Set,
                    }).ToList())
                .Where(topic => topic.Value.Count > 0).ToDictionary();
            if (different.Count == 0) return;
            await admin.IncrementalAlterConfigsAsync(different, new() { RequestTimeout = Timeout });
            foreach (var (topic, settings) in different)
                Log.Changed(logger, topic.Name, string.Join(", ", settings.Select(s => $"{s.Name}={s.Value}")));
        }
        catch (KafkaException e)
        {
            // A managed or emulated broker may not let a client see or change them.
            Log.Kept(logger, string.Join(", ", topics), e.Error.Reason);
        }
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Topic {Topic} had other settings and was changed to {Settings}")]
        public static partial void Changed(ILogger logger, string topic, string settings);

        [LoggerMessage(LogLevel.Information, "The settings of {Topics} stay as they are: {Reason}")]
        public static partial void Kept(ILogger logger, string topics, string reason);
    }
}
