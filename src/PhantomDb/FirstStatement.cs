using PhantomDb.Execution.SystemTables;

namespace PhantomDb;

/// <summary>
/// The first statement of a process waits until parser, binder, planner and operators are compiled: a quarter of a second. That is done once, on a thread of its own,
/// while the first database is opened: by a query without a table. Nothing depends on it but the time of the first answer.
/// </summary>
internal static class FirstStatement
{
    private const string Statement = "select count(*) from (values (1)) warm (id)";

    private static int _isBegun;

    /// <summary>Begins to compile, the first time; with a single processor there is no time to be had.</summary>
    public static void Prepare()
    {
        if (Environment.ProcessorCount > 1 && Interlocked.Exchange(ref _isBegun, 1) == 0)
        {
            new Thread(Run) { IsBackground = true, Name = "PhantomDB first statement" }.Start();
        }
    }

    private static void Run()
    {
        try
        {
            using Database database = Database.CreateInMemory();
            using Session session = database.OpenSession();
            using QueryResult result = session.Execute(Statement);
            while (result.Read())
            {
                result.GetText(0);
            }
            SystemRelations.Find(SystemRelations.PgCatalog, "");   // a table's name is looked for among theirs first
        }
#pragma warning disable CA1031 // the user's own statement meets it too, if it is more than a want of memory
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
