using System.Data.Common;
using System.Net.Sockets;

namespace CarShare.ServiceDefaults;

/// <summary>What a failure of the database says about the work that met it.</summary>
public static class DatabaseFaults
{
    /// <summary>
    /// True when the database cannot be reached, has no room for one more, or ended the session: nothing is wrong with the work itself, and the same may succeed later.
    /// By the classes of SQLSTATE 08, 25, 53 and 57, and by timeouts and broken connections.
    /// </summary>
    public static bool IsUnavailable(Exception? error) => error switch
    {
        null => false,
        DbException { SqlState: { Length: 5 } state } => state[..2] is "08" or "25" or "53" or "57",
        DbException { IsTransient: true } or TimeoutException or SocketException => true,
        // A server that dies meanwhile, or can't start one process more, answers the question for encryption with an error; all the driver tells of it is a sentence.
        DbException { SqlState: null } when error.Message.Contains("Request (expecting ", StringComparison.Ordinal) => true,
        _ => IsUnavailable(error.InnerException),
    };
}
