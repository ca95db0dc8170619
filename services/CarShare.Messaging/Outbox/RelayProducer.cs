namespace CarShare.Messaging;

/// <summary>
/// The one producer of a relay: idempotent, and patient: only the brokers decide when a record fails.
/// </summary>
sealed class RelayProducer(string name, IConfiguration configuration, TopicCheck topics, ILogger logger) : IDisposable
{
    static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(5);

    readonly HashSet<string> _used = [];
    IProducer<string, string>? _producer;
    IAdminClient? _admin;
    Task _checking = Task.CompletedTask;
    long _checkedAt;

    /// <summary>What the client or a broker said last; null if nothing was wrong.</summary>
    public string? LastError { get; set; }

    public void Produce(
        TopicPartition place, Message<string, string> record, Action<DeliveryReport<string, string>> said)
    {
        _used.Add(place.Topic);
        (_producer ?? Build()).Produce(place, record, said);
    }

    /// <summary>Looks beside the work whether the topics are as agreed; now and then while they are.</summary>
    public void CheckTopics(bool isIdle)
    {
        if (_admin is not { } admin || !_checking.IsCompleted || (isIdle && topics.Sentence is null)) return;
        if (topics.Sentence is null && Stopwatch.GetElapsedTime(_checkedAt) < CheckEvery) return;
        var used = _used.ToArray();
        _checkedAt = Stopwatch.GetTimestamp();
        _checking = Task.Run(() =>
        {
            try
            {
                topics.AreRight(admin, used);
            }
            catch (Exception e) when (e is KafkaException or ObjectDisposedException)
            {
                // The brokers do not answer: said where events wait for it.
                LastError ??= e.Message;
            }
        });
    }

    /// <summary>Gives what is under way a last moment.</summary>
    public void Flush() => _producer?.Flush(TimeSpan.FromSeconds(2));

    public void Dispose()
    {
        _admin?.Dispose();
        _producer?.Dispose();
        (_producer, _admin) = (null, null);
    }

    IProducer<string, string> Build()
    {
        _producer = new ProducerBuilder<string, string>(KafkaSettings.Producer(configuration, new()
        {
            ClientId = $"{name}-relay",
            Acks = Acks.All,
            EnableIdempotence = true,
            MessageTimeoutMs = 0,
            LingerMs = 1,
        }))
            // That all brokers are down follows from what was said before, and tells less.
            .SetErrorHandler((_, error) => LastError =
                error.Code == ErrorCode.Local_AllBrokersDown ? LastError ?? error.Reason : error.Reason)
            .SetLogHandler((_, message) => logger.LogDebug("The relay of {Name}: {Reason}", name, message.Message))
            .Build();
        _admin = new DependentAdminClientBuilder(_producer.Handle).Build();
        return _producer;
    }
}
