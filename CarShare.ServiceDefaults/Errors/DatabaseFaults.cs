using System.Data.Common;
using System.Net.Sockets;

namespace CarShare.ServiceDefaults;

/// <summary>What a failure of the database says about the work that met it.</summary>
public static class DatabaseFaults
{
    /// <summary>
    /// True when the database cannot be reached, has no room for one more, or ended the session: nothing is wrong with the work itself, and the same may succeed later.
    /// By the classes of SQLSTATE 08, 25, 53 and 57, and by timeouts, broken connections and what the driver says when a session can't begin.
    /// </summary>
    public static bool IsUnavailable(Exception? error) => error switch
    {
        null => false,
        DbException { SqlState: { Length: 5 } state } => state[..2] is "08" or "25" or "53" or "57",
        DbException { IsTransient: true } or TimeoutException or SocketException => true,
        // Nothing the server said of the work: the session never began. A server that dies meanwhile is told of in several ways, which the driver does not call transient.
        // Two commands at once on one session are a mistake of ours.
        DbException { SqlState: null, InnerException: null } => error.GetType().Name != "NpgsqlOperationInProgressException",
        _ => IsUnavailable(error.InnerException),
    };
}
