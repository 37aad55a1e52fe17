using System.Text;

namespace PhantomDb.SqlLogicTests;

/// <summary>
/// Writes what the database gave into a script as what is expected, for a person to review. A statement that fails becomes
/// <c>statement error SQLSTATE</c>; one that was an error and now succeeds becomes <c>statement ok</c>.
/// Comments, conditions and records for other engines stay as they are.
/// </summary>
public static class SltRecorder
{
    public static string Record(SltFile file, ISqlConnection connection, SltRunOptions options)
    {
        var output = new StringBuilder();
        var copied = 0;
        var hashThreshold = 0;
        foreach (var record in file.Records)
        {
            if (record.AppliesTo(options.Engine) == false)
            {
                continue;
            }

            if (record is SltHalt)
            {
                break;
            }

            if (record is SltHashThreshold threshold)
            {
                hashThreshold = threshold.ValueCountMax;
            }
            else if (record is SltLoad load)
            {
                RunScript(load, connection, options);
            }
            else
            {
                CopyLines(file, copied, record.Line - 1, output);
                copied = EndOf(file, record.Line);
                AppendRecorded(file, record, connection, hashThreshold, output);
            }
        }

        CopyLines(file, copied, file.Lines.Count, output);
        return output.ToString().TrimEnd('\n') + "\n";
    }

    private static void AppendRecorded(SltFile file, SltRecord record, ISqlConnection connection, int hashThreshold, StringBuilder output)
    {
        var sql = record is SltQuery q ? q.Sql : ((SltStatement)record).Sql;
        var header = file.Lines[record.Line - 1];
        SqlResult result;
        try
        {
            result = connection.Execute(sql, CancellationToken.None);
        }
        catch (SqlFailureException failure)
        {
            output.Append("statement error ").Append(failure.SqlState).Append('\n').Append(sql).Append('\n');
            return;
        }

        if (record is SltStatement { ExpectsError: true })
        {
            header = "statement ok";
        }
        else if (record is SltStatement { ExpectedCount: not null })
        {
            header = $"statement count {result.RowsAffected}";
        }

        output.Append(header).Append('\n').Append(sql).Append('\n');
        if (record is SltQuery query)
        {
            output.Append("----\n");
            var lines = ResultFormat.Lines(query, result);
            if (hashThreshold > 0 && lines.Count > hashThreshold)
            {
                lines = [ResultFormat.HashLine(lines)];
            }

            lines.ForEach(line => output.Append(line).Append('\n'));
        }
    }

    private static void RunScript(SltLoad load, ISqlConnection connection, SltRunOptions options)
    {
        var script = options.Datasets?.Find(load.Dataset)
            ?? throw new SltFormatException($"line {load.Line}: the sample database {load.Dataset} is not there");
        foreach (var statement in DatasetFolder.Statements(File.ReadAllText(script)))
        {
            connection.Execute(statement, CancellationToken.None);
        }
    }

    /// <summary>The index of the empty line that ends the record, whose first line has the number <paramref name="line"/>.</summary>
    private static int EndOf(SltFile file, int line)
    {
        var end = line - 1;
        while (end < file.Lines.Count && file.Lines[end].Length > 0)
        {
            end++;
        }

        return end;
    }

    private static void CopyLines(SltFile file, int from, int to, StringBuilder output)
    {
        for (var i = from; i < to; i++)
        {
            output.Append(file.Lines[i]).Append('\n');
        }
    }
}
