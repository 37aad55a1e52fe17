using PhantomDb.Durability.Log;

namespace PhantomDb.Durability.Recovery;

/// <summary>A record that does not fit what the database has by then. Where it stands is known here only if it was read before others.</summary>
internal sealed class LogMismatch(string message, LogPosition? position = null, Exception? cause = null) : Exception(message, cause)
{
    public LogPosition? Position => position;
}
