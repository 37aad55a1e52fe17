using System.Data;
using System.Data.Common;
using System.Runtime.CompilerServices;

namespace PhantomDb.Data;

/// <summary>
/// Puts many rows of .NET into a table: of a reader, a <see cref="DataTable"/>, or anything that can be enumerated. All of them, or, after an error, none: without a transaction of
/// the connection's as one of its own, else as a part of that. Rows are read one by one, as they are written.
/// For text in files and streams COPY is faster: <see cref="PhantomDbConnection.CopyFrom"/>.
/// </summary>
/// <remarks>Used by one thread, which is the connection's; until it is done the connection runs no other command.</remarks>
public sealed class PhantomDbBulkCopy
{
    private readonly PhantomDbConnection _connection;
    private int _notifyAfter;
    private int? _timeout;

    /// <summary>A bulk copy into a database.</summary>
    /// <param name="connection">Has to be open when rows are written.</param>
    public PhantomDbBulkCopy(PhantomDbConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        _connection = connection;
    }

    /// <summary>Raised after every so many rows that have been written: <see cref="NotifyAfter"/>. What it throws ends the copy.</summary>
    public event EventHandler<PhantomDbRowsCopiedEventArgs>? RowsCopied;

    /// <summary>The table, as SQL writes it: <c>customer</c>, <c>old.invoice</c>, <c>"Order Details"</c>.</summary>
    public string DestinationTableName { get; set; } = "";

    /// <summary>The columns that the rows have, in their order, each as it is called; none: all of the table's. Columns that are left out get their defaults.</summary>
    public IList<string> DestinationColumns { get; } = [];

    /// <summary>Rows from one <see cref="RowsCopied"/> to the next; 0: it is not raised.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 0.</exception>
    public int NotifyAfter
    {
        get => _notifyAfter;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _notifyAfter = value;
        }
    }

    /// <summary>Seconds that the engine may compute; 0: as long as it takes. As the connection's <see cref="PhantomDbConnection.CommandTimeout"/> unless it is set.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 0.</exception>
    public int BulkCopyTimeout
    {
        get => _timeout ?? _connection.CommandTimeout;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _timeout = value;
        }
    }

    /// <summary>Writes the rows of a reader's current result, of another connection or another provider; gives their count.</summary>
    /// <exception cref="PhantomDbException">A row does not fit: none has been written. <c>Where</c> tells which.</exception>
    /// <exception cref="InvalidOperationException">The connection is not open or busy, there is no table's name, or rows and table do not have as many columns.</exception>
    public long WriteToServer(IDataReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return Write(reader.FieldCount, ValuesOf(reader));
    }

    /// <summary>Writes the rows of a table but for those that are deleted; gives their count.</summary>
    /// <inheritdoc cref="WriteToServer(IDataReader)" path="/exception"/>
    public long WriteToServer(DataTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return Write(table.Columns.Count, table.Rows.Cast<DataRow>().Where(row => row.RowState != DataRowState.Deleted).Select(row => row.ItemArray));
    }

    /// <summary>Writes a row for each object; gives their count.</summary>
    /// <param name="rows">Enumerated once, while it is written.</param>
    /// <param name="columns">What each column has of an object: a value, null or <see cref="DBNull"/> for NULL.</param>
    /// <inheritdoc cref="WriteToServer(IDataReader)" path="/exception"/>
    public long WriteToServer<T>(IEnumerable<T> rows, params Func<T, object?>[] columns)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(columns);
        return Write(columns.Length, ValuesOf(rows, columns));
    }

    /// <summary>As <see cref="WriteToServer(IDataReader)"/>; waits for the reader's rows without a thread, and the token gives it up.</summary>
    public Task<long> WriteToServerAsync(DbDataReader reader, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return WriteAsync(reader.FieldCount, ValuesOf(reader, cancellationToken), cancellationToken);
    }

    /// <summary>As <see cref="WriteToServer{T}"/>, of rows that come in their time; the token gives it up.</summary>
    public Task<long> WriteToServerAsync<T>(IAsyncEnumerable<T> rows, Func<T, object?>[] columns, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(columns);
        return WriteAsync(columns.Length, ValuesOf(rows, columns, cancellationToken), cancellationToken);
    }

    private async Task<long> WriteAsync(int columnCount, IAsyncEnumerable<object?[]> rows, CancellationToken token)
    {
        using Insertion insertion = new(this, columnCount, token);
        try
        {
            await foreach (object?[] values in rows.ConfigureAwait(false))
            {
                insertion.Write(values);
            }
            return await insertion.FinishAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            insertion.Fail(error);
            throw;
        }
    }

    private long Write(int columnCount, IEnumerable<object?[]> rows)
    {
        using Insertion insertion = new(this, columnCount, CancellationToken.None);
        try
        {
            foreach (object?[] values in rows)
            {
                insertion.Write(values);
            }
            return insertion.Finish();
        }
        catch (Exception error)
        {
            insertion.Fail(error);
            throw;
        }
    }

    private static IEnumerable<object?[]> ValuesOf(IDataReader reader)
    {
        object[] values = new object[reader.FieldCount];
        while (reader.Read())
        {
            reader.GetValues(values);
            yield return values;
        }
    }

    private static IEnumerable<object?[]> ValuesOf<T>(IEnumerable<T> rows, Func<T, object?>[] columns)
    {
        object?[] values = new object?[columns.Length];
        foreach (T row in rows)
        {
            Fill(values, row, columns);
            yield return values;
        }
    }

    private static async IAsyncEnumerable<object?[]> ValuesOf(DbDataReader reader, [EnumeratorCancellation] CancellationToken token)
    {
        object[] values = new object[reader.FieldCount];
        while (await reader.ReadAsync(token).ConfigureAwait(false))
        {
            reader.GetValues(values);
            yield return values;
        }
    }

    private static async IAsyncEnumerable<object?[]> ValuesOf<T>(IAsyncEnumerable<T> rows, Func<T, object?>[] columns, [EnumeratorCancellation] CancellationToken token)
    {
        object?[] values = new object?[columns.Length];
        await foreach (T row in rows.WithCancellation(token).ConfigureAwait(false))
        {
            Fill(values, row, columns);
            yield return values;
        }
    }

    private static void Fill<T>(object?[] values, T row, Func<T, object?>[] columns)
    {
        for (int i = 0; i < columns.Length; i++)
        {
            values[i] = columns[i](row);
        }
    }

    /// <summary>One copy, from its first row to its end: a command of the connection.</summary>
    private sealed class Insertion : IDisposable
    {
        private readonly PhantomDbBulkCopy _copy;
        private readonly PhantomDbConnection _connection;
        private readonly CancellationToken _token;
        private readonly CancellationTokenRegistration _registration;
        private readonly BulkInsert? _insert;

        public Insertion(PhantomDbBulkCopy copy, int columnCount, CancellationToken token)
        {
            (_copy, _connection, _token) = (copy, copy._connection, token);
            token.ThrowIfCancellationRequested();
            _connection.EnsureIdle();
            if (copy.DestinationTableName.Length == 0)
            {
                throw new InvalidOperationException("There is no table to copy into: set DestinationTableName.");
            }
            Session session = _connection.Session;
            _connection.BeginCommand(copy, copy.BulkCopyTimeout);
            try
            {
                _insert = session.BeginInsert(copy.DestinationTableName, [.. copy.DestinationColumns]);
                if (_insert.Columns.Count != columnCount)
                {
                    throw new InvalidOperationException($"The rows have {columnCount} columns, and {_insert.Columns.Count} are to be filled: name those that they have in DestinationColumns.");
                }
                PhantomDbConnection connection = _connection;
                _registration = token.UnsafeRegister(static guard => ((CommandGuard)guard!).Cancel(), connection.Guard);
                _connection.Guard.Leave();
            }
            catch (Exception error)
            {
                try
                {
                    Fail(error);   // which may throw what the user is to see
                }
                finally
                {
                    Dispose();
                }
                throw;
            }
        }

        public void Write(object?[] values)
        {
            _token.ThrowIfCancellationRequested();
            _connection.Guard.Enter();
            try
            {
                _insert!.Write(values);
            }
            finally
            {
                _connection.Guard.Leave();
            }
            if (_copy._notifyAfter > 0 && _insert.RowCount % _copy._notifyAfter == 0)
            {
                _copy.RowsCopied?.Invoke(_copy, new PhantomDbRowsCopiedEventArgs(_insert.RowCount));
            }
        }

        public long Finish()
        {
            _connection.Guard.Enter();
            return _insert!.Complete();
        }

        public Task<long> FinishAsync()
        {
            _connection.Guard.Enter();
            return _insert!.CompleteAsync();
        }

        /// <summary>Takes back what was written. Throws the error that the user is to see, where it is another one.</summary>
        public void Fail(Exception error)
        {
            if (_connection.State == ConnectionState.Open)
            {
                _insert?.Dispose();
            }
            _connection.NoteFailure(error, _token);
        }

        public void Dispose()
        {
            _registration.Dispose();
            if (_connection.State == ConnectionState.Open)
            {
                _insert?.Dispose();
            }
            _connection.EndCommand();
        }
    }
}
