using System.Collections;
using System.Data;
using System.Data.Common;

namespace PhantomDb.Data;

/// <summary>
/// The results of a command, row by row, computed as they are read. Statements without columns are passed over; their rows count in <see cref="RecordsAffected"/>.
/// Closing it runs the statements that are left, unless one has failed.
/// </summary>
public sealed partial class PhantomDbDataReader : DbDataReader, IDbColumnSchemaGenerator
{
    private readonly PhantomDbConnection _connection;
    private readonly StatementRun _run;
    private readonly CommandBehavior _behavior;
    private Action? _cancel;                          // made once: ReadAsync allocates nothing for a row
    private Func<CancellationToken, bool>? _step;
    private QueryResult? _result;
    private IReadOnlyList<ResultColumn> _columns = [];
    private RowState _state;
    private bool _isPeeked;      // the first row has been read, to know whether there is one
    private bool _hasPeekedRow;
    private bool _hasHadRow;
    private bool _isAtEnd;       // no more results are given
    private bool _isClosed;

    private enum RowState
    {
        BeforeFirst,
        OnRow,
        AfterLast,
    }

    private PhantomDbDataReader(PhantomDbConnection connection, object command, StatementRun run, CommandBehavior behavior)
    {
        _connection = connection;
        _run = run;
        _behavior = behavior;
        Command = command;
    }

    /// <summary>0: rows are not within rows.</summary>
    public override int Depth => 0;

    /// <inheritdoc/>
    public override int FieldCount
    {
        get
        {
            EnsureOpen();
            return _columns.Count;
        }
    }

    /// <inheritdoc/>
    public override bool HasRows
    {
        get
        {
            EnsureOpen();
            if (_state == RowState.BeforeFirst && !_isPeeked && _result is not null)
            {
                _hasPeekedRow = ReadRow();
                _isPeeked = true;
            }
            return _hasHadRow;
        }
    }

    /// <inheritdoc/>
    public override bool IsClosed => _isClosed;

    /// <summary>Rows changed by the statements that have run, complete when the reader is closed; -1 where none was one that changes rows.</summary>
    public override int RecordsAffected => (int)Math.Min(_run.RowsAffected, int.MaxValue);

    internal object Command { get; }

    private bool IsSingleRow => (_behavior & CommandBehavior.SingleRow) != 0;

    /// <summary>Runs a command's first statement.</summary>
    internal static async ValueTask<PhantomDbDataReader> Run(
        object command, StatementRun run, int timeoutSeconds, CommandBehavior behavior, bool isAsync, CancellationToken token)
    {
        PhantomDbConnection connection = run.Connection;
        PhantomDbDataReader reader = new(connection, command, run, behavior);
        connection.BeginCommand(command, timeoutSeconds, reader);
        try
        {
            token.ThrowIfCancellationRequested();
            await reader.Advance(isAsync, token).ConfigureAwait(false);
            return reader;
        }
        catch
        {
            reader.Abandon();
            if ((behavior & CommandBehavior.CloseConnection) != 0)
            {
                connection.Close();
            }
            throw;
        }
    }

    /// <inheritdoc/>
    public override bool Read()
    {
        EnsureOpen();
        return Step(CancellationToken.None);
    }

    /// <summary>As <see cref="Read"/>, on the calling thread; the token stops it as <see cref="PhantomDbCommand.Cancel"/> does.</summary>
    public override Task<bool> ReadAsync(CancellationToken cancellationToken)
    {
        EnsureOpen();
        return Completion.Of(cancellationToken, _cancel ??= _connection.Guard.Cancel, _step ??= Step);
    }

    /// <inheritdoc/>
    public override bool NextResult()
    {
        EnsureOpen();
        return Completion.Done(ToNext(isAsync: false, CancellationToken.None));
    }

    /// <summary>As <see cref="NextResult"/>, on the calling thread, but that commits are awaited; the token stops it as <see cref="PhantomDbCommand.Cancel"/> does.</summary>
    public override Task<bool> NextResultAsync(CancellationToken cancellationToken)
    {
        EnsureOpen();
        return Completion.OfAsync(cancellationToken, _connection.Guard.Cancel, token => ToNext(isAsync: true, token));
    }

    /// <summary>Ends the result, and runs the statements that are left, unless one has failed.</summary>
    public override void Close() => Completion.Done(Close(isAsync: false));

    /// <summary>As <see cref="Close()"/>; commits of the statements that are left are awaited.</summary>
    public override Task CloseAsync() => Close(isAsync: true).AsTask();

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await Close(isAsync: true).ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask<bool> Close(bool isAsync)
    {
        if (_isClosed)
        {
            return false;
        }
        try
        {
            if (_connection.State == ConnectionState.Open)
            {
                EndResult();
                if ((_behavior & CommandBehavior.SchemaOnly) == 0)
                {
                    _connection.Guard.Enter();
                    await _run.RunToEnd(isAsync).ConfigureAwait(false);
                }
            }
            return true;
        }
        catch (Exception error)
        {
            _run.NoteFailure(error, CancellationToken.None);
            throw;
        }
        finally
        {
            Abandon();
            if ((_behavior & CommandBehavior.CloseConnection) != 0)
            {
                _connection.Close();
            }
        }
    }

    /// <inheritdoc/>
    public override IEnumerator GetEnumerator() => new DbEnumerator(this, (_behavior & CommandBehavior.CloseConnection) != 0);

    /// <summary>Ends it as it is: nothing more is run.</summary>
    internal void Abandon()
    {
        if (_isClosed)
        {
            return;
        }
        _isClosed = true;
        _run.GiveUp();
        try
        {
            _result?.Dispose();
        }
        finally
        {
            _result = null;
            _connection.EndCommand();
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Close();
        }
        base.Dispose(disposing);
    }

    private bool Step(CancellationToken token)
    {
        if (_isPeeked)
        {
            _isPeeked = false;
            _state = _hasPeekedRow ? RowState.OnRow : RowState.AfterLast;
            return _hasPeekedRow;
        }
        if (_result is null || _state == RowState.AfterLast || (IsSingleRow && _state == RowState.OnRow))
        {
            _state = RowState.AfterLast;
            return false;
        }
        bool hasRow = ReadRow(token);
        _state = hasRow ? RowState.OnRow : RowState.AfterLast;
        return hasRow;
    }

    private bool ReadRow(CancellationToken token = default)
    {
        CommandGuard guard = _connection.Guard;
        guard.Enter();
        try
        {
            bool hasRow = _result!.Read();
            _hasHadRow |= hasRow;
            return hasRow;
        }
        catch (Exception error)
        {
            _run.GiveUp();
            _state = RowState.AfterLast;
            _run.NoteFailure(error, token);
            throw;
        }
        finally
        {
            guard.Leave();
        }
    }

    private async ValueTask<bool> ToNext(bool isAsync, CancellationToken token)
    {
        if (_isAtEnd)
        {
            return false;
        }
        EndResult();
        if ((_behavior & (CommandBehavior.SingleResult | CommandBehavior.SingleRow)) != 0)
        {
            _isAtEnd = true;
            return false;
        }
        return await Advance(isAsync, token).ConfigureAwait(false);
    }

    private void EndResult()
    {
        QueryResult? result = _result;
        _result = null;
        _columns = [];
        _state = RowState.BeforeFirst;
        (_isPeeked, _hasPeekedRow, _hasHadRow) = (false, false, false);
        result?.Dispose();
    }

    // To the next result that has columns.
    private async ValueTask<bool> Advance(bool isAsync, CancellationToken token)
    {
        CommandGuard guard = _connection.Guard;
        guard.Enter();
        try
        {
            if ((_behavior & CommandBehavior.SchemaOnly) != 0)
            {
                _columns = _run.DescribeNext() ?? [];
                return _columns.Count > 0 || End();
            }
            while (await _run.RunNext(isAsync).ConfigureAwait(false) is { } result)
            {
                if (result.Columns.Count > 0)
                {
                    _result = result;
                    _columns = result.Columns;
                    return true;
                }
                result.Dispose();
                token.ThrowIfCancellationRequested();
            }
            return End();
        }
        catch (Exception error)
        {
            _run.GiveUp();
            _isAtEnd = true;
            _run.NoteFailure(error, token);
            throw;
        }
        finally
        {
            guard.Leave();
        }

        bool End()
        {
            _isAtEnd = true;
            return false;
        }
    }

    private void EnsureOpen()
    {
        if (_isClosed)
        {
            ThrowClosed();
        }
    }

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    private static void ThrowClosed() => throw new InvalidOperationException("The reader is closed.");
}
