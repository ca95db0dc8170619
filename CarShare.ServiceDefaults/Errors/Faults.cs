using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using CarShare.Contracts;
using Polly;

namespace CarShare.ServiceDefaults;

/// <summary>
/// Whose fault a failure is. It decides what follows: the answer of a request, and what a loop does next.
/// </summary>
public enum Fault
{
    /// <summary>
    /// A mistake of this build, or a case it does not know: 500; an event is tried a few times, then parked.
    /// </summary>
    Ours,

    /// <summary>The work lost a race (stale version, deadlock, lock timeout) and may simply run again: 503.</summary>
    Conflict,

    /// <summary>
    /// The store, or the service that keeps what is asked for, can't be reached, is full, starting or read-only: 503; a
    /// loop waits.
    /// </summary>
    StoreAway,

    /// <summary>The brokers can't be reached or don't take the work now: 503; a loop waits.</summary>
    BrokerAway,

    /// <summary>
    /// What was given can't be read or stored by anybody, however often it is tried: an event is parked at once.
    /// </summary>
    Input,
}

/// <summary>The one place where a failure is classified, for requests and for loops.</summary>
public static class Faults
{
    /// <summary>What a request is told that met a fault which passes.</summary>
    public static readonly Refusal Unavailable = Refusal.Unavailable(
        "unavailable", "The service can't reach its data at the moment. Try again shortly.");

    static Func<Exception, Fault?>[] rules = [OfDatabase, OfReading, OfNeighbour];

    /// <summary>
    /// Adds what a library's own exceptions mean; asked before the rules known so far. A rule already known is not
    /// added again.
    /// </summary>
    public static void Teach(Func<Exception, Fault?> rule)
    {
        if (!rules.Contains(rule)) rules = [rule, .. rules];
    }

    /// <summary>
    /// The fault of the outermost exception that any rule knows; <see cref="Fault.Ours"/> if none does.
    /// </summary>
    public static Fault Of(Exception error)
    {
        for (var e = error; e is not null; e = e.InnerException)
        {
            if (rules.Select(rule => rule(e)).FirstOrDefault(fault => fault is not null) is { } known) return known;
        }

        return Fault.Ours;
    }

    /// <summary>True when nothing is wrong with the work itself: the same may succeed later.</summary>
    public static bool Passes(Exception error) => Of(error) is Fault.Conflict or Fault.StoreAway or Fault.BrokerAway;

    /// <summary>A service that can't be reached, breaks off, is busy or has trouble of its own.</summary>
    static Fault? OfNeighbour(Exception error) => error switch
    {
        HttpRequestException
        {
            StatusCode: null or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
            or >= HttpStatusCode.InternalServerError
        } or HttpIOException or ExecutionRejectedException =>
            Fault.StoreAway,
        _ => null,
    };

    static Fault? OfReading(Exception error) => error is JsonException ? Fault.Input : null;

    /// <summary>
    /// By SQLSTATE where the server said one, else by what the driver says when a session breaks or can't begin.
    /// </summary>
    static Fault? OfDatabase(Exception error) => error switch
    {
        DbException { SqlState: { Length: 5 } state } => OfState(state),
        DbException { IsTransient: true } or TimeoutException or SocketException => Fault.StoreAway,
        // Nothing the server said of the work: the session never began. A server that dies meanwhile is told of in
        // several ways, which the driver does not call transient. Two commands at once on one session are a mistake of
        // ours.
        DbException { SqlState: null, InnerException: null }
            when error.GetType().Name != "NpgsqlOperationInProgressException" =>
            Fault.StoreAway,
        _ => null,
    };

    static Fault OfState(string state) => state switch
    {
        // Stale snapshot, deadlock, lock timeout, and a plan that a migration outdated.
        "40001" or "40P01" or "55P03" or "0A000" => Fault.Conflict,
        // The session was ended for idling, or the server only reads at the moment.
        "25P03" or "25006" => Fault.StoreAway,
        _ => state[..2] switch
        {
            "08" or "53" or "57" or "58" => Fault.StoreAway,
            // A value that no column of this kind can hold.
            "22" => Fault.Input,
            _ => Fault.Ours,
        },
    };
}
