using PhantomDb.Execution.Points;
using PhantomDb.Storage;
using PhantomDb.Vectors;

namespace PhantomDb;

// Statements that take long are told of: log_min_duration_statement. While that is off, a statement pays one comparison for it. The time of one that gives rows ends when
// all of them have been read, or the result is closed; that of a single-row statement, which computes all it gives at once, with the call.
public sealed partial class Session
{
    [ThreadStatic]
    private static bool _isTelling;   // what handlers run themselves is not told: they would be called for ever

    private StatementTimer? _attempt;   // of the single-row way, which has left the statement to the general one

    private bool IsTimed => _settings.SlowStatementMs >= 0;

    private QueryResult ExecuteTimed(string sql) => Timed(sql, () => ExecuteEntered(sql));

    private QueryResult RunTimed(StatementPlan plan, string text, Vector[] parameters) => Timed(text, () => RunKept(plan, parameters));

    /// <summary>Runs one statement of a text.</summary>
    private QueryResult RunOf(string sql, Parsing.ParsedStatement statement) =>
        IsTimed ? Timed(sql.Substring(statement.Start, statement.Length), () => Run(statement.Statement)) : Run(statement.Statement);

    private int RunPointTimed(PointStatement point, string text, RowBuffer parameters)
    {
        var timer = new StatementTimer(text);
        int rowCount;
        try
        {
            rowCount = TryRunPoint(point, parameters);
        }
        catch (Exception error)
        {
            Tell(timer, 0, error);
            throw;
        }
        if (rowCount < 0)
        {
            _attempt = timer;
        }
        else
        {
            Tell(timer, rowCount, null);
        }
        return rowCount;
    }

    private QueryResult Timed(string text, Func<QueryResult> run)
    {
        StatementTimer timer = _attempt is { } attempt && ReferenceEquals(attempt.Text, text) ? attempt : new StatementTimer(text);
        _attempt = null;
        QueryResult result;
        try
        {
            result = run();
        }
        catch (Exception error)
        {
            Tell(timer, 0, error);
            throw;
        }
        if (_openRows is { } rows)
        {
            rows.TellTime(timer);
        }
        else
        {
            Tell(timer, result.RowCount, null);
        }
        return result;
    }

    private void Timed(string text, Action run)
    {
        var timer = new StatementTimer(text);
        try
        {
            run();
        }
        catch (Exception error)
        {
            Tell(timer, 0, error);
            throw;
        }
        Tell(timer, 0, null);
    }

    private void Tell(StatementTimer timer, long rowCount, Exception? error)
    {
        long limit = _settings.SlowStatementMs;
        TimeSpan duration = timer.Elapsed;
        if (limit < 0 || duration.TotalMilliseconds < limit || _isTelling)
        {
            return;
        }
        _isTelling = true;
        try
        {
            _database.NoteSlowStatement(new SlowStatement
            {
                Text = timer.Text, Duration = duration, RowCount = rowCount, ProcessId = ProcessId, ApplicationName = _settings.ApplicationName,
                SqlState = error is null ? null : (error as PhantomDbException)?.SqlState ?? Errors.SqlStates.InternalError,
            });
        }
        finally
        {
            _isTelling = false;
        }
    }
}
