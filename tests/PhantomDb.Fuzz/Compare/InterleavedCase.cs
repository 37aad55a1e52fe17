using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace PhantomDb.Fuzz.Compare;

/// <summary>
/// Runs steps of several sessions on both sides and compares after each what every session does: its answer, or that it waits.
/// A session waits when its server says so for longer than a deadlock takes to be found. Ends without a difference where
/// ours is one of those that docs/transactions.md tells.
/// </summary>
internal sealed class InterleavedCase : IDisposable
{
    private const int TheirWaitMs = 60;   // longer than deadlock_timeout
    private const int OurWaitMs = 15;     // ours finds a deadlock before it waits
    private const int NoAnswerMs = 10_000;

    private readonly PostgresServer _server;
    private readonly IReadOnlyList<PsqlSession> _postgres;
    private readonly Database _database = Database.CreateInMemory();
    private readonly EngineSession[] _ours;
    private readonly Task<Answer>?[] _theirTasks;
    private readonly Task<Answer>?[] _ourTasks;
    private readonly bool[] _isWaiting;
    private readonly InterleavedStep?[] _running;
    private readonly StringBuilder _script = new();
    private bool _isSerializable;
    private bool _hasManyRowsWaited;
    private bool _locksTable;
    private bool _locksChildren;   // a key may have changed that others refer to
    private bool _waitsForKey;

    public InterleavedCase(PostgresServer server, IReadOnlyList<PsqlSession> postgres, int sessionCount, IReadOnlyList<string> setup)
    {
        _server = server;
        _postgres = postgres;
        _ours = [.. Enumerable.Range(0, sessionCount).Select(_ => new EngineSession(_database))];
        _theirTasks = new Task<Answer>?[sessionCount];
        _ourTasks = new Task<Answer>?[sessionCount];
        _isWaiting = new bool[sessionCount];
        _running = new InterleavedStep?[sessionCount];
        foreach (string sql in (string[])["drop schema public cascade", "create schema public", .. setup])
        {
            postgres[0].Run(sql);
        }
        foreach (string sql in setup)
        {
            _ours[0].Run(sql);
            _script.AppendLine($"{sql};");
        }
    }

    public string Script => _script.ToString();

    /// <summary>Why the rest of the case is not compared; null: it is.</summary>
    public string? Skipped { get; private set; }

    /// <summary>Sessions that can take a step.</summary>
    public IReadOnlyList<int> Ready => [.. Enumerable.Range(0, _ours.Length).Where(session => !_isWaiting[session])];

    /// <summary>Sessions whose last statement ended in an error.</summary>
    public HashSet<int> Failed { get; } = [];

    /// <summary>What PostgreSQL did in the last step, for counting.</summary>
    public string LastOutcome { get; private set; } = "";

    /// <summary>Runs a step; that of a session which waits is left out.</summary>
    public AnswerDifference? Run(InterleavedStep step)
    {
        if (_isWaiting[step.Session] || Skipped is not null)
        {
            return null;
        }
        _isSerializable |= step.Sql.Contains("serializable", StringComparison.Ordinal);
        _locksTable |= step.Sql.StartsWith("lock table", StringComparison.Ordinal);
        _locksChildren |= step.Sql.StartsWith("delete from t", StringComparison.Ordinal) || step.Sql.StartsWith("update t set id", StringComparison.Ordinal);
        _running[step.Session] = step;
        _theirTasks[step.Session] = _postgres[step.Session].Send(step.Sql);
        Settle(_theirTasks, TheirWaitMs, session => _server.IsWaiting(_postgres[session].ProcessId));
        _ourTasks[step.Session] = _ours[step.Session].Send(step.Sql);
        Settle(_ourTasks, OurWaitMs, session => _database.GetSessions().Any(activity => activity.ProcessId == _ours[session].ProcessId && activity.IsWaiting));
        AnswerDifference? found = null;
        int waitingCount = _isWaiting.Count(isWaiting => isWaiting);
        for (int session = 0; session < _ours.Length; session++)
        {
            if (_theirTasks[session] is null && _ourTasks[session] is null)
            {
                continue;
            }
            Answer? theirs = Take(_theirTasks, session);
            Answer? ours = Take(_ourTasks, session);
            _ = theirs is { Error: not null } ? Failed.Add(session) : theirs is not null && Failed.Remove(session);
            bool isNew = !(theirs is null && ours is null && _isWaiting[session]);
            LastOutcome = session == step.Session ? theirs is null ? "waits" : theirs.SqlState ?? "success" : LastOutcome;
            if (isNew)
            {
                _script.AppendLine($"{(session == step.Session ? step.ToString() : $"{(char)('A' + session)}:")} -> {Show(theirs)}");
            }
            AnswerDifference? difference = Compare(_running[session]!, theirs, ours);
            if (difference is not null)
            {
                _script.AppendLine($"-- PhantomDB: -> {Show(ours)}");
                Skipped ??= WhyDocumented(_running[session]!, theirs, ours) ?? (session != step.Session && waitingCount > 1 && _waitsForKey ? "order of waiters" : null);
                found ??= difference;
            }
            _isWaiting[session] = theirs is null;
            _waitsForKey |= theirs is null && (_running[session]!.Sql.StartsWith("insert into t", StringComparison.Ordinal) || _running[session]!.Sql.StartsWith("update t set id", StringComparison.Ordinal) || _running[session]!.Sql.StartsWith("update t set u", StringComparison.Ordinal));
            _hasManyRowsWaited |= theirs is null && _running[session]!.IsOfManyRows;
        }
        return Skipped is null ? found : null;
    }

    /// <summary>Ends all transactions and compares what they have left.</summary>
    public AnswerDifference? Finish()
    {
        for (int round = 0; round < _ours.Length; round++)
        {
            foreach (int session in Ready)
            {
                if (Run(new InterleavedStep(session, "commit", false)) is { } difference)
                {
                    return difference;
                }
            }
        }
        return _isWaiting.Any(isWaiting => isWaiting) ? null
            : Run(new InterleavedStep(0, "select * from t order by id", false)) ?? Run(new InterleavedStep(0, "select * from c order by id", false));
    }

    public void Dispose()
    {
        foreach (EngineSession session in _ours)
        {
            session.Dispose();
        }
        _database.Dispose();
        for (int session = 0; session < _ours.Length; session++)
        {
            while (_theirTasks[session] is { } task && !task.Wait(20))
            {
                _server.Cancel(_postgres[session].ProcessId);
            }
        }
        foreach (PsqlSession session in _postgres)
        {
            session.Run("rollback");
        }
    }

    private static Answer? Take(Task<Answer>?[] tasks, int session)
    {
        if (tasks[session] is not { IsCompleted: true } task)
        {
            return null;
        }
        tasks[session] = null;
        return task.GetAwaiter().GetResult();
    }

    /// <summary>Waits until every statement that runs has ended or waits for another session.</summary>
    private static void Settle(Task<Answer>?[] tasks, int waitMs, Func<int, bool> isWaiting)
    {
        long start = Stopwatch.GetTimestamp();
        long stillSince = start;
        int runningCount = -1;
        while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < NoAnswerMs)
        {
            int[] running = [.. Enumerable.Range(0, tasks.Length).Where(i => tasks[i] is { IsCompleted: false })];
            if (running.Length == 0)
            {
                return;
            }
            if (running.Length != runningCount || !running.All(isWaiting))
            {
                runningCount = running.Length;
                stillSince = Stopwatch.GetTimestamp();
            }
            else if (Stopwatch.GetElapsedTime(stillSince).TotalMilliseconds > waitMs)
            {
                return;
            }
            Task.WaitAny([.. running.Select(i => tasks[i]!)], 2);
        }
        throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"no answer within {NoAnswerMs} ms, and nobody who is waited for"));
    }

    private static AnswerDifference? Compare(InterleavedStep step, Answer? theirs, Answer? ours)
    {
        if (theirs is null || ours is null)
        {
            return (theirs is null) == (ours is null) ? null : new AnswerDifference($"{theirs?.SqlState ?? (theirs is null ? "waits" : "goes on")} {ours?.SqlState ?? (ours is null ? "waits" : "goes on")}", "one side waits");
        }
        bool isOrdered = step.Sql.Contains("order by", StringComparison.Ordinal) && !step.Sql.Contains("order by 2", StringComparison.Ordinal);
        return AnswerComparison.Compare(new ComparedStatement(step.Sql, ExecutionMode.Text, isOrdered ? [0] : []), theirs, ours, comparesMessages: false);
    }

    private string? WhyDocumented(InterleavedStep step, Answer? theirs, Answer? ours) =>
        _isSerializable && (theirs?.SqlState == "40001" || ours?.SqlState == "40001") ? "serialization victim"
        : theirs?.SqlState == "23503" && ours is null ? "waits for a parent"
        : _locksTable && _locksChildren && (ours is null || ours.SqlState == "55P03" || theirs is null) ? "locks of referring tables"
        : _waitsForKey && (theirs?.SqlState == "40P01" || theirs is null) ? "waits for a key"
        : step.Sql.Contains("for key share", StringComparison.Ordinal) && theirs is { Error: null } && ours is { Error: null } ? "newest version for key share"
        : theirs?.SqlState == "40001" && ours is { Error: null } && step.Sql.Contains("do nothing", StringComparison.Ordinal) ? "do nothing beside a change"
        : theirs?.SqlState == "40001" && ours is { Error: null } && step.Sql.Contains(" c ", StringComparison.Ordinal) ? "parent that was locked"
        : theirs?.SqlState == "55P03" && ours is { Error: null } && step.Sql.Contains("share nowait", StringComparison.Ordinal) ? "NOWAIT beside a waiter"
        : _locksTable && ours?.SqlState == "40P01" ? "queue of table locks"
        : _hasManyRowsWaited ? "order of locks"
        : null;

    private static string Show(Answer? answer) => answer is null ? "waits" : answer.Error is { } error ? $"{error.SqlState} {error.Message}" : answer.ToString();
}
