using System.Globalization;

namespace PhantomDb.Fuzz.Transactions;

/// <summary>Some sessions that run transactions at random over a database of their own, until each has run its share.</summary>
public sealed class Round(Random seeds) : IDisposable
{
    public const int ThreadCount = 4;
    public const int TransactionCount = 400;

    private int _committed;
    private int _refused;
    private string _problem = "";

    public Database Database { get; } = Database.CreateInMemory();

    public int Committed => _committed;

    public int Refused => _refused;

    /// <summary>The first promise that was seen broken.</summary>
    public string Problem => _problem;

    public Random Random { get; } = new(seeds.Next());

    public void Prepare(params string[] statements)
    {
        using Session session = Database.OpenSession();
        Array.ForEach(statements, statement => Execute(session, statement));
    }

    /// <summary>Runs transactions on all threads; what is given makes each thread's own.</summary>
    public void Run(Func<Session, Random, Action> newWorker)
    {
        Exception? failure = null;
        Thread[] threads = [.. Enumerable.Range(0, ThreadCount).Select(_ => seeds.Next()).Select(threadSeed => new Thread(() =>
        {
            try
            {
                using Session session = Database.OpenSession();
                Execute(session, "SET lock_timeout = '60s'");   // nobody has to wait so long: a lost wake-up is an error, not the end
                Action transaction = newWorker(session, new Random(threadSeed));
                for (int i = 0; i < TransactionCount / ThreadCount && _problem.Length == 0; i++)
                {
                    transaction();
                }
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref failure, exception, null);
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        if (failure is not null)
        {
            throw new InvalidOperationException(failure.Message, failure);
        }
    }

    public void Check(bool isKept, string problem)
    {
        if (!isKept)
        {
            Interlocked.CompareExchange(ref _problem, problem, "");
        }
    }

    /// <summary>True where it committed; false where others made it fail, as they may: <paramref name="states"/> are added to the usual ones.</summary>
    public bool InTransaction(Session session, string level, Action work, params string[] states)
    {
        try
        {
            Execute(session, $"BEGIN ISOLATION LEVEL {level}");
            work();
            Execute(session, "COMMIT");
            Interlocked.Increment(ref _committed);
            return true;
        }
        catch (PhantomDbException failure) when (failure.SqlState is "40001" or "40P01" or "23505" or "23503" || states.Contains(failure.SqlState))
        {
            if (session.IsInTransaction)
            {
                Execute(session, "ROLLBACK");
            }
            Interlocked.Increment(ref _refused);
            return false;
        }
    }

    public void CountCommitted() => Interlocked.Increment(ref _committed);

    public static void Execute(Session session, string sql) => session.Execute(sql).Dispose();

    public static long Number(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        return result.Read() && !result.IsNull(0) ? long.Parse(result.GetText(0), CultureInfo.InvariantCulture) : -1;
    }

    public long Last(string sql)
    {
        using Session session = Database.OpenSession();
        return Number(session, sql);
    }

    public void Dispose() => Database.Dispose();
}
