using CarShare.Messaging;
using CsCheck;

namespace CarShare.UnitTests.Messaging;

public sealed class PassTests
{
    static readonly (string, int) One = ("t", 1);

    /// <summary>
    /// Transactions that draw sequences and commit in any order, rows no broker takes for a while, a partition that is
    /// full for a while, batches of any size, reports that fail: every committed row is sent in the end, none before
    /// one that had to wait for room, and no record claims to be complete up to a sequence that is sent behind it.
    /// </summary>
    [Fact]
    public void No_row_is_forgotten_and_no_record_claims_too_much()
    {
        Gen.Select(Gen.Select(Gen.Int[0, 7], Gen.Int[0, 9]).Array[0, 120], Gen.Int[1, 4]).Sample((steps, full) =>
        {
            var outbox = new Outbox();
            var pass = new Pass();
            foreach (var (what, n) in steps)
            {
                switch (what)
                {
                    case 0: outbox.Draw(n); break;
                    case 1: outbox.Commit(n); break;
                    case 2: outbox.Roll(n); break;
                    case 3: outbox.Unwanted = n % 3 == 0 ? outbox.Last - n : 0; break;
                    case 4: pass.Restart(outbox.Decided); break;
                    case 5: pass.Retreat(outbox.Fail(n)); break;
                    case 6: outbox.Fill(pass); break;
                    default: outbox.Send(pass, full); break;
                }
            }

            outbox.Unwanted = 0;
            if (outbox.IsFull) outbox.Fill(pass);
            while (outbox.CommitAll()) { }
            for (var i = 0; i < 200; i++)
            {
                pass.Restart(outbox.Decided);
                outbox.Send(pass, full);
            }

            Assert.Empty(outbox.Unsent);
            // Of what was sent behind a record, nothing may lie at or below what the record claims, unless it had been
            // sent before too.
            foreach (var (at, sent) in outbox.Log.Index())
                Assert.DoesNotContain(outbox.Log.Skip(at + 1), later =>
                    later.Sequence <= sent.Complete && !outbox.Log.Take(at + 1).Any(e => e.Sequence == later.Sequence));
        }, iter: 5_000);
    }

    sealed class Outbox
    {
        readonly SortedSet<long> _open = [], _unsent = [], _waiting = [];

        public long Last { get; private set; }

        public long Unwanted { get; set; }

        public bool IsFull { get; private set; }

        public List<(long Sequence, long Complete)> Log { get; } = [];

        public IEnumerable<long> Unsent => _unsent;

        public long Decided => _open.Count == 0 ? Last : _open.Min - 1;

        public void Draw(int rows)
        {
            for (; rows > 0; rows--) _open.Add(++Last);
        }

        public void Commit(int which)
        {
            if (which >= _open.Count) return;
            var sequence = _open.ElementAt(which);
            _open.Remove(sequence);
            _unsent.Add(sequence);
        }

        public void Roll(int which)
        {
            if (which < _open.Count) _open.Remove(_open.ElementAt(which));
        }

        public bool CommitAll()
        {
            Commit(0);
            return _open.Count > 0;
        }

        /// <summary>No room any more, or again.</summary>
        public void Fill(Pass pass)
        {
            IsFull = !IsFull;
            if (!IsFull) pass.Reopen(One);
        }

        /// <summary>One that seemed to be sent was not.</summary>
        public long? Fail(int which)
        {
            if (which >= Log.Count) return null;
            var sequence = Log[^(which + 1)].Sequence;
            // The producer gives up on all that stands behind it, too.
            foreach (var (lost, _) in Log.Skip(Log.Count - which - 1)) _unsent.Add(lost);
            Log.RemoveRange(Log.Count - which - 1, which + 1);
            return Math.Min(sequence, _unsent.Min);
        }

        public void Send(Pass pass, int full)
        {
            var rows = _unsent.Where(s => s > pass.At).Take(full).Select(
                s => new OutboxMessage { Sequence = s, Type = "", Topic = "t", Key = "", Payload = "" }).ToList();
            foreach (var row in rows)
            {
                if (row.Sequence == Unwanted)
                {
                    pass.Leave(row.Sequence, One);
                    _waiting.Remove(row.Sequence);
                    continue;
                }

                if (IsFull || pass.IsClosed(One))
                {
                    pass.Close(row.Sequence, One);
                    _waiting.Add(row.Sequence);
                    continue;
                }

                Assert.DoesNotContain(_waiting, before => before < row.Sequence);
                _waiting.Remove(row.Sequence);
                Log.Add((row.Sequence, pass.Complete(row.Sequence, One)));
                _unsent.Remove(row.Sequence);
            }

            pass.Read(rows, full, Decided);
        }
    }
}
