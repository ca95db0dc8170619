namespace CarShare.Messaging;

/// <summary>
/// Compares topics with what was agreed and says in one sentence what is wrong, once. One that is wrong is not used
/// until it is right again.
/// </summary>
sealed partial class TopicCheck(MessagingMetrics metrics, ILogger<TopicCheck> logger)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2), Silence = TimeSpan.FromMinutes(1);

    readonly Lock _gate = new();
    readonly Dictionary<string, string> _wrong = [], _ids = [];
    long? _askedInVain;

    /// <summary>What is wrong at present; null if nothing is.</summary>
    public string? Sentence
    {
        get
        {
            lock (_gate) return _wrong.Count == 0 ? null : string.Join(' ', _wrong.Values);
        }
    }

    /// <summary>False for a topic that was found wrong last.</summary>
    public bool IsRight(string topic)
    {
        lock (_gate) return !_wrong.ContainsKey(topic);
    }

    /// <summary>
    /// Which topic it is that bears this name: one that was deleted and made again is another one. Null until somebody
    /// asked.
    /// </summary>
    public string? Id(string topic)
    {
        lock (_gate) return _ids.GetValueOrDefault(topic);
    }

    /// <summary>Asks the brokers; throws when they do not answer.</summary>
    /// <exception cref="KafkaException">The brokers can't be asked.</exception>
    public bool AreRight(IAdminClient admin, IReadOnlyCollection<string> agreed)
    {
        if (agreed.Count == 0) return true;
        // All topics, because asking for one by name may create it.
        var there = admin.GetMetadata(Patience).Topics.Where(t => t.Error.Code == ErrorCode.NoError)
            .ToDictionary(t => t.Topic, t => t.Partitions.Count);
        var described = there.Count == 0 ? [] : Describe(admin, agreed.Where(there.ContainsKey));
        lock (_gate)
        {
            foreach (var topic in described) _ids[topic.Name] = topic.TopicId.ToString();
            foreach (var topic in agreed)
            {
                var sentence = Judge(topic, there.TryGetValue(topic, out var partitions) ? partitions : null);
                if (sentence is null && _wrong.Remove(topic)) Log.Right(logger, topic);
                else if (sentence is not null && sentence != _wrong.GetValueOrDefault(topic))
                    Log.Wrong(logger, _wrong[topic] = sentence);
            }

            metrics.WrongTopics = _wrong.Count;
            return agreed.All(topic => !_wrong.ContainsKey(topic));
        }
    }

    /// <summary>
    /// Brokers without a controller, as the emulation is, or amidst an election can't say, and are not asked again at
    /// once: consumers then go by what each record says of the one before it.
    /// </summary>
    IEnumerable<TopicDescription> Describe(IAdminClient admin, IEnumerable<string> topics)
    {
        if (_askedInVain is { } at && Stopwatch.GetElapsedTime(at) < Silence) return [];
        try
        {
            var asked = admin.DescribeTopicsAsync(
                TopicCollection.OfTopicNames(topics), new() { RequestTimeout = Patience });
            return asked.GetAwaiter().GetResult().TopicDescriptions;
        }
        catch (DescribeTopicsException e)
        {
            return e.Results.TopicDescriptions.Where(t => t.Error.Code == ErrorCode.NoError);
        }
        catch (KafkaException)
        {
            _askedInVain = Stopwatch.GetTimestamp();
            return [];
        }
    }

    /// <summary>What is wrong with a topic of so many partitions (null: there is none).</summary>
    public static string? Judge(string topic, int? partitions) => partitions switch
    {
        Topics.Partitions => null,
        null => $"Topic {topic} is gone: run the migrations, which make it; nothing is lost.",
        _ => $"Topic {topic} has {partitions} partitions instead of {Topics.Partitions}, "
            + "so keys would change places: delete it and run the migrations; nothing is lost.",
    };

    static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Sentence}")]
        public static partial void Wrong(ILogger logger, string sentence);

        [LoggerMessage(LogLevel.Information, "Topic {Topic} is as agreed again")]
        public static partial void Right(ILogger logger, string topic);
    }
}
