using PhantomDb.Shell.Output;

namespace PhantomDb.Shell.Commands;

/// <summary>A query's rows to a file, which has its name only when it has all of them, and on the disk.</summary>
internal static class Export
{
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

    /// <summary>The number of rows.</summary>
    /// <param name="session">Runs the query.</param>
    /// <param name="query">Gives the rows.</param>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="table">Into which mode insert inserts.</param>
    public static long Write(Session session, string query, string path, string table)
    {
        OutputMode mode = ModeOf(path);
        using QueryResult result = session.Execute(query);
        if (result.Columns.Count == 0)
        {
            throw new PhantomDbException("42601", ".export takes a table or a query, and this gives no rows");
        }
        var rows = new CountedRows(new QueryRows(result));
        string partial = path + ".partial";
        FileStream file = ShellFiles.OpenWrite(partial);
        try
        {
            using (OutputSink output = new(file))
            {
                RowWriter.Create(mode, RowView.Whole, table).Write(rows, output);
                output.Flush();
                file.Flush(flushToDisk: true);
            }
            File.Move(partial, path, overwrite: true);
        }
        catch (Exception error) when (error is OutputException or IOException)
        {
            File.Delete(partial);
            Exception cause = error.InnerException ?? error;   // no OutputException: this is not where the shell's rows go, and the shell goes on
            throw new PhantomDbException("58030", $"could not write \"{path}\": {cause.Message}", cause);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
        return rows.Count;
    }
}
