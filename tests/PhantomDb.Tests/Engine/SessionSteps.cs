using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Types;

namespace PhantomDb.Tests.Engine;

/// <summary>
/// The steps of tests with several sessions: run a statement, start one that has to wait, wait for a state to come about.
/// No outcome depends on how long anything takes: the patience ends only a test that would hang.
/// </summary>
internal static class SessionSteps
{
    internal const int PatienceMs = 30_000;

    /// <summary>The rows, or the SQLSTATE.</summary>
    internal static string Run(Session session, string sql)
    {
        try
        {
            using QueryResult result = session.Execute(sql);
            var rows = new List<string>();
            while (result.Read())
            {
                rows.Add(string.Join(',', Enumerable.Range(0, result.Columns.Count).Select(i => result.IsNull(i) ? "" : result.GetText(i))));
            }
            return string.Join(' ', rows);
        }
        catch (PhantomDbException error)
        {
            return error.SqlState;
        }
    }

    /// <summary>The rows, each with its values between bars.</summary>
    internal static string[] Rows(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        List<string> rows = [];
        while (result.Read())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, result.Columns.Count).Select(i => result.IsNull(i) ? "null" : result.GetText(i))));
        }
        return [.. rows];
    }

    /// <summary>Some parts, with bars between them, stand in a query's plan in this order.</summary>
    internal static void AssertPlan(Session session, string query, string parts)
    {
        string plan = string.Join('\n', Rows(session, "EXPLAIN (COSTS OFF) " + query));
        int place = 0;
        foreach (string part in parts.Split('|'))
        {
            int found = plan.IndexOf(part, place, StringComparison.Ordinal);
            Assert.IsGreaterThanOrEqualTo(0, found, $"no {part} in\n{plan}");
            place = found + part.Length;
        }
    }

    /// <summary>The SQLSTATE of a statement that is read to its end; nothing where all goes well.</summary>
    internal static string StateOf(Session session, string sql) => StateOf(() =>
    {
        using QueryResult result = session.Execute(sql);
        while (result.Read())
        {
        }
    });

    /// <summary>The SQLSTATE; nothing where all goes well.</summary>
    internal static string StateOf(Action action)
    {
        try
        {
            action();
            return "";
        }
        catch (PhantomDbException error)
        {
            return error.SqlState;
        }
    }

    /// <summary>Starts a statement and comes back when it waits for another session.</summary>
    internal static Task<string> RunBlocked(Session session, string sql, string place = "") => Blocked(session, () => Run(session, sql), place);

    /// <summary>Starts some work of a session and comes back when it waits for another session.</summary>
    internal static Task<T> Blocked<T>(Session session, Func<T> work, string place = "")
    {
        Task<T> task = Task.Factory.StartNew(work, TaskCreationOptions.LongRunning);
        WaitUntil(() => task.IsCompleted || IsWaiting(session));
        Assert.IsFalse(task.IsCompleted, $"{place} it did not wait: {(task.IsCompleted ? task.Result : default)}");
        return task;
    }

    internal static bool IsWaiting(Session session) =>
        session.Database.Transactions.Locks.Describe().Exists(l => !l.IsGranted && l.ProcessId == session.ProcessId);

    internal static void WaitUntil(Func<bool> isSo) =>
        Assert.IsTrue(SpinWait.SpinUntil(isSo, PatienceMs), "it does not come about");

    /// <summary>Waits until both clocks, the exact one and the one of activity, tell a later time than now.</summary>
    internal static void WaitForTheClock()
    {
        (long coarse, DateTime exact) = (CoarseClock.Now, DateTime.UtcNow);
        WaitUntil(() => CoarseClock.Now > coarse && DateTime.UtcNow > exact.AddMilliseconds(1));
    }
}
