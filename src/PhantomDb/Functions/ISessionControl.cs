namespace PhantomDb.Functions;

/// <summary>The sessions of a database, by their numbers, for functions that look at them or stop them.</summary>
internal interface ISessionControl
{
    /// <summary>How many are open.</summary>
    int Count { get; }

    /// <summary>Cancels a session's running statement; false where there is no such session.</summary>
    bool Cancel(int processId);

    /// <summary>Ends a session, which rolls back what it has open; false where there is none of that number.</summary>
    bool Terminate(int processId);

    /// <summary>True where a session of that number is open.</summary>
    bool IsOpen(int processId);

    /// <summary>The sessions that one waits for.</summary>
    IReadOnlyList<int> BlockersOf(int processId);
}
