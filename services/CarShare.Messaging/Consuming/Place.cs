namespace CarShare.Messaging;

/// <summary>What is known of the place a service has reached in the log of one partition.</summary>
enum PlaceState
{
    /// <summary>Nothing is decided yet: the record before the place is to be read.</summary>
    Unproved,

    /// <summary>The record before the place is the one handled last: reading goes on.</summary>
    Held,

    /// <summary>
    /// The proof has expired, and perhaps records behind the place too: where nothing is missing, the publisher answers
    /// with an empty page.
    /// </summary>
    Expired,

    /// <summary>
    /// The log is not the one that was read before: it ends before the place, or holds another record there.
    /// </summary>
    AnotherLog,

    /// <summary>
    /// What was sent just before the record found has not been read: the log lost records, or was made again and has
    /// grown past the place.
    /// </summary>
    Gap,

    /// <summary>Nothing proves the place: never read, caught up since, or the proof was compacted away.</summary>
    Unknown,
}

/// <summary>The oldest offset of a log and the one that will be written next.</summary>
readonly record struct Ends(long Low, long High);

/// <summary>
/// The first record found at or behind the offset that proves a place; no offset where the log ended before any.
/// </summary>
readonly record struct FirstRecord(long? Offset, Guid Id);

/// <summary>
/// Judges a place from the evidence so far. Offsets may have holes anywhere (transactions, compaction): only the record
/// handled last proves anything, never a number of records. Whatever is not proved is read from the publisher, which
/// costs one question where nothing is missing.
/// </summary>
static class Place
{
    /// <summary>
    /// <see cref="PlaceState.Held"/> goes on in the log, <see cref="PlaceState.Unproved"/> reads the proof; after any
    /// other the publisher's outbox is read first.
    /// </summary>
    /// <param name="stored">The position stored with the effects; null for a partition never read.</param>
    /// <param name="first">What stands at <c>NextOffset - 1</c>; null while nobody has looked.</param>
    /// <param name="ends">The ends of the log; null while they are not known.</param>
    public static PlaceState Judge(ConsumerPosition? stored, FirstRecord? first, Ends? ends)
    {
        if (stored is not { LastId: { } last, NextOffset: > 0 and var next }) return PlaceState.Unknown;
        if (first?.Offset == next - 1) return first.Value.Id == last ? PlaceState.Held : PlaceState.AnotherLog;
        return ends switch
        {
            null => PlaceState.Unproved,
            { } e when next > e.High => PlaceState.AnotherLog,
            { } e when next <= e.Low => PlaceState.Expired,
            _ => first is null ? PlaceState.Unproved : PlaceState.Unknown,
        };
    }

    /// <summary>
    /// True if nothing lies between this record and what was read before. No number of an offset says that: a topic
    /// that was made again goes on under the old offsets, and the client does not tell. The first record of a relay
    /// that starts anew names none before it and proves nothing: a takeover must not wait for the publisher's answers.
    /// </summary>
    /// <param name="record">The one that comes next in the log.</param>
    /// <param name="last">Sequence of the record read before it from the same log; 0 if none was, null if that one
    /// named none.</param>
    /// <param name="complete">The sequence up to which everything is handled.</param>
    public static bool Follows(ReceivedEvent record, long? last, long complete) =>
        record.Previous is not ({ } previous and > 0) || last is null || previous == last || previous <= complete;
}
