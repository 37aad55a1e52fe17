namespace PhantomDb.Errors;

/// <summary>Errors of transactions that meet.</summary>
internal static partial class Error
{
    public static PhantomDbException ConcurrentUpdate() =>
        new(SqlStates.SerializationFailure, "could not serialize access due to concurrent update");

    public static PhantomDbException IndexIsNewer(string index) =>
        new(SqlStates.SerializationFailure, $"could not serialize access: index \"{index}\" has no values of rows as they were at the transaction's snapshot")
        {
            Hint = "The transaction might succeed if retried.",
        };

    public static PhantomDbException TableIsNewer(string table) =>
        new(SqlStates.SerializationFailure, $"could not serialize access: rows of table \"{table}\" as they were at the transaction's snapshot have gone with a change of its definition")
        {
            Hint = "The transaction might succeed if retried.",
        };

    public static PhantomDbException ConcurrentDelete() =>
        new(SqlStates.SerializationFailure, "could not serialize access due to concurrent delete");

    public static PhantomDbException ReadWriteDependency() =>
        new(SqlStates.SerializationFailure, "could not serialize access due to read/write dependencies among transactions") { Hint = "The transaction might succeed if retried." };

    public static PhantomDbException Deadlock(int waiter, int blocker) => new(SqlStates.DeadlockDetected, "deadlock detected")
    {
        Detail = $"Process {waiter} waits for process {blocker}, which waits for process {waiter}, perhaps by way of others.",
    };

    public static PhantomDbException RowLockNotAvailable(string table) =>
        new(SqlStates.LockNotAvailable, $"could not obtain lock on row in relation \"{table}\"");

    public static PhantomDbException TableLockNotAvailable(string table) =>
        new(SqlStates.LockNotAvailable, $"could not obtain lock on relation \"{table}\"");

    public static PhantomDbException ReadOnlyTransaction(string command) =>
        new(SqlStates.ReadOnlySqlTransaction, $"cannot execute {command} in a read-only transaction");

    public static PhantomDbException SessionTerminated() =>
        new(SqlStates.AdminShutdown, "terminating connection due to administrator command");

    public static PhantomDbException IdleInTransactionTimeout() =>
        new(SqlStates.IdleInTransactionSessionTimeout, "terminating connection due to idle-in-transaction timeout");

    public static PhantomDbException IdleSessionTimeout() =>
        new(SqlStates.IdleSessionTimeout, "terminating connection due to idle-session timeout");

    public static PhantomDbException ReadOnlyDatabase(string name) =>
        new(SqlStates.ReadOnlySqlTransaction, $"database \"{name}\" is opened read-only");
}
