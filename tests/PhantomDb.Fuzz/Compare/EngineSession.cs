using System.Collections.Concurrent;

namespace PhantomDb.Fuzz.Compare;

/// <summary>A session of our own, with a thread of its own for statements that may wait.</summary>
internal sealed class EngineSession : IDisposable
{
    private readonly Session _session;
    private readonly BlockingCollection<(string Sql, TaskCompletionSource<Answer> Answer)> _statements = [];
    private Thread? _thread;

    public EngineSession(Database database)
    {
        _session = database.OpenSession();
        _session.Execute("SET statement_timeout = '60s'").Dispose();
    }

    public int ProcessId => _session.ProcessId;

    public Answer Run(ComparedStatement statement, ExecutionMode mode)
    {
        if (mode == ExecutionMode.Text)
        {
            return Run(statement.Sql);
        }
        (string sql, List<string> parameters) = mode == ExecutionMode.Prepared ? (statement.Sql, []) : statement.WithParameters(mode == ExecutionMode.TypedParameters);
        return Guard(sql, () =>
        {
            using PreparedStatement prepared = _session.Prepare(sql);
            for (int i = 0; i < parameters.Count; i++)
            {
                prepared.Bind(i + 1, parameters[i]);
            }
            using QueryResult result = prepared.Execute();
            return Read(result);
        });
    }

    public Answer Run(string sql) => Guard(sql, () =>
    {
        using QueryResult result = _session.Execute(sql);
        return Read(result);
    });

    /// <summary>Runs a statement on the session's own thread.</summary>
    public Task<Answer> Send(string sql)
    {
        if (_thread is null)
        {
            _thread = new Thread(Work) { IsBackground = true };
            _thread.Start();
        }
        var answer = new TaskCompletionSource<Answer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _statements.Add((sql, answer));
        return answer.Task;
    }

    /// <summary>Ends the session, whatever it waits for.</summary>
    public void Dispose()
    {
        _statements.CompleteAdding();
        while (_thread is not null && !_thread.Join(20))
        {
            _session.Cancel();
        }
        _session.Dispose();
        _statements.Dispose();
    }

    private void Work()
    {
        foreach ((string sql, TaskCompletionSource<Answer> answer) in _statements.GetConsumingEnumerable())
        {
            answer.SetResult(Run(sql));
        }
    }

    private static Answer Guard(string sql, Func<Answer> run)
    {
        try
        {
            return run();
        }
        catch (PhantomDbException error)
        {
            return new Answer([], [], null, new AnswerError(error.SqlState, error.Message, error.Detail, error.Hint, Near(sql, error.Position)));
        }
        catch (Exception error)
        {
            return new Answer([], [], null, new AnswerError("XX000", error.ToString(), null, null, null));
        }
    }

    private static string? Near(string sql, int position)
    {
        if (position < 0 || position >= sql.Length || sql.Any(character => character > '~'))
        {
            return null;
        }
        string near = sql[position..].Split('\n')[0];
        return near.Length > AnswerError.NearLength ? near[..AnswerError.NearLength] : near;
    }

    private static Answer Read(QueryResult result)
    {
        List<string?[]> rows = [];
        while (result.Read())
        {
            string?[] row = new string?[result.Columns.Count];
            for (int i = 0; i < row.Length; i++)
            {
                row[i] = result.IsNull(i) ? null : result.GetText(i);
            }
            rows.Add(row);
        }
        return new Answer([.. result.Columns.Select(column => column.Name)], rows, result.CommandTag, null);
    }
}
