using System.Collections.Immutable;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>
/// All tables' rows and all sequences' positions of a database, found by oid. The map of tables is replaced as a whole,
/// so that a statement that took it goes on with the tables of its catalog.
/// </summary>
internal sealed class DatabaseStorage(MemoryAccount? account = null, ReadTimestamps? timestamps = null) : ICatalogStatistics
{
    private ImmutableDictionary<int, TableStore> _tables = ImmutableDictionary<int, TableStore>.Empty;
    private ImmutableDictionary<int, SequenceStore> _sequences = ImmutableDictionary<int, SequenceStore>.Empty;

    public MemoryAccount? Account => account;

    public ReadTimestamps Timestamps { get; } = timestamps ?? new ReadTimestamps();

    /// <summary>The tables at the moment.</summary>
    public ImmutableDictionary<int, TableStore> Tables => Volatile.Read(ref _tables);

    public ImmutableDictionary<int, SequenceStore> Sequences => Volatile.Read(ref _sequences);

    /// <summary>The rows of a table; 42P01 where it has gone since the statement's definitions were taken.</summary>
    public TableStore GetTable(int oid) => Tables.TryGetValue(oid, out TableStore? table) ? table : throw Error.RelationGone(oid);

    /// <summary>A new empty table, not yet in the map.</summary>
    public TableStore NewTable(TableDefinition definition) => new(definition, Timestamps, account);

    /// <summary>
    /// Puts a table into the map. The one that it replaces (altered or truncated) stays as it is for readers that have it,
    /// and is not written to again.
    /// </summary>
    public void SetTable(TableStore table)
    {
        Tables.TryGetValue(table.Definition.Oid, out TableStore? replaced);
        ImmutableInterlocked.AddOrUpdate(ref _tables, table.Definition.Oid, table, (_, _) => table);
        table.ChargeShared();
        if (replaced is not null && !ReferenceEquals(replaced, table))
        {
            replaced.ReleaseMemory();
        }
    }

    public void RemoveTable(int oid)
    {
        if (ImmutableInterlocked.TryRemove(ref _tables, oid, out TableStore? removed))
        {
            removed.ReleaseMemory();
        }
    }

    public SequenceStore GetSequence(int oid) => Sequences.TryGetValue(oid, out SequenceStore? sequence) ? sequence : throw Error.RelationGone(oid);

    public void SetSequence(SequenceStore sequence) =>
        ImmutableInterlocked.AddOrUpdate(ref _sequences, sequence.Definition.Oid, sequence, (_, _) => sequence);

    /// <summary>Where sequences reserve their values; null without a log.</summary>
    public ISequenceLog? SequenceLog { get; private set; }

    /// <summary>From now on all sequences reserve what they give; new ones do when their transaction has committed.</summary>
    public void UseLog(ISequenceLog log)
    {
        SequenceLog = log;
        foreach (SequenceStore sequence in Sequences.Values)
        {
            sequence.UseLog(log);
        }
    }

    /// <summary>Writes down where all sequences really are: at an orderly end.</summary>
    public void SettleSequences()
    {
        foreach (SequenceStore sequence in Sequences.Values)
        {
            sequence.Settle();
        }
    }

    public void RemoveSequence(int oid) => ImmutableInterlocked.TryRemove(ref _sequences, oid, out _);

    /// <summary>
    /// Puts all of another storage's tables and sequences, made for the same timestamps and with oids of their own, in place of
    /// these; both are there while the definitions are published. Statements that have taken the old ones go on with them.
    /// </summary>
    public void ReplaceBy(DatabaseStorage other, Action publish)
    {
        ImmutableDictionary<int, TableStore> replaced = Tables;
        Volatile.Write(ref _tables, replaced.AddRange(other.Tables));
        Volatile.Write(ref _sequences, Sequences.AddRange(other.Sequences));
        publish();
        Volatile.Write(ref _tables, other.Tables);
        Volatile.Write(ref _sequences, other.Sequences);
        foreach (TableStore table in replaced.Values)
        {
            table.ReleaseMemory();
        }
    }

    /// <summary>The same tables and sequences under a map of its own, which can change before <see cref="Adopt"/> puts it in place.</summary>
    public DatabaseStorage Stage() => new(account, Timestamps) { _tables = Tables, _sequences = Sequences };

    /// <summary>Puts the map of a stage in place; who has taken tables goes on with them.</summary>
    public void Adopt(DatabaseStorage stage)
    {
        Volatile.Write(ref _tables, stage.Tables);
        Volatile.Write(ref _sequences, stage.Sequences);
    }

    /// <summary>
    /// A second storage with these tables and sequences, while no transaction commits; <see cref="FinishFork"/> has to follow.
    /// </summary>
    public static DatabaseStorage Fork(IEnumerable<TableStore> tables, IEnumerable<SequenceStore> sequences, MemoryAccount? account)
    {
        var fork = new DatabaseStorage(account);
        ImmutableDictionary<int, TableStore>.Builder forked = fork._tables.ToBuilder();
        foreach (TableStore table in tables)
        {
            forked.Add(table.Definition.Oid, table.Fork(fork.Timestamps, account));
        }
        fork._tables = forked.ToImmutable();
        fork._sequences = sequences.ToImmutableDictionary(sequence => sequence.Definition.Oid, sequence => sequence.Fork());
        return fork;
    }

    /// <summary>Undoes in a fork what transactions that were running had done; nobody uses it before that.</summary>
    public void FinishFork()
    {
        foreach (TableStore table in _tables.Values)
        {
            if (table.NeedsCleanup)
            {
                table.FinishFork();
            }
        }
    }

    public TableStatistics OfTable(int tableOid) =>
        Tables.TryGetValue(tableOid, out TableStore? table) ? table.Statistics() : TableStatistics.Empty;
}
