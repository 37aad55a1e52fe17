namespace PhantomDb.Transactions;

/// <summary>What a transaction sees of others' commits while it runs. READ UNCOMMITTED is READ COMMITTED, as in PostgreSQL.</summary>
internal enum IsolationLevel : byte
{
    /// <summary>Each statement sees what is committed when it begins.</summary>
    ReadCommitted,

    /// <summary>All statements see what was committed when the first began; changing a row that changed since is an error.</summary>
    RepeatableRead,

    /// <summary>As above, and the outcome is that of some order of the transactions one after the other.</summary>
    Serializable,
}
