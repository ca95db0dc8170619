using CarShare.Messaging;
using CsCheck;

namespace CarShare.UnitTests.Messaging;

public sealed class PlaceTests
{
    static readonly Guid Mine = Guid.NewGuid(), Another = Guid.NewGuid();
    static readonly Ends Around = new(3, 20);

    static ConsumerPosition At(long next, Guid? last) => new() { Topic = "t", NextOffset = next, LastId = last };

    [Fact]
    public void What_was_never_read_or_only_caught_up_proves_nothing()
    {
        foreach (var first in (FirstRecord?[])[null, new(null, default), new(9, Mine)])
            foreach (var ends in (Ends?[])[null, Around])
                foreach (var position in (ConsumerPosition?[])[null, At(10, null), At(0, null), At(0, Mine)])
                    Assert.Equal(PlaceState.Unknown, Place.Judge(position, first, ends));
    }

    [Fact]
    public void The_record_handled_last_proves_the_place_whatever_the_ends_say()
    {
        foreach (var ends in (Ends?[])[null, Around, new(10, 10), new(0, 5)])
        {
            Assert.Equal(PlaceState.Held, Place.Judge(At(10, Mine), new(9, Mine), ends));
            Assert.Equal(PlaceState.AnotherLog, Place.Judge(At(10, Mine), new(9, Another), ends));
        }
    }

    [Fact]
    public void Without_evidence_one_looks()
    {
        Assert.Equal(PlaceState.Unproved, Place.Judge(At(10, Mine), null, null));
        Assert.Equal(PlaceState.Unproved, Place.Judge(At(10, Mine), null, Around));
        Assert.Equal(PlaceState.Unproved, Place.Judge(At(10, Mine), new(11, Another), null));
        Assert.Equal(PlaceState.Unproved, Place.Judge(At(10, Mine), new(null, default), null));
    }

    [Theory] // the place is 10: its proof stands at 9
    [InlineData(0, 9, PlaceState.AnotherLog)]      // ends before the place
    [InlineData(0, 0, PlaceState.AnotherLog)]      // empty and new
    [InlineData(12, 12, PlaceState.Expired)]    // beyond the place, all of it
    [InlineData(12, 20, PlaceState.Expired)]    // and partly
    [InlineData(10, 10, PlaceState.Expired)]    // a quiet partition: nothing is missing, as the publisher will say
    [InlineData(10, 20, PlaceState.Expired)]    // what expired had been handled
    public void A_proof_that_is_not_there_is_judged_by_the_ends(long low, long high, object verdict)
    {
        foreach (var first in (FirstRecord?[])[null, new(null, default), new(15, Another)])
            Assert.Equal(verdict, Place.Judge(At(10, Mine), first, new(low, high)));
    }

    [Fact]
    public void A_proof_that_was_compacted_away_leaves_the_place_unknown()
    {
        Assert.Equal(PlaceState.Unknown, Place.Judge(At(10, Mine), new(12, Another), Around));
        Assert.Equal(PlaceState.Unknown, Place.Judge(At(10, Mine), new(null, default), new(3, 10)));
    }

    [Theory]
    [InlineData(null, 0L, 0, true)]    // a publisher that does not say
    [InlineData(41L, 41L, 7, true)]    // what was read before
    [InlineData(7L, 0L, 7, true)]      // the outbox was read up to it
    [InlineData(5L, 41L, 7, true)]     // sent twice
    [InlineData(42L, null, 7, true)]   // behind a record of somebody else
    [InlineData(42L, 41L, 7, false)]   // one lies between
    [InlineData(40L, 41L, 7, false)]   // another order than in the log read before
    [InlineData(42L, 0L, 7, false)]    // nothing of this log was read
    [InlineData(0L, 41L, 7, true)]     // the producer's first says nothing of what went before
    [InlineData(0L, null, 0, true)]
    public void A_record_that_names_the_one_before_follows_only_that(
        long? previous, long? last, long complete, bool follows)
    {
        var record = new ReceivedEvent(Mine, "t", 43, default, "t", 0, 10, "k", [], null) { Previous = previous };
        Assert.Equal(follows, Place.Follows(record, last, complete));
    }

    /// <summary>
    /// Logs with holes, expiry, compaction and truncation, and brokers that forget: whenever the judgement is to go on,
    /// everything not yet handled stands at or behind the place; whenever the log still holds the proof, it is
    /// recognised; and it always comes to an end.
    /// </summary>
    [Fact]
    public void Going_on_never_loses_a_record_whatever_became_of_the_log()
    {
        var step = Gen.Select(Gen.Int[0, 9], Gen.Int[0, 40]);
        Gen.Select(step.Array[0, 60], Gen.Int[0, 40]).Sample((steps, read) =>
        {
            var log = new Log();
            var handled = new HashSet<Guid>();
            var everything = new List<Guid>();
            ConsumerPosition? position = null;
            foreach (var (what, n) in steps)
            {
                switch (what)
                {
                    case <= 3: log.Append(everything, n % 7); break;
                    case 4: log.Hole(); break;
                    case 5: log.Expire(n); break;
                    case 6: log.Compact(n); break;
                    case 7: position = log.ReadOn(position, handled, everything, n % 9); break;
                    // A broker that lost its end, and one that lost everything and goes on with new records at once.
                    case 8: log.Truncate(n); break;
                    case 9: log = new(); log.Append(everything, n % 12); break;
                }
            }

            var verdict = Judge(log, position);
            Assert.NotEqual(PlaceState.Unproved, verdict);
            if (position?.LastId is null) return;
            if (log.Slots.ElementAtOrDefault((int)position.NextOffset - 1) is { } proof && proof == position.LastId
                && log.Low < position.NextOffset)
                Assert.Equal(PlaceState.Held, verdict);
            if (verdict != PlaceState.Held) return;
            var readable = log.Slots.Skip((int)Math.Max(position.NextOffset, log.Low)).OfType<Guid>();
            var gone = everything.Except(handled).Except(readable).Except(log.Lost);
            Assert.DoesNotContain(gone, log.Ids.Contains);
        }, iter: 20_000);
    }

    static PlaceState Judge(Log log, ConsumerPosition? position)
    {
        var verdict = Place.Judge(position, null, null);
        if (verdict != PlaceState.Unproved) return verdict;
        // The client reads from the proof on: out of range, the end, or the first record there is.
        var at = position!.NextOffset - 1;
        if (at < log.Low || at > log.Slots.Count) return Place.Judge(position, null, new(log.Low, log.Slots.Count));
        var found = Enumerable.Range((int)at, log.Slots.Count - (int)at).Where(i => log.Slots[i] is not null)
            .Select(i => (int?)i).FirstOrDefault();
        FirstRecord first = found is { } i ? new(i, log.Slots[i]!.Value) : new(null, default);
        verdict = Place.Judge(position, first, null);
        return verdict == PlaceState.Unproved ? Place.Judge(position, first, new(log.Low, log.Slots.Count)) : verdict;
    }

    sealed class Log
    {
        public List<Guid?> Slots { get; } = [];
        public HashSet<Guid> Ids { get; } = [];

        /// <summary>Cut off or compacted by the broker: no reader could have found it.</summary>
        public HashSet<Guid> Lost { get; } = [];

        public int Low { get; private set; }

        public void Append(List<Guid> everything, int records)
        {
            for (; records > 0; records--)
            {
                var id = Guid.NewGuid();
                everything.Add(id);
                Slots.Add(id);
                Ids.Add(id);
            }
        }

        public void Hole() => Slots.Add(null);

        public void Expire(int to) => Low = Math.Max(Low, Math.Min(to, Slots.Count));

        public void Compact(int at)
        {
            if (at >= Slots.Count) return;
            if (Slots[at] is { } id) Lost.Add(id);
            Slots[at] = null;
        }

        public void Truncate(int records)
        {
            for (; records > 0 && Slots.Count > Low; records--)
            {
                if (Slots[^1] is { } id) Lost.Add(id);
                Slots.RemoveAt(Slots.Count - 1);
            }
        }

        /// <summary>
        /// As a consumer does: finds its place, or reads the outbox and joins the log at its end, then reads on.
        /// </summary>
        public ConsumerPosition Read(
            ConsumerPosition? position, HashSet<Guid> handled, List<Guid> everything, int records)
        {
            if (Judge(this, position) != PlaceState.Held)
            {
                handled.UnionWith(everything);
                return At(Slots.Count, null);
            }

            for (var i = Math.Max((int)position!.NextOffset, Low); i < Slots.Count && records > 0; i++)
            {
                if (Slots[i] is not { } id) continue;
                handled.Add(id);
                position = At(i + 1, id);
                records--;
            }

            return position;
        }

        /// <summary>Joined and read on at once.</summary>
        public ConsumerPosition? ReadOn(
            ConsumerPosition? position, HashSet<Guid> handled, List<Guid> everything, int records)
        {
            if (position is not { LastId: null }) return Read(position, handled, everything, records);
            handled.UnionWith(everything);
            for (var i = Slots.Count - 1; i >= Low; i--)
            {
                if (Slots[i] is { } id) return At(i + 1, id);
            }

            return position;
        }
    }
}
