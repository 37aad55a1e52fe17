using System.Globalization;
using PhantomDb.Errors;

namespace PhantomDb;

/// <summary>
/// Rows of .NET on their way into a table (<see cref="Session.BeginInsert"/>): all of them, once <see cref="Complete"/> is called, or, where it is disposed of without that, none.
/// Outside of a transaction they are one of their own, else a part of that, which goes on either way. Until then the session begins no other, and executes no BEGIN, COMMIT or SAVEPOINT (55006);
/// its other statements are a part of the same transaction, and ROLLBACK takes back the rows with it, and ends this. Used by one thread, which is the session's.
/// <code>
/// using BulkInsert insert = session.BeginInsert("fruit", "id", "name");
/// insert.Write(1, "apple");
/// insert.Write(2, "pear");
/// insert.Complete();
/// </code>
/// </summary>
public sealed class BulkInsert : IDisposable
{
    private const string Savepoint = "phantomdb_bulk_insert";

    private readonly Session _session;
    private readonly PreparedStatement _insert;
    private readonly bool _isOwnTransaction;
    private bool _isOpen;
    private bool _hasFailed;

    internal BulkInsert(Session session, string table, ReadOnlySpan<string> columns)
    {
        _session = session;
        foreach (string column in columns)
        {
            ArgumentNullException.ThrowIfNull(column, nameof(columns));
        }
        Columns = columns.Length > 0 ? columns.ToArray() : AllColumns(session, table);
        _insert = session.Prepare(string.Create(
            CultureInfo.InvariantCulture,
            $"INSERT INTO {table} ({string.Join(", ", Columns.Select(Quoted))}) VALUES ({string.Join(", ", Enumerable.Range(1, Columns.Count).Select(i => $"${i}"))})"));
        _isOwnTransaction = !session.IsInTransaction;
        Run(_isOwnTransaction ? "BEGIN" : $"SAVEPOINT {Savepoint}");
        _isOpen = true;
    }

    /// <summary>True while it ends the transaction, or its part of it, itself.</summary>
    internal bool IsEnding { get; private set; }

    /// <summary>The columns that a row has values for, in their order.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Rows written so far.</summary>
    public long RowCount { get; private set; }

    /// <summary>Writes one row.</summary>
    /// <param name="values">A value for each of <see cref="Columns"/>, as <see cref="PreparedStatement.BindValue"/> takes them.</param>
    /// <exception cref="PhantomDbException">The row does not fit; <c>Where</c> tells which it is. None can be written after it.</exception>
    /// <exception cref="ArgumentException">There are more or fewer values than columns.</exception>
    /// <exception cref="InvalidOperationException">It is complete already, or a row before has failed.</exception>
    public void Write(params ReadOnlySpan<object?> values)
    {
        EnsureOpen();
        if (values.Length != Columns.Count)
        {
            throw new ArgumentException($"There are {values.Length} values for {Columns.Count} columns.", nameof(values));
        }
        try
        {
            for (int i = 0; i < values.Length; i++)
            {
                _insert.BindValue(i + 1, values[i]);
            }
            _insert.Execute().Dispose();
        }
        catch (PhantomDbException error) when (error.Where is null && error.SqlState != SqlStates.QueryCanceled)
        {
            _hasFailed = true;
            throw AtRow(error, RowCount + 1);
        }
        catch
        {
            _hasFailed = true;
            throw;
        }
        RowCount++;
    }

    /// <summary>Keeps the rows: commits them, or leaves them to the transaction around; gives their count.</summary>
    /// <exception cref="PhantomDbException">They cannot be committed: a constraint that is checked at the end, the disk. None is there then.</exception>
    /// <exception cref="InvalidOperationException">It is complete already, or a row has failed.</exception>
    public long Complete()
    {
        EnsureOpen();
        _hasFailed = IsEnding = true;   // unless it passes
        try
        {
            return Completed(_session.Execute(EndCommand));
        }
        finally
        {
            IsEnding = false;
        }
    }

    /// <summary>As <see cref="Complete"/>; the disk is awaited without a thread.</summary>
    /// <param name="cancellationToken">Stops it until the commit is queued.</param>
    /// <exception cref="OperationCanceledException">It was cancelled: none of the rows is there.</exception>
    public async Task<long> CompleteAsync(CancellationToken cancellationToken = default)
    {
        EnsureOpen();
        _hasFailed = IsEnding = true;
        try
        {
            return Completed(await _session.ExecuteAsync(EndCommand, cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            IsEnding = false;
        }
    }

    /// <summary>Takes the rows back, unless they have been completed.</summary>
    public void Dispose()
    {
        if (_isOpen && !_session.IsDisposed && _session.IsUnderWay(this))   // else the transaction has ended, with the session say, which has taken them back
        {
            TakeBack();
        }
        _isOpen = false;
        _insert.Dispose();
    }

    private void TakeBack()
    {
        IsEnding = true;
        try
        {
            Run(_isOwnTransaction ? "ROLLBACK" : $"ROLLBACK TO SAVEPOINT {Savepoint}; RELEASE SAVEPOINT {Savepoint}");
        }
        finally
        {
            IsEnding = false;
        }
        _session.EndBulkInsert(this);
    }

    private string EndCommand => _isOwnTransaction ? "COMMIT" : $"RELEASE SAVEPOINT {Savepoint}";

    private void EnsureOpen()
    {
        _isOpen = _isOpen && (_session.IsUnderWay(this) || _session.IsDisposed);   // else ROLLBACK has ended it
        if (!_isOpen || _hasFailed)
        {
            throw new InvalidOperationException(_hasFailed ? "It has failed, and none of its rows is kept: dispose of it, and begin another." : "It has ended: begin another.");
        }
    }

    private long Completed(QueryResult result)
    {
        result.Dispose();
        _session.EndBulkInsert(this);
        if (result.CommandTag == "ROLLBACK")   // of a COMMIT: another statement of the session has failed meanwhile
        {
            throw new PhantomDbException(SqlStates.InFailedSqlTransaction, "the transaction had failed, and has been rolled back");
        }
        (_isOpen, _hasFailed) = (false, false);
        return RowCount;
    }

    private void Run(string command) => _session.Execute(command).Dispose();

    private static string[] AllColumns(Session session, string table)
    {
        using PreparedStatement all = session.Prepare($"SELECT * FROM {table}");
        return [.. all.Columns.Select(column => column.Name)];
    }

    private static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static PhantomDbException AtRow(PhantomDbException error, long row) => new(error.SqlState, error.Message, error)
    {
        Detail = error.Detail, Hint = error.Hint, SchemaName = error.SchemaName, TableName = error.TableName, ColumnName = error.ColumnName, ConstraintName = error.ConstraintName,
        Where = string.Create(CultureInfo.InvariantCulture, $"row {row} of the bulk insert"),
    };
}
