using PhantomDb.Errors;

namespace PhantomDb.Execution;

/// <summary>Why a session's statement has to stop, and no other comes after it.</summary>
internal enum StopReason
{
    None,

    /// <summary>The database has been disposed of.</summary>
    DatabaseClosed,

    /// <summary>pg_terminate_backend.</summary>
    Terminated,
    IdleInTransaction,
    IdleSession,
}

/// <summary>The error of each reason.</summary>
internal static class StopReasons
{
    public static PhantomDbException ToError(this StopReason reason) => reason switch
    {
        StopReason.Terminated or StopReason.DatabaseClosed => Error.SessionTerminated(),
        StopReason.IdleInTransaction => Error.IdleInTransactionTimeout(),
        StopReason.IdleSession => Error.IdleSessionTimeout(),
        _ => Error.Cancelled(),
    };
}
