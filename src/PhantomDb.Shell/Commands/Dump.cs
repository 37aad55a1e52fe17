using System.Text;
using PhantomDb.Shell.Output;

namespace PhantomDb.Shell.Commands;

/// <summary>
/// Relations and all their rows as a script that makes them anew, for this shell and for psql: definitions, rows as COPY has them, then what has to wait for the rows (foreign keys, owners
/// of sequences), the sequences' positions, and views. All of one moment.
/// </summary>
internal sealed class Dump(ShellDatabase database, Action<string> copyTo)
{
    /// <param name="schemas">Statements that make the schemas.</param>
    /// <param name="relations">What is dumped.</param>
    /// <param name="output">Where the script goes; <c>copyTo</c> writes rows to the same.</param>
    public void Write(IReadOnlyList<string> schemas, IReadOnlyCollection<RelationDescription> relations, OutputSink output)
    {
        bool isOwnTransaction = !database.Session.IsInTransaction;
        if (isOwnTransaction)
        {
            database.Session.Execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").Dispose();
        }
        try
        {
            WriteScript(schemas, relations, output);
        }
        finally
        {
            if (isOwnTransaction)
            {
                database.Session.Execute("ROLLBACK").Dispose();
            }
        }
    }

    private void WriteScript(IReadOnlyList<string> schemas, IReadOnlyCollection<RelationDescription> relations, OutputSink output)
    {
        output.Write("BEGIN;\n");
        output.Write("SET LOCAL client_encoding = 'UTF8';\nSET LOCAL standard_conforming_strings = on;\nSET LOCAL search_path = public;\n");   // what the script relies on
        Write(schemas, output);
        Write(relations.Where(relation => relation.Kind != RelationKind.View).SelectMany(relation => relation.CreateStatements), output);
        foreach (RelationDescription table in relations.Where(relation => relation.Kind == RelationKind.Table))
        {
            string columns = Columns(table);
            output.WriteLine($"COPY {table.QualifiedName}{columns} FROM stdin;");
            copyTo($"COPY {SqlName.Quote(table.Schema)}.{SqlName.Quote(table.Name)}{columns} TO STDOUT");
            output.Write("\\.\n");
        }
        Write(relations.SelectMany(relation => relation.LinkStatements), output);
        Write(relations.SelectMany(relation => relation.PositionStatements), output);
        Write(relations.Where(relation => relation.Kind == RelationKind.View).SelectMany(relation => relation.CreateStatements), output);
        output.Write("COMMIT;\n");
    }

    private static string Columns(RelationDescription table) => table.Columns.Count == 0 ? "" : $" ({string.Join(", ", table.Columns.Select(column => SqlName.Quote(column.Name)))})";

    private static void Write(IEnumerable<string> statements, OutputSink output)
    {
        foreach (string statement in statements)
        {
            output.WriteLine(statement);
        }
    }
}
