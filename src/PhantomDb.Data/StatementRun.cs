namespace PhantomDb.Data;

/// <summary>The statements of a command or a batch, run one after the other, each when its result is asked for.</summary>
internal sealed class StatementRun
{
    private readonly PhantomDbConnection _connection;
    private readonly CachedStatement[] _statements;
    private readonly PhantomDbParameterCollection? _parameters;   // of all of them
    private readonly PhantomDbBatchCommand[]? _commands;          // of each, in a batch
    private int _next;
    private PhantomDbBatchCommand? _current;   // of the statement that ran last

    public StatementRun(PhantomDbConnection connection, CachedStatement[] statements, PhantomDbParameterCollection parameters)
    {
        _connection = connection;
        _statements = statements;
        _parameters = parameters;
    }

    public StatementRun(PhantomDbConnection connection, IReadOnlyList<PhantomDbBatchCommand> commands)
    {
        _connection = connection;
        List<CachedStatement> statements = [];
        List<PhantomDbBatchCommand> owners = [];
        foreach (PhantomDbBatchCommand command in commands)
        {
            command.BeginCount();
            foreach (CachedStatement statement in connection.StatementsOf(command.CommandText))
            {
                statements.Add(statement);
                owners.Add(command);
            }
        }
        _statements = [.. statements];
        _commands = [.. owners];
    }

    public PhantomDbConnection Connection => _connection;

    /// <summary>Rows changed by the statements that have run; -1 where none was one that changes rows.</summary>
    public long RowsAffected { get; private set; } = -1;

    /// <summary>Runs the next statement; null where there is none.</summary>
    /// <param name="isAsync">False: all is done when it returns.</param>
    public async ValueTask<QueryResult?> RunNext(bool isAsync)
    {
        if (_next == _statements.Length)
        {
            return null;
        }
        _current = _commands?[_next];
        QueryResult result = await _statements[_next++].Execute(_connection.Session, _parameters ?? _current!.Parameters, isAsync).ConfigureAwait(false);
        if (result.RowsAffected >= 0)
        {
            RowsAffected = Math.Max(RowsAffected, 0) + result.RowsAffected;
            _current?.Count(result.RowsAffected);
        }
        return result;
    }

    /// <summary>The columns of the next statement that has some, without running it; null where there is none.</summary>
    public IReadOnlyList<ResultColumn>? DescribeNext()
    {
        while (_next < _statements.Length)
        {
            _current = _commands?[_next];
            PhantomDbParameterCollection parameters = _parameters ?? _current!.Parameters;
            IReadOnlyList<ResultColumn> columns = _statements[_next++].Prepare(_connection.Session, parameters);
            if (columns.Count > 0)
            {
                return columns;
            }
        }
        return null;
    }

    /// <summary>Parses and binds all statements for a command or a batch, without running them.</summary>
    public void DescribeAll()
    {
        try
        {
            while (DescribeNext() is not null)
            {
            }
        }
        catch (Exception error)
        {
            NoteCommand(error);
            throw;
        }
    }

    /// <summary>A statement has failed: the error tells which command of the batch it was of. Throws the error that the user is to see, where it is another one.</summary>
    public void NoteFailure(Exception error, CancellationToken token)
    {
        NoteCommand(error);
        try
        {
            _connection.NoteFailure(error, token);
        }
        catch (PhantomDbException translated)
        {
            NoteCommand(translated);
            throw;
        }
    }

    /// <summary>Gives up what has not run.</summary>
    public void GiveUp() => _next = _statements.Length;

    /// <summary>Runs all statements for a command or a batch; the rows that they changed, or -1.</summary>
    public ValueTask<int> RunAll(object command, int timeoutSeconds, bool isAsync, CancellationToken token) => Run(command, timeoutSeconds, isAsync, token, static async (run, isAsync) =>
    {
        await run.RunToEnd(isAsync).ConfigureAwait(false);
        return (int)Math.Min(run.RowsAffected, int.MaxValue);
    });

    /// <summary>Runs all statements for a command or a batch; the value of the first row and column of the first one that has some, null where it has no row.</summary>
    public ValueTask<object?> RunForScalar(object command, int timeoutSeconds, bool isAsync, CancellationToken token) =>
        Run(command, timeoutSeconds, isAsync, token, static (run, isAsync) => run.Scalar(isAsync));

    /// <summary>Runs all that is left, with all the rows that nobody reads.</summary>
    public async ValueTask RunToEnd(bool isAsync)
    {
        while (await RunNext(isAsync).ConfigureAwait(false) is { } result)
        {
            using (result)
            {
                Drain(result);
            }
        }
    }

    private async ValueTask<T> Run<T>(object command, int timeoutSeconds, bool isAsync, CancellationToken token, Func<StatementRun, bool, ValueTask<T>> work)
    {
        _connection.BeginCommand(command, timeoutSeconds);
        try
        {
            token.ThrowIfCancellationRequested();
            return await work(this, isAsync).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            NoteFailure(error, token);
            throw;
        }
        finally
        {
            _connection.EndCommand();
        }
    }

    private void NoteCommand(Exception error)
    {
        if (_current is not null && error is PhantomDbException failure)
        {
            failure.BatchCommand = _current;
        }
    }

    private async ValueTask<object?> Scalar(bool isAsync)
    {
        object? value = null;
        bool isFound = false;
        while (await RunNext(isAsync).ConfigureAwait(false) is { } result)
        {
            using (result)
            {
                if (!isFound && result.Columns.Count > 0)
                {
                    isFound = true;
                    value = result.Read() ? result.GetValue(0) : null;
                }
                else
                {
                    Drain(result);
                }
            }
        }
        return value;
    }

    // A query may do more than give rows: nextval.
    private static void Drain(QueryResult result)
    {
        if (result.Columns.Count > 0)
        {
            while (result.Read())
            {
            }
        }
    }
}
