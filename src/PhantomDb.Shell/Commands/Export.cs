using PhantomDb.Shell.Output;

namespace PhantomDb.Shell.Commands;

/// <summary>A query's rows to a file, which has its name only when it has all of them, and on the disk.</summary>
internal static class Export
{
    private const string Savepoint = "phantomdb_export";

    /// <summary>How a file is written, as its ending says.</summary>
    public static OutputMode ModeOf(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".csv" => OutputMode.Csv,
        ".tsv" => OutputMode.Tsv,
        ".json" => OutputMode.Json,
        ".jsonl" => OutputMode.JsonLines,
        ".md" => OutputMode.Markdown,
        ".sql" => OutputMode.Insert,
        var other => throw new PhantomDbException("22023", $".export does not know what \"{other}\" is") { Hint = "One of .csv, .tsv, .json, .jsonl, .md, .sql." },
    };

    /// <summary>The number of rows. A statement that changes something too (DELETE … RETURNING) takes effect only when the file is there.</summary>
    /// <param name="session">Runs the query.</param>
    /// <param name="query">Gives the rows.</param>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="table">Into which mode insert inserts.</param>
    public static long Write(Session session, string query, string path, string table)
    {
        OutputMode mode = ModeOf(path);
        path = ShellFiles.Target(path);
        string partial = path + ".partial";
        FileStream file = ShellFiles.OpenWrite(partial);   // first: where it cannot be, nothing runs
        bool isOwn = !session.IsInTransaction, hasBegun = false, isDone = false;
        try
        {
            ShellFiles.TakePermissions(from: path, to: partial);
            session.Execute(isOwn ? "BEGIN" : $"SAVEPOINT {Savepoint}").Dispose();
            hasBegun = true;
            long count = WriteRows(session, query, new OutputSink(file), mode, table, path);
            Replace(file, partial, path);
            isDone = true;   // what fails from here on is the end of the transaction: the rows are in the file, and in the table
            session.Execute(isOwn ? "COMMIT" : $"RELEASE SAVEPOINT {Savepoint}").Dispose();
            return count;
        }
        finally
        {
            file.Dispose();
            if (!isDone)
            {
                File.Delete(partial);
            }
            if (hasBegun && !isDone && session.IsInTransaction)
            {
                session.Execute(isOwn ? "ROLLBACK" : $"ROLLBACK TO SAVEPOINT {Savepoint}; RELEASE SAVEPOINT {Savepoint}").Dispose();
            }
        }
    }

    private static long WriteRows(Session session, string query, OutputSink output, OutputMode mode, string table, string path)
    {
        using QueryResult result = session.Execute(query);
        if (result.Columns.Count == 0)
        {
            throw new PhantomDbException("42601", ".export takes a table or a query, and this gives no rows") { Hint = "It has changed nothing." };
        }
        var rows = new CountedRows(new QueryRows(result));
        try
        {
            RowWriter.Create(mode, RowView.Whole, table).Write(rows, output);
            output.Flush();
        }
        catch (OutputException error)
        {
            throw Failed(path, error.InnerException!);   // no OutputException: this is not where the shell's rows go, and the shell goes on
        }
        return rows.Count;
    }

    private static void Replace(FileStream file, string partial, string path)
    {
        try
        {
            file.Flush(flushToDisk: true);
            file.Dispose();
            File.Move(partial, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Failed(path, error);
        }
    }

    private static PhantomDbException Failed(string path, Exception cause) => new("58030", $"could not write \"{path}\": {cause.Message}", cause);
}
