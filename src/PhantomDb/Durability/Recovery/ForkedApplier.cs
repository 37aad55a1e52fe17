using PhantomDb.Catalog;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;
using PhantomDb.Storage;

namespace PhantomDb.Durability.Recovery;

/// <summary>What of a transaction is applied.</summary>
internal enum TransactionPart
{
    All,

    /// <summary>All but the rows that a side file has lost; for transactions that only add: what they took away would be lost too.</summary>
    WholeRows,

    /// <summary>Tables that are not there: what is repeated at the start of a segment, so that later transactions find them.</summary>
    Definitions,
}

/// <summary>Applies transactions to a fork of a database: all that is asked for fits, or the database is as it was. Decides nothing.</summary>
internal sealed class ForkedApplier(IFileSystem files, LoadTarget target)
{
    public long TransactionsApplied { get; private set; }

    public long RecordsApplied { get; private set; }

    /// <summary>The database with the transactions; null where something does not fit, with what that is.</summary>
    /// <param name="lostRows">With <see cref="TransactionPart.WholeRows"/>: takes what side files have lost.</param>
    public LoadedDatabase? TryApply(
        LoadedDatabase database, IReadOnlyList<WholeTransaction> found, int first, int count, out string problem, TransactionPart part = TransactionPart.All,
        ICollection<SideFileLoss>? lostRows = null)
    {
        LoadedDatabase fork = Fork(database);
        problem = "";
        try
        {
            var applier = new LogApplier(fork, target, files, lostRows: part == TransactionPart.WholeRows ? lostRows : null);
            Apply(applier, found, first, count, part);
            LoadedDatabase applied = applier.Finish();
            CheckForeignKeys(applied);
            if (part != TransactionPart.Definitions)
            {
                TransactionsApplied += applier.TransactionCount;
                RecordsApplied += applier.RecordCount;
            }
            return applied;
        }
        catch (PhantomDbException error) when (IsDamage(error))
        {
            problem = error.Message;
            Release(fork);   // half changed, and of no use
            return null;
        }
    }

    /// <summary>False for errors that are none of the bytes: a disk that fails, a later version, memory.</summary>
    public static bool IsDamage(PhantomDbException error) => error.SqlState is not (SqlStates.OutOfMemory or SqlStates.IoError or SqlStates.InsufficientPrivilege or SqlStates.FeatureNotSupported);

    public static void Release(LoadedDatabase database)
    {
        foreach (TableStore table in database.Storage.Tables.Values)
        {
            table.ReleaseMemory();
        }
    }

    private void Apply(LogApplier applier, IReadOnlyList<WholeTransaction> found, int first, int count, TransactionPart part)
    {
        Stream? stream = null;
        try
        {
            LogReader? reader = null;
            for (int i = first; i < first + count; i++)
            {
                RecoverySegment segment = found[i].Segment;
                if (reader is null || segment != found[i - 1].Segment || reader.End != found[i].Start)
                {
                    stream?.Dispose();
                    stream = files.OpenRead(segment.Path);
                    reader = WholeTransactions.ReadFrom(segment, stream, found[i].Start);
                }
                do
                {
                    if (!reader.Read())
                    {
                        throw reader.Report.ToError();
                    }
                    if (part == TransactionPart.Definitions && reader.Operation != LogOperation.Table)
                    {
                        applier.PassOver(reader);
                    }
                    else
                    {
                        applier.Apply(reader, segment.Path);
                    }
                }
                while (!reader.Line.IsLastPart);
                applier.Flush(segment.Path, reader.End);
            }
        }
        finally
        {
            stream?.Dispose();
        }
    }

    private static void CheckForeignKeys(LoadedDatabase database)
    {
        foreach (TableDefinition table in database.Catalog.Tables)
        {
            foreach (ConstraintDefinition constraint in table.Constraints)
            {
                if (constraint.Kind == ConstraintKind.ForeignKey && !constraint.IsNotValid)
                {
                    new ForeignKeyCheck(database.Catalog, database.Storage, table, constraint).Run();
                }
            }
        }
    }

    private LoadedDatabase Fork(LoadedDatabase database)
    {
        DatabaseStorage fork = DatabaseStorage.Fork(database.Storage.Tables.Values, database.Storage.Sequences.Values, target.Account);
        fork.FinishFork();
        return database with { Storage = fork };
    }
}
