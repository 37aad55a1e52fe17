using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;

namespace PhantomDb.Durability.History;

/// <summary>A row as it was before or after a change, its values by the table's present columns; none where a record is about all rows.</summary>
internal sealed record RowVersion(LogEntry Entry, bool IsBefore, IReadOnlyList<string?>? Values);

/// <summary>
/// The versions of a table's rows, in the log's order, in a stream. The log is read twice: for the definitions, which tell what the table and its columns
/// were called, and then for the rows.
/// </summary>
/// <param name="onHole">Told of records in the middle of the log that are missing.</param>
internal sealed class TableHistory(ILogSource log, TableDefinition table, Action<LogHole>? onHole = null)
{
    private readonly HashSet<LogHole> _told = [];

    /// <summary>The versions of a range, as far as the log is kept.</summary>
    public IEnumerable<RowVersion> Read(LogRange range)
    {
        range = range with { FirstLsn = Math.Max(range.FirstLsn, log.FirstLsn) };
        (long start, long before) = log.SegmentOf(range);
        var lineage = new TableLineage(table, [.. log.ReadKept(LogRange.All with { FirstLsn = start }, TableLineage.IsWanted)]);
        while (true)
        {
            // A segment has the definitions of the tables that its records are about; one that was written again after a failure may lack them.
            IEnumerator<RowVersion> versions = Versions(range, start, lineage).GetEnumerator();
            try
            {
                if (!versions.MoveNext())
                {
                    versions.Dispose();
                    return [];
                }
                return Rest(versions);
            }
            catch (DefinitionMissing missing)
            {
                versions.Dispose();
                if (before == 0)
                {
                    throw new PhantomDbException(SqlStates.DataCorrupted, $"the log has rows of table \"{table.Name}\" before a definition of it", missing);
                }
                (start, before) = log.SegmentOf(range with { FirstLsn = before });
                lineage = new TableLineage(table, [.. log.ReadKept(LogRange.All with { FirstLsn = start }, TableLineage.IsWanted)]);
            }
        }
    }

    private static IEnumerable<RowVersion> Rest(IEnumerator<RowVersion> versions)
    {
        using (versions)
        {
            do
            {
                yield return versions.Current;
            }
            while (versions.MoveNext());
        }
    }

    private IEnumerable<RowVersion> Versions(LogRange range, long start, TableLineage lineage)
    {
        byte[][] names = [.. lineage.Names.Select(Encoding.UTF8.GetBytes)];
        int[]? places = null;   // of the present column, for each cell of an image; -1 for none
        foreach (LogEntry entry in log.ReadKept(range with { FirstLsn = start, FirstTime = DateTime.MinValue }, (operation, name) => IsWanted(operation, name, names), Tell))
        {
            if (entry.Operation == "RENAME" || !lineage.IsOfTable(entry, out IReadOnlyDictionary<string, int>? columns))
            {
                continue;
            }
            if (entry.Operation is "TABLE" or "ALTER")
            {
                places = [.. DefinitionNames.Columns(entry.Others!).Names.Select(name => columns.GetValueOrDefault(name, -1))];
            }
            if (entry.Lsn < range.FirstLsn || entry.Time < range.FirstTime)
            {
                continue;
            }
            if (entry.Before is { } old)
            {
                yield return new RowVersion(entry, true, Arrange(old, places));
            }
            if (entry.After is { } made)
            {
                yield return new RowVersion(entry, false, Arrange(made, places));
            }
            if (entry.Operation == "TRUNCATE")
            {
                yield return new RowVersion(entry, false, null);
            }
            if (entry.Operation == "LOAD")
            {
                foreach (string?[] row in SideFileRows.Read(log, entry, name => columns.GetValueOrDefault(name, -1), table.Columns.Count))
                {
                    yield return new RowVersion(entry, false, row);
                }
            }
        }
    }

    // Once, though the log may be read again from further back.
    private void Tell(LogHole hole)
    {
        if (_told.Add(hole))
        {
            onHole?.Invoke(hole);
        }
    }

    private static bool IsWanted(LogOperation operation, ReadOnlySpan<byte> table, byte[][] names)
    {
        if (operation is not (LogOperation.Insert or LogOperation.Update or LogOperation.Delete or LogOperation.Table or LogOperation.Alter or LogOperation.Truncate
            or LogOperation.Load))
        {
            return false;
        }
        foreach (byte[] name in names)
        {
            if (table.SequenceEqual(name))
            {
                return true;
            }
        }
        return false;
    }

    // A before image may have one cell more, which tells equal rows apart.
    private string?[] Arrange(IReadOnlyList<string?> image, int[]? places)
    {
        if (places is null)
        {
            throw new DefinitionMissing();
        }
        string?[] values = new string?[table.Columns.Count];
        for (int i = 0; i < places.Length; i++)
        {
            if (places[i] >= 0)
            {
                values[places[i]] = image[i];
            }
        }
        return values;
    }

    private sealed class DefinitionMissing : FormatException;
}
