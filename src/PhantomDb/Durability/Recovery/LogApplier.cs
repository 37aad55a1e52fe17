using System.Runtime.CompilerServices;
using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;
using PhantomDb.Types;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// Applies a verified stream of records to a database as a file had it: rows, definitions, positions of sequences. Needs no parser and no
/// binder: expressions stay text. What does not fit is damage, and the database, half changed, is not to be used then.
/// </summary>
/// <param name="lostRows">To save what can be: what side files have lost is told there, and not an error. Null: all of it must be whole.</param>
internal sealed class LogApplier(LoadedDatabase database, LoadTarget target, IFileSystem files, AppliedRows? applied = null, ICollection<SideFileLoss>? lostRows = null)
{
    private readonly AppliedRows _applied = applied ?? new AppliedRows();
    private LoadedDatabase _database = database;
    private DefinitionApplier _definitions = new(database);
    private readonly List<LogLoad> _loads = [];
    private readonly Dictionary<byte[], TableApplier> _tables = new(new Utf8Comparer());   // by the name in the records
    private readonly List<TableApplier> _waiting = [];
    private byte[] _lastName = [];
    private TableApplier? _lastTable;
    private bool _hasDefined;

    /// <summary>Of the last transaction that was applied.</summary>
    public long LastLsn { get; private set; } = database.Lsn;

    public long TransactionCount { get; private set; }

    public long RecordCount { get; private set; }

    /// <summary>The definitions as of the last transaction that was applied.</summary>
    public DatabaseCatalog Catalog => _definitions.Catalog;

    /// <summary>The side files that records have named.</summary>
    public IReadOnlyList<LogLoad> Loads => _loads;

    /// <summary>Takes the record that the reader stands at. Errors have the record's place.</summary>
    [MethodImpl(HotLoop.Options)]
    public void Apply(LogRecordCursor record, string path)
    {
        try
        {
            ApplyRecord(record, path);
        }
        catch (Exception error) when (error is LogMismatch or FormatException or DecoderFallbackException or PhantomDbException { Where: null })
        {
            throw Mismatch(error, path, new LogPosition(record.Offset, record.LineNumber, record.Line.Lsn));
        }
    }

    /// <summary>Passes over a record, as if it said nothing.</summary>
    public void PassOver(LogRecordCursor record)
    {
        if (record.Line.IsLastPart)
        {
            EndTransaction(record.Line.Lsn);
        }
    }

    /// <summary>At the end of a segment: rows that wait go in while it is known where they stand.</summary>
    public void Flush(string path, LogPosition end)
    {
        try
        {
            FlushTables();
        }
        catch (Exception error) when (error is LogMismatch or PhantomDbException { Where: null })
        {
            throw Mismatch(error, path, end);
        }
    }

    /// <summary>The database with all that was applied.</summary>
    public LoadedDatabase Finish()
    {
        FlushTables();
        return _database with { Catalog = _definitions.Catalog, LateIndexes = _definitions.LateIndexes, Lsn = LastLsn };
    }

    [MethodImpl(HotLoop.Options)]
    private void ApplyRecord(LogRecordCursor record, string path)
    {
        LogOperation operation = record.Operation;
        switch (operation)
        {
            case LogOperation.Insert or LogOperation.Update or LogOperation.Delete:
                TableApplier table = Table(record.Table);
                table.Apply(record, operation);
                if (table.IsWaiting && !_waiting.Contains(table))
                {
                    _waiting.Add(table);
                }
                break;
            case LogOperation.Table or LogOperation.Alter or LogOperation.Drop or LogOperation.Rename or LogOperation.View or LogOperation.Sequence
                or LogOperation.Schema or LogOperation.Index or LogOperation.Truncate:
                Define(record, operation);
                break;
            case LogOperation.Setting:
                _definitions.SetSetting(Text(record, 0), record.IsNull(1) ? null : Text(record, 1));
                break;
            case LogOperation.Load:
                Load(record, path);
                break;
            case LogOperation.Custom or LogOperation.Sync or LogOperation.Close:
                break;
        }
        RecordCount++;
        if (record.Line.IsLastPart)
        {
            EndTransaction(record.Line.Lsn);
            TransactionCount += operation is LogOperation.Sync or LogOperation.Close ? 0 : 1;   // the log's own change nothing
        }
    }

    private void Load(LogRecordCursor record, string path)
    {
        var file = new LoadFileReader(record, path, files);
        _loads.Add(new LogLoad(file.FileName, record.Line.Lsn));
        if (!record.Table.IsEmpty)
        {
            TableApplier table = Table(record.Table);
            if (lostRows is null)
            {
                file.ReadRows(table, record);
            }
            else
            {
                file.ReadWholeRows(table, record, lostRows);
            }
            if (table.IsWaiting && !_waiting.Contains(table))
            {
                _waiting.Add(table);
            }
            return;
        }
        // All that the database had is gone.
        if (applied is not null)
        {
            throw new LogMismatch("all content is replaced");   // a follower begins anew: its readers have the old tables
        }
        LoadedDatabase loaded = lostRows is null ? file.ReadDatabase(target) : file.ReadWholeSections(lostRows);
        foreach (Storage.TableStore table in _database.Storage.Tables.Values)
        {
            table.ReleaseMemory();
        }
        _tables.Clear();
        _waiting.Clear();
        _lastTable = null;
        _database = loaded with { IsSealed = _database.IsSealed, IsProved = _database.IsProved, Timeline = _database.Timeline };   // the file is still the one it was
        _definitions = new DefinitionApplier(_database);
    }

    [MethodImpl(HotLoop.Options)]
    private void EndTransaction(long lsn)
    {
        foreach (TableApplier table in _waiting)
        {
            table.Flush();
        }
        _waiting.Clear();
        if (_hasDefined)
        {
            _definitions.EndTransaction();
            _hasDefined = false;
        }
        LastLsn = lsn;
    }

    private void Define(LogRecordCursor record, LogOperation operation)
    {
        string name = Encoding.UTF8.GetString(record.Table);
        if (operation is not LogOperation.Sequence && !_definitions.IsRepeated(operation, name))
        {
            FlushTables();   // the tables are others from now on
            _tables.Clear();
            _lastTable = null;
        }
        byte[][] values = new byte[record.Count][];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = record.Value(i).ToArray();
        }
        _definitions.Apply(operation, name, values);
        _hasDefined = true;
    }

    [MethodImpl(HotLoop.Options)]
    private TableApplier Table(ReadOnlySpan<byte> name)
    {
        if (_lastTable is not null && name.SequenceEqual(_lastName))
        {
            return _lastTable;
        }
        Dictionary<byte[], TableApplier>.AlternateLookup<ReadOnlySpan<byte>> byName = _tables.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (!byName.TryGetValue(name, out TableApplier? table))
        {
            string text = Encoding.UTF8.GetString(name);
            TableDefinition definition = _definitions.FindTable(text) ?? throw new FormatException($"table {text} does not exist");
            table = new TableApplier(_database.Storage.GetTable(definition.Oid), _applied);
            byName[name] = table;
        }
        _lastName = name.ToArray();
        _lastTable = table;
        return table;
    }

    private void FlushTables()
    {
        foreach (TableApplier table in _tables.Values)
        {
            table.Flush();
        }
        _waiting.Clear();
    }

    private static string Text(LogRecordCursor record, int index) => Encoding.UTF8.GetString(record.Value(index));

    private static PhantomDbException Mismatch(Exception error, string path, LogPosition position)
    {
        position = (error as LogMismatch)?.Position ?? position;
        return new PhantomDbException((error as PhantomDbException)?.SqlState is { } state && state != SqlStates.UniqueViolation ? state : SqlStates.DataCorrupted,
            $"the log \"{path}\" does not fit the database: {error.Message}", error)
        {
            Where = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{path}, line {position.Line}, byte offset {position.Offset}, LSN {position.Lsn}"),
            Hint = Error.RepairHint,
        };
    }

    // A record has its table's name as bytes: no string for each of millions.
    private sealed class Utf8Comparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
