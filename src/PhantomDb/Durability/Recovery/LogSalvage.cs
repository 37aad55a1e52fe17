using System.Text;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// Goes on behind a damaged place of the log: whole transactions are applied where all that they say fits what is there (images before, free
/// keys, definitions, partners of foreign keys), and left out as a whole where not, but for definitions of tables that nobody has. Of a bulk load whose side
/// file is damaged the whole blocks of rows are taken. Says what is lost. Writes nothing.
/// <code>
/// tried in runs of up to 1,024, each on a fork: fits -> the fork is the database; else half of them, down to the one that does not fit
/// </code>
/// </summary>
internal sealed class LogSalvage(IFileSystem files, LoadedDatabase prefix, LoadTarget target)
{
    private const int RunLengthMax = 1024;

    private readonly ForkedApplier _applier = new(files, target);
    private readonly List<RecoveryLoss> _losses = [];
    private readonly HashSet<string> _damagedFiles = [];

    public IReadOnlyList<RecoveryLoss> Losses => [.. _losses.OrderBy(loss => loss.FirstLsn)];

    /// <summary>The last LSN that the segments have, lost or not.</summary>
    public long EndLsn { get; private set; }

    public long TransactionsDropped { get; private set; }

    /// <summary>Side files that have lost something.</summary>
    public IReadOnlyCollection<string> DamagedFiles => _damagedFiles;

    public long TransactionsApplied => _applier.TransactionsApplied;

    public long RecordsApplied => _applier.RecordsApplied;

    /// <param name="segments">Those behind the file.</param>
    /// <param name="first">The one with the first bad line, up to which all has been applied.</param>
    /// <param name="fault">Where that is.</param>
    public LoadedDatabase Run(IReadOnlyList<RecoverySegment> segments, int first, LogSegmentReport fault)
    {
        var transactions = new WholeTransactions(files, segments, first, fault, prefix.Lsn);
        _losses.AddRange(transactions.Losses);
        EndLsn = transactions.EndLsn;
        IReadOnlyList<WholeTransaction> found = transactions.Found;
        LoadedDatabase current = prefix;
        int next = 0, length = RunLengthMax;
        while (next < found.Count)
        {
            length = Math.Min(length, found.Count - next);
            if (_applier.TryApply(current, found, next, length, out string problem) is { } applied)
            {
                current = Replace(current, applied);
                next += length;
                length = Math.Min(2 * length, RunLengthMax);
            }
            else if (length > 1)
            {
                length /= 2;
            }
            else
            {
                current = Replace(current, ApplyPartly(current, found, next++, problem));
            }
        }
        return current;
    }

    /// <inheritdoc cref="ForkedApplier.IsDamage"/>
    public static bool IsDamage(PhantomDbException error) => ForkedApplier.IsDamage(error);

    private static LoadedDatabase Replace(LoadedDatabase old, LoadedDatabase fork)
    {
        if (fork != old)
        {
            ForkedApplier.Release(old);
        }
        return fork;
    }

    // What of a transaction that does not fit can be applied all the same; the database as it was where that is nothing.
    private LoadedDatabase ApplyPartly(LoadedDatabase current, IReadOnlyList<WholeTransaction> found, int at, string problem)
    {
        WholeTransaction lost = found[at];
        (SortedSet<string> tables, HashSet<LogOperation> operations, List<string> sideFiles) = ContentOf(lost);
        List<SideFileLoss> lostRows = [];
        bool onlyAdds = operations.All(operation => operation is LogOperation.Load or LogOperation.Insert or LogOperation.Table or LogOperation.Sequence or LogOperation.Custom);
        _damagedFiles.UnionWith(sideFiles.Where(files.Exists).Where(IsDamaged));
        if (onlyAdds && sideFiles.Count > 0 && _applier.TryApply(current, found, at, 1, out _, TransactionPart.WholeRows, lostRows) is { } applied)
        {
            if (lostRows.Count > 0)   // where only what stands around the rows is damaged they are all there
            {
                _damagedFiles.UnionWith(lostRows.Select(loss => loss.Path).Where(files.Exists));
                _losses.Add(new RecoveryLoss(lost.Start.Lsn, lost.End.Lsn - 1, [.. tables], $"of a bulk load, {string.Join("; ", lostRows.Select(loss => loss.What))}"));
            }
            return applied;
        }
        TransactionsDropped++;
        LoadedDatabase? defined = operations.Contains(LogOperation.Table) ? _applier.TryApply(current, found, at, 1, out _, TransactionPart.Definitions) : null;
        string[] made = defined is null ? [] : [.. defined.Catalog.Tables.Where(table => current.Catalog.FindTable(table.Schema, table.Name) is null).Select(table => DefinitionText.NameOf(table.Schema, table.Name))];
        string but = made.Length == 0 ? "" : $"; kept of it: the definition of {string.Join(", ", made)}";
        _losses.Add(new RecoveryLoss(lost.Start.Lsn, lost.End.Lsn - 1, [.. tables], $"it does not fit without what is lost before it: {problem}{but}"));
        return made.Length == 0 ? current : defined!;
    }

    private bool IsDamaged(string sideFile)
    {
        try
        {
            using Stream stream = files.OpenRead(sideFile);
            SealedFile.Verify(stream, sideFile);
            return false;
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.DataCorrupted)
        {
            return true;
        }
    }

    private (SortedSet<string> Tables, HashSet<LogOperation> Operations, List<string> SideFiles) ContentOf(WholeTransaction transaction)
    {
        RecoverySegment segment = transaction.Segment;
        using Stream stream = files.OpenRead(segment.Path);
        LogReader reader = WholeTransactions.ReadFrom(segment, stream, transaction.Start);
        SortedSet<string> tables = new(StringComparer.Ordinal);
        HashSet<LogOperation> operations = [];
        List<string> sideFiles = [];
        while (reader.Read())
        {
            operations.Add(reader.Operation);
            if (!reader.Table.IsEmpty)
            {
                tables.Add(Encoding.UTF8.GetString(reader.Table));
            }
            // No other file of the folder, or of another, is put aside because a record names it.
            if (reader.Operation == LogOperation.Load && reader.Count > 0 && Encoding.UTF8.GetString(reader.Value(0)) is var name && LoadFileName.TryParse(name) is not null)
            {
                sideFiles.Add(Path.Combine(Path.GetDirectoryName(segment.Path)!, name));
            }
            if (reader.Line.IsLastPart)
            {
                break;
            }
        }
        return (tables, operations, sideFiles);
    }
}
