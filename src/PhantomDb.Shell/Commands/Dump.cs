using System.Text;
using PhantomDb.Shell.Output;

namespace PhantomDb.Shell.Commands;

/// <summary>
/// Relations and all their rows as a script that makes them anew, for this shell and for psql: definitions, rows as COPY has them, then what has to wait for the rows (foreign keys, owners
/// of sequences), the sequences' positions, and views. All of one moment.
/// </summary>
internal sealed class Dump(ShellDatabase database, Action<string> copyTo)
{
    /// <param name="relations">What is dumped.</param>
    /// <param name="output">Where the script goes; <c>copyTo</c> writes rows to the same.</param>
    public void Write(IReadOnlyCollection<RelationDescription> relations, OutputSink output)
    {
        bool isOwnTransaction = !database.Session.IsInTransaction;
        if (isOwnTransaction)
        {
            database.Session.Execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").Dispose();
        }
        try
        {
            WriteScript(relations, output);
        }
        finally
        {
            if (isOwnTransaction)
            {
                database.Session.Execute("ROLLBACK").Dispose();
            }
        }
    }

    private void WriteScript(IReadOnlyCollection<RelationDescription> relations, OutputSink output)
    {
        output.Write("BEGIN;\n");
        foreach (string schema in relations.Select(relation => relation.Schema).Where(schema => schema != "public").Distinct())
        {
            output.WriteLine($"CREATE SCHEMA IF NOT EXISTS {Quoted(schema)};");
        }
        Write(relations.Where(relation => relation.Kind != RelationKind.View).SelectMany(relation => relation.CreateStatements), output);
        foreach (RelationDescription table in relations.Where(relation => relation.Kind == RelationKind.Table))
        {
            string rows = $"COPY {table.QualifiedName}{Columns(table)}";
            output.WriteLine($"{rows} FROM stdin;");
            copyTo($"{rows} TO STDOUT");
            output.Write("\\.\n");
        }
        Write(relations.SelectMany(relation => relation.LinkStatements), output);
        foreach ((string sequence, string value) in Positions(relations))
        {
            output.WriteLine($"SELECT pg_catalog.setval({sequence}, {value}, true);");
        }
        Write(relations.Where(relation => relation.Kind == RelationKind.View).SelectMany(relation => relation.CreateStatements), output);
        output.Write("COMMIT;\n");
    }

    // Those of identity columns among them, which come with their tables.
    private List<(string Sequence, string Value)> Positions(IReadOnlyCollection<RelationDescription> relations)
    {
        HashSet<(string, string)> wanted = [.. relations.Where(relation => relation.Kind == RelationKind.Sequence).Select(relation => (relation.Schema, relation.Name))];
        List<(string, string)> positions = [];
        using QueryResult rows = database.Session.Execute("SELECT schemaname, sequencename, last_value FROM pg_catalog.pg_sequences WHERE last_value IS NOT NULL ORDER BY 1, 2");
        while (rows.Read())
        {
            (string schema, string name) = (rows.GetText(0), rows.GetText(1));
            if (wanted.Contains((schema, name)))
            {
                positions.Add(($"'{$"{Quoted(schema)}.{Quoted(name)}".Replace("'", "''", StringComparison.Ordinal)}'", rows.GetText(2)));
            }
        }
        return positions;
    }

    private static string Columns(RelationDescription table) => table.Columns.Count == 0 ? "" : $" ({string.Join(", ", table.Columns.Select(column => Quoted(column.Name)))})";

    private static void Write(IEnumerable<string> statements, OutputSink output)
    {
        foreach (string statement in statements)
        {
            output.WriteLine(statement);
        }
    }

    private static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
