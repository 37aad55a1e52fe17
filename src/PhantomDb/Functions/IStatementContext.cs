using PhantomDb.Vectors;

namespace PhantomDb.Functions;

/// <summary>What a function may ask of the statement that calls it: clocks, settings, sequences, names, limits.</summary>
internal interface IStatementContext : ITextContext
{
    /// <summary>Start of the statement, microseconds since 2000-01-01 UTC.</summary>
    long StatementTime { get; }

    string DatabaseName { get; }

    string UserName { get; }

    /// <summary>Charged by whatever a function allocates in proportion to its input.</summary>
    MemoryAccount Memory { get; }

    /// <summary>Throws 57014 where the statement has been cancelled or its deadline has passed. Looked at once a chunk.</summary>
    void ThrowIfCancelled();

    /// <summary>Value of a run-time setting; null where there is none of that name.</summary>
    string? GetSetting(string name);

    /// <summary>The same; 42704 where there is none of that name.</summary>
    string RequireSetting(string name);

    /// <summary>set_config: the value as it then stands; null is the default.</summary>
    string SetSetting(string name, string? value, bool isLocal);

    /// <summary>The schemas that are searched for names, those that exist; with pg_catalog where it comes first unnamed.</summary>
    IReadOnlyList<string> SearchPath(bool includesSystem);

    /// <summary>What the definitions say; null where a statement has none.</summary>
    ICatalogReader? Definitions => null;

    long NextSequenceValue(int sequenceOid);

    /// <summary>The value that nextval gave last in this session; throws 55000 where it gave none.</summary>
    long CurrentSequenceValue(int sequenceOid);

    long LastSequenceValue();

    void SetSequenceValue(int sequenceOid, long value, bool isCalled);

    /// <summary>Number of the session.</summary>
    int ProcessId => 0;

    /// <summary>Number of the transaction, for people; null where it has none yet and needs none.</summary>
    long? TransactionId(bool isNeeded) => null;

    /// <summary>Tells the client something that is no error.</summary>
    void Warn(string message)
    {
    }

    /// <summary>The transaction log; null where there is none.</summary>
    ILogControl? Log => null;

    /// <summary>The sessions of the database.</summary>
    ISessionControl? Sessions => null;

    /// <summary>Source of random(); seeded by setseed.</summary>
    Random Random { get; set; }
}
