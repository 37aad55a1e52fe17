using System.Diagnostics;
using PhantomDb.Fuzz.Running;

namespace PhantomDb.Fuzz.Memory;

/// <summary>
/// Statements that want ten times the memory that they may have: 53200, the process's memory within a small multiple of
/// the limit, the account back to where it was, and the database as it was. Nothing here is random.
/// </summary>
public sealed class MemoryFuzzer(long limit, Journal journal)
{
    public const long DefaultLimit = 64L << 20;

    private const string OutOfMemory = "53200";
    private const int ResidentMultipleMax = 4;
    private const long ResidentSlack = 96L << 20;   // of the runtime: its heap grows before it collects
    private const int TimeoutMs = 60_000;

    private readonly List<FuzzFailure> _failures = [];
    private long _peak;

    public TimeSpan HardLimit { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>False leaves the process's memory out of the judgement: other threads of it use memory too.</summary>
    public bool ChecksResident { get; init; } = true;

    public FuzzReport Run()
    {
        MemoryCase[] cases = MemoryCase.All(limit);
        using var watchdog = new Watchdog(HardLimit);
        for (int i = 0; i < cases.Length; i++)
        {
            foreach (bool isDatabaseLimit in (bool[])[false, true])
            {
                string description = $"memory case {i}, {(isDatabaseLimit ? "MemoryLimit" : "WorkMemory")} of {limit} bytes:\n{cases[i].Sql}";
                journal.Note(description);
                watchdog.Begin(description);
                if (Check(cases[i], isDatabaseLimit) is { } problem)
                {
                    _failures.Add(new FuzzFailure(0, i, problem, description));
                }
                watchdog.End();
            }
        }
        return new FuzzReport(2 * cases.Length, _failures, ChecksResident ? $"resident at most {_peak >> 20} MB above the start, limit {limit >> 20} MB" : "resident memory not looked at");
    }

    private string? Check(MemoryCase memoryCase, bool isDatabaseLimit)
    {
        using Database database = Database.CreateInMemory(new DatabaseOptions
        {
            MemoryLimit = isDatabaseLimit ? limit : 40 * limit, WorkMemory = isDatabaseLimit ? 40 * limit : limit,
        });
        using Session session = database.OpenSession();
        session.Execute($"SET statement_timeout = {TimeoutMs}").Dispose();
        foreach (string statement in memoryCase.Setup)
        {
            session.Execute(statement).Dispose();
        }
        long rowCount = CountRows(session, memoryCase);
        long used = database.MemoryUsed;
        GC.Collect();
        long resident = Resident();
        using var sampler = new ResidentSampler(resident);
        string? state = null;
        string message = "";
        try
        {
            using QueryResult result = session.Execute(memoryCase.Sql);
            while (result.Read())
            {
            }
        }
        catch (PhantomDbException error)
        {
            state = error.SqlState;
            message = error.Message;
        }
        catch (Exception error)
        {
            return $"{error.GetType().Name}: {error.Message}\n{error.StackTrace}";
        }
        if (memoryCase.TakesStatementMemoryOnly && !isDatabaseLimit && state is null)
        {
            return null;   // a modification's rows belong to the database's account
        }
        long grown = sampler.Peak();
        _peak = Math.Max(_peak, grown);
        if (state != OutOfMemory)
        {
            return $"ended with {state ?? "success"} {message} where {OutOfMemory} must come";
        }
        if (database.MemoryUsed > used + memoryCase.KeptMax)
        {
            return $"the account has {database.MemoryUsed - used} bytes more than before";
        }
        if (CountRows(session, memoryCase) != rowCount)
        {
            return "the rows of the table are not as before";
        }
        return ChecksResident && grown > (ResidentMultipleMax * limit) + ResidentSlack ? $"the process grew by {grown} bytes, limit {limit}" : null;
    }

    private static long CountRows(Session session, MemoryCase memoryCase)
    {
        using QueryResult result = session.Execute(memoryCase.Setup.Count == 0 ? "select 0::bigint" : "select count(*) + coalesce(sum(length(s)), 0) from t");
        result.Read();
        return result.GetInt64(0);
    }

    private static long Resident()
    {
        using Process process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    /// <summary>The most memory that the process has held, looked at every few milliseconds.</summary>
    private sealed class ResidentSampler : IDisposable
    {
        private readonly long _start;
        private readonly Thread _thread;
        private volatile bool _isEnded;
        private long _peak;

        public ResidentSampler(long start)
        {
            _start = start;
            _thread = new Thread(() =>
            {
                while (!_isEnded)
                {
                    Look();
                    Thread.Sleep(5);
                }
            });
            _thread.Start();
        }

        public long Peak()
        {
            Look();
            return _peak;
        }

        public void Dispose()
        {
            _isEnded = true;
            _thread.Join();
        }

        private void Look() => _peak = Math.Max(_peak, Resident() - _start);
    }
}
