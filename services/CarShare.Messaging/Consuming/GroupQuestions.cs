using Confluent.Kafka.Admin;

namespace CarShare.Messaging;

/// <summary>What the brokers say of what a consumer group reads. Throws where they do not answer.</summary>
static class GroupQuestions
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Whoever leads one of the partitions answers. A broker that is the only one left goes on naming the others from
    /// memory, and nobody can have a share then.
    /// </summary>
    /// <exception cref="KafkaException">Somebody does not answer.</exception>
    public static void EachLeaderAnswers(this IAdminClient admin, ConsumerOptions options)
    {
        var ends =
            from topic in options.Topics
            from partition in Enumerable.Range(0, Topics.Partitions)
            select new TopicPartitionOffsetSpec
            {
                TopicPartition = new(topic, partition),
                OffsetSpec = OffsetSpec.Latest(),
            };
        admin.ListOffsetsAsync(ends, new() { RequestTimeout = Patience }).GetAwaiter().GetResult();
    }

    /// <summary>
    /// More replicas than partitions is no fault; a partition that no member of the group has is one.
    /// </summary>
    /// <exception cref="KafkaException">Nobody can say.</exception>
    public static bool HasUnowned(this IAdminClient admin, ConsumerOptions options)
    {
        var group = admin.DescribeConsumerGroupsAsync([options.Group], new() { RequestTimeout = Patience }).GetAwaiter()
            .GetResult();
        var owned = group.ConsumerGroupDescriptions.SelectMany(g => g.Members)
            .SelectMany(m => m.Assignment.TopicPartitions).Distinct().Count();
        return owned < options.Topics.Count * Topics.Partitions;
    }
}
