using CarShare.Messaging;
using Microsoft.Extensions.DependencyInjection;

namespace CarShare.ServiceTests.Contracts;

/// <summary>Takes the first events and never gets done with them.</summary>
sealed class StandingSink : IEventSink
{
    readonly SkippingClock _clock = new();
    IEventSink? _store;

    public bool IsStanding { get; private set; }

    IEventSink Store => _store!;

    public void Replace(IServiceCollection services)
    {
        var real = services.Single(s => s.ServiceType == typeof(IEventSink)).ImplementationFactory!;
        services.AddSingleton<IEventSink>(provider =>
        {
            _store = (IEventSink)real(provider);
            return this;
        });
        services.AddSingleton<TimeProvider>(_clock);
    }

    public void Skip(TimeSpan span) => _clock.Skip(span);

    public Task<IReadOnlyList<ConsumerPosition>> LoadPositions(
        IReadOnlyCollection<string> topics, CancellationToken ct) =>
        Store.LoadPositions(topics, ct);

    public Task SavePosition(ConsumerPosition position, CancellationToken ct) => Store.SavePosition(position, ct);

    public async Task<HandledEvents> Handle(
        IReadOnlyList<ReceivedEvent> batch, IReadOnlyCollection<ConsumerPosition> positions, CancellationToken ct)
    {
        await Stand(ct);
        return await Store.Handle(batch, positions, ct);
    }

    public async Task Park(ReceivedEvent letter, Exception error, ConsumerPosition position, CancellationToken ct)
    {
        await Stand(ct);
        await Store.Park(letter, error, position, ct);
    }

    Task Stand(CancellationToken ct)
    {
        IsStanding = true;
        return new TaskCompletionSource().Task.WaitAsync(ct);
    }

    /// <summary>Measures as much time as a test says has passed; the time of day is the real one.</summary>
    sealed class SkippingClock : TimeProvider
    {
        long _skipped;

        public override long GetTimestamp() => base.GetTimestamp() + Volatile.Read(ref _skipped);

        public void Skip(TimeSpan span) =>
            Interlocked.Add(ref _skipped, (long)(span.TotalSeconds * TimestampFrequency));
    }
}
