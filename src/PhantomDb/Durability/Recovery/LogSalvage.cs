using System.Globalization;
using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;
using PhantomDb.Storage;

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

    /// <summary>What of a transaction is applied.</summary>
    private enum Part
    {
        All,

        /// <summary>All but the rows that a side file has lost; for transactions that only add: what they took away would be lost too.</summary>
        WholeRows,

        /// <summary>Tables that are not there: what is repeated at the start of a segment, so that later transactions find them.</summary>
        Definitions,
    }

    private readonly List<RecoveryLoss> _losses = [];
    private readonly HashSet<string> _damagedFiles = [];
    private IReadOnlyList<RecoverySegment> _segments = [];

    public IReadOnlyList<RecoveryLoss> Losses => [.. _losses.OrderBy(loss => loss.FirstLsn)];

    /// <summary>The last LSN that the segments have, lost or not.</summary>
    public long EndLsn { get; private set; }

    public long TransactionsDropped { get; private set; }

    /// <summary>Side files that have lost something.</summary>
    public IReadOnlyCollection<string> DamagedFiles => _damagedFiles;

    public long TransactionsApplied { get; private set; }

    public long RecordsApplied { get; private set; }

    /// <summary>A whole transaction behind the first bad line.</summary>
    private readonly record struct Found(int Segment, LogPosition Start, LogPosition End);

    /// <param name="segments">Those behind the file.</param>
    /// <param name="first">The one with the first bad line, up to which all has been applied.</param>
    /// <param name="fault">Where that is.</param>
    public LoadedDatabase Run(IReadOnlyList<RecoverySegment> segments, int first, LogSegmentReport fault)
    {
        _segments = segments;
        List<Found> found = Find(first, fault);
        LoadedDatabase current = prefix;
        int next = 0, length = RunLengthMax;
        while (next < found.Count)
        {
            length = Math.Min(length, found.Count - next);
            if (TryApply(Fork(current), found, next, length, out string problem) is { } applied)
            {
                Release(current);
                current = applied;
                next += length;
                length = Math.Min(2 * length, RunLengthMax);
            }
            else if (length > 1)
            {
                length /= 2;
            }
            else
            {
                LoadedDatabase kept = ApplyPartly(current, found, next++, problem);
                if (kept != current)
                {
                    Release(current);
                    current = kept;
                }
            }
        }
        return current;
    }

    // What of a transaction that does not fit can be applied all the same; the database as it was where that is nothing.
    private LoadedDatabase ApplyPartly(LoadedDatabase current, List<Found> found, int at, string problem)
    {
        Found lost = found[at];
        (SortedSet<string> tables, HashSet<LogOperation> operations, List<string> sideFiles) = ContentOf(lost);
        List<string> lostRows = [];
        bool onlyAdds = operations.All(operation => operation is LogOperation.Load or LogOperation.Insert or LogOperation.Table or LogOperation.Sequence or LogOperation.Custom);
        if (onlyAdds && sideFiles.Count > 0 && TryApply(Fork(current), found, at, 1, out _, Part.WholeRows, lostRows) is { } applied && lostRows.Count > 0)
        {
            _damagedFiles.UnionWith(sideFiles.Where(files.Exists).Where(file => lostRows.Exists(loss => loss.Contains(file, StringComparison.Ordinal)) || sideFiles.Count == 1));
            _losses.Add(new RecoveryLoss(lost.Start.Lsn, lost.End.Lsn - 1, [.. tables], $"of a bulk load, {string.Join("; ", lostRows)}"));
            return applied;
        }
        TransactionsDropped++;
        _damagedFiles.UnionWith(sideFiles.Where(files.Exists).Where(IsDamaged));
        LoadedDatabase? defined = operations.Contains(LogOperation.Table) ? TryApply(Fork(current), found, at, 1, out _, Part.Definitions) : null;
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

    // Whole transactions, in the order of their LSNs, and the gaps between them.
    private List<Found> Find(int first, LogSegmentReport fault)
    {
        List<Found> found = [];
        long begin = Math.Max(fault.End.Lsn, prefix.Lsn + 1);   // what the file has is neither lost nor applied again
        long expected = begin;
        for (int i = first; i < _segments.Count; i++)
        {
            RecoverySegment segment = _segments[i];
            using Stream stream = files.OpenRead(segment.Path);
            LogFault? bad = i == first ? fault.Fault : null;
            LogPosition? from = null;
            while (bad is null || (from = Resume(stream, segment, bad, expected)) is not null)
            {
                LogReader reader = NewReader(segment, stream, from);
                LogPosition start = reader.End;
                while (reader.Read())
                {
                    if (reader.Line.IsLastPart && start.Lsn < expected)
                    {
                        start = reader.End;   // the file has it
                    }
                    else if (reader.Line.IsLastPart)
                    {
                        if (start.Lsn > expected)
                        {
                            Lose(expected, start.Lsn - 1, i > first && bad is null ? null : bad ?? fault.Fault, segment);
                        }
                        found.Add(new Found(i, start, reader.End));
                        expected = reader.End.Lsn;
                        start = reader.End;
                    }
                }
                bad = reader.Report.Fault;
                if (bad is null)
                {
                    break;
                }
            }
            if (segment.Counted is { } counted && counted.LastLsn >= expected)
            {
                Lose(expected, counted.LastLsn, bad, segment);
                expected = counted.LastLsn + 1;
            }
        }
        if (expected == begin && fault.Fault is { } only && Math.Max(only.ExpectedLsn, fault.LastLsnBehind) >= begin)
        {
            Lose(expected, Math.Max(expected, fault.LastLsnBehind), only, _segments[first]);
            expected = Math.Max(expected, fault.LastLsnBehind) + 1;
        }
        EndLsn = expected - 1;
        return found;
    }

    private void Lose(long firstLsn, long lastLsn, LogFault? fault, RecoverySegment segment) => _losses.Add(new RecoveryLoss(firstLsn, lastLsn, [], fault is null
        ? "it is missing"
        : string.Create(CultureInfo.InvariantCulture, $"{fault.Reason} ({segment.Path}, line {fault.Line}, byte offset {fault.Offset})")));

    // The next transaction that begins behind a bad line.
    private static LogPosition? Resume(Stream stream, RecoverySegment segment, LogFault bad, long expectedLsn)
    {
        var scanner = new LogLineScanner(stream, Math.Min(LogReserve.LengthWithout(stream), segment.Counted?.Length ?? long.MaxValue));
        scanner.MoveTo(bad.Offset, bad.Line);
        scanner.Next();
        Checksum seed = LogChecksum.Seed(segment.Header.Salt);
        for (LogLineKind kind = scanner.Next(); kind != LogLineKind.None; kind = scanner.Next())
        {
            if (kind == LogLineKind.Ended && LogLine.IsWhole(scanner.Line, seed) && LogLine.TryParse(scanner.Line, out LogLine line)
                && line.Part == 1 && line.Lsn >= expectedLsn)
            {
                return new LogPosition(scanner.Offset, scanner.LineNumber, line.Lsn);
            }
        }
        return null;
    }

    private static LogReader NewReader(RecoverySegment segment, Stream stream, LogPosition? from) =>
        new(segment.Path, stream, new LogReaderOptions { Counted = segment.Counted, From = from });

    // Null where something does not fit: then the fork is half changed, and of no use.
    private LoadedDatabase? TryApply(
        LoadedDatabase fork, List<Found> found, int first, int count, out string problem, Part part = Part.All, ICollection<string>? lostRows = null)
    {
        Stream? stream = null;
        problem = "";
        try
        {
            var applier = new LogApplier(fork, target, files, lostRows: part == Part.WholeRows ? lostRows : null);
            LogReader? reader = null;
            int open = -1;
            for (int i = first; i < first + count; i++)
            {
                RecoverySegment segment = _segments[found[i].Segment];
                if (reader is null || open != found[i].Segment || reader.End != found[i].Start)
                {
                    stream?.Dispose();
                    stream = files.OpenRead(segment.Path);
                    reader = NewReader(segment, stream, found[i].Start);
                    open = found[i].Segment;
                }
                do
                {
                    if (!reader.Read())
                    {
                        throw reader.Report.ToError();
                    }
                    if (part == Part.Definitions && reader.Operation != LogOperation.Table)
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
            LoadedDatabase applied = applier.Finish();
            CheckForeignKeys(applied);
            if (part != Part.Definitions)
            {
                TransactionsApplied += applier.TransactionCount;
                RecordsApplied += applier.RecordCount;
            }
            return applied;
        }
        catch (PhantomDbException error) when (IsDamage(error))
        {
            problem = error.Message;
            Release(fork);
            return null;
        }
        finally
        {
            stream?.Dispose();
        }
    }

    /// <summary>False for errors that are none of the bytes: a disk that fails, a later version, memory.</summary>
    public static bool IsDamage(PhantomDbException error) => error.SqlState is not (SqlStates.OutOfMemory or SqlStates.IoError or SqlStates.InsufficientPrivilege or SqlStates.FeatureNotSupported);

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

    private (SortedSet<string> Tables, HashSet<LogOperation> Operations, List<string> SideFiles) ContentOf(Found transaction)
    {
        RecoverySegment segment = _segments[transaction.Segment];
        using Stream stream = files.OpenRead(segment.Path);
        LogReader reader = NewReader(segment, stream, transaction.Start);
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
            if (reader.Operation == LogOperation.Load && reader.Count > 0)
            {
                sideFiles.Add(Path.Combine(Path.GetDirectoryName(segment.Path)!, Encoding.UTF8.GetString(reader.Value(0))));
            }
            if (reader.Line.IsLastPart)
            {
                break;
            }
        }
        return (tables, operations, sideFiles);
    }

    private LoadedDatabase Fork(LoadedDatabase database)
    {
        DatabaseStorage fork = DatabaseStorage.Fork(database.Storage.Tables.Values, database.Storage.Sequences.Values, target.Account);
        fork.FinishFork();
        return database with { Storage = fork };
    }

    private static void Release(LoadedDatabase database)
    {
        foreach (TableStore table in database.Storage.Tables.Values)
        {
            table.ReleaseMemory();
        }
    }
}
