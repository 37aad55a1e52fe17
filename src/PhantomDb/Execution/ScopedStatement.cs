using PhantomDb.Functions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// A statement with a memory account of its own, for a part of it that runs many times: what one run has taken is given
/// back at its end. All else is the statement's.
/// </summary>
internal sealed class ScopedStatement(IStatementContext statement) : IStatementContext
{
    public MemoryAccount Memory { get; } = new("nested query", long.MaxValue, statement.Memory);

    public long StatementTime => statement.StatementTime;

    public long TransactionTime => statement.TransactionTime;

    public SessionTimeZone TimeZone => statement.TimeZone;

    public string DatabaseName => statement.DatabaseName;

    public string UserName => statement.UserName;

    public Random Random
    {
        get => statement.Random;
        set => statement.Random = value;
    }

    public void ThrowIfCancelled() => statement.ThrowIfCancelled();

    public string? GetSetting(string name) => statement.GetSetting(name);

    public string RequireSetting(string name) => statement.RequireSetting(name);

    public string SetSetting(string name, string? value, bool isLocal) => statement.SetSetting(name, value, isLocal);

    public IReadOnlyList<string> SearchPath(bool includesSystem) => statement.SearchPath(includesSystem);

    public int? FindRelation(string name) => statement.FindRelation(name);

    public string? RelationName(int oid) => statement.RelationName(oid);

    public int? FindObject(SqlTypeId kind, string name) => statement.FindObject(kind, name);

    public string? ObjectName(SqlTypeId kind, int oid) => statement.ObjectName(kind, oid);

    public ICatalogReader? Definitions => statement.Definitions;

    public int ProcessId => statement.ProcessId;

    public long? TransactionId(bool isNeeded) => statement.TransactionId(isNeeded);

    public ISessionControl? Sessions => statement.Sessions;

    public ILogControl? Log => statement.Log;

    public void Warn(string message) => statement.Warn(message);

    public long NextSequenceValue(int sequenceOid) => statement.NextSequenceValue(sequenceOid);

    public long CurrentSequenceValue(int sequenceOid) => statement.CurrentSequenceValue(sequenceOid);

    public long LastSequenceValue() => statement.LastSequenceValue();

    public void SetSequenceValue(int sequenceOid, long value, bool isCalled) =>
        statement.SetSequenceValue(sequenceOid, value, isCalled);
}
