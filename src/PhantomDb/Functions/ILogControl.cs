namespace PhantomDb.Functions;

/// <summary>What functions do with the transaction log.</summary>
internal interface ILogControl
{
    /// <summary>The LSN that was given last.</summary>
    long LastLsn { get; }

    /// <summary>Puts a custom entry into the log; gives its LSN when it is as durable as commits are.</summary>
    long Append(string name, IReadOnlyList<KeyValuePair<string, string>> values);
}
