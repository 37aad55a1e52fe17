using System.Globalization;
using PhantomDb.Catalog;

namespace PhantomDb.Fuzz.Statements;

/// <summary>
/// What holds for a database after any history: each row is found by its keys, and the database saved and opened again
/// has the same content and the same bytes.
/// </summary>
internal static class Invariants
{
    private const int RowCountMax = 200;

    public static string? Check(Database database)
    {
        try
        {
            return CheckIndexes(database) ?? CheckFile(database);
        }
        catch (Exception error)
        {
            return $"{error.GetType().Name} after the run: {error.Message}\n{(error as PhantomDbException)?.Detail}\n{(error as PhantomDbException)?.Where}\n{error.StackTrace}";
        }
    }

    private static string? CheckIndexes(Database database)
    {
        using Session session = database.OpenSession();
        foreach (TableDefinition table in database.Catalog.Tables)
        {
            string name = SchemaWriter.QualifiedName(table);
            foreach (IndexDefinition index in table.Indexes.Where(index => !index.IsPartial && index.Columns.All(column => table.FindExpression(column.ColumnNumber) is null)))
            {
                string[] columns = [.. index.Columns.Select(column => Quote(table.Columns.First(c => c.Number == column.ColumnNumber).Name))];
                string key = string.Join(" and ", columns.Select(column => $"y.{column} = x.{column}"));
                string sql = $"select x.* from {name} as x where (select count(*) from {name} as y where {key}) = 0 and {string.Join(" and ", columns.Select(column => $"x.{column} is not null"))} limit {RowCountMax}";
                using QueryResult lost = session.Execute(sql);
                if (lost.Read())
                {
                    return $"a row of {name} is not found by the key of {index.Name}";
                }
            }
        }
        return null;
    }

    private static string? CheckFile(Database database)
    {
        string folder = Directory.CreateTempSubdirectory("phantomdb-fuzz-").FullName;
        try
        {
            string path = Path.Combine(folder, "x.db");
            database.SaveToDisk(path);
            using Database opened = Database.Open(path);
            if (Fingerprint(database) != Fingerprint(opened))
            {
                return "the database saved and opened again has other content";
            }
            string again = Path.Combine(folder, "again", "x.db");
            Directory.CreateDirectory(Path.GetDirectoryName(again)!);
            opened.SaveToDisk(again);
            return Content(path).SequenceEqual(Content(again)) ? null : "the database saved, opened and saved again has other bytes";
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Without the comments at the top, which have the time.</summary>
    private static IEnumerable<string> Content(string path) => File.ReadLines(path).Where(line => !line.StartsWith("# Generated", StringComparison.Ordinal) && !line.StartsWith("# PhantomDB Version", StringComparison.Ordinal));

    private static string Fingerprint(Database database)
    {
        using Session session = database.OpenSession();
        var text = new System.Text.StringBuilder();
        foreach (TableDefinition table in database.Catalog.Tables.OrderBy(table => table.Schema + "." + table.Name, StringComparer.Ordinal))
        {
            using QueryResult rows = session.Execute($"SELECT * FROM {SchemaWriter.QualifiedName(table)}");
            List<string> lines = [];
            while (rows.Read())
            {
                lines.Add(string.Join('|', Enumerable.Range(0, rows.Columns.Count).Select(i => rows.IsNull(i) ? "NULL" : rows.GetText(i))));
            }
            lines.Sort(StringComparer.Ordinal);
            text.Append(CultureInfo.InvariantCulture, $"{SchemaWriter.QualifiedName(table)} {string.Join(',', rows.Columns.Select(c => $"{c.Name} {c.TypeName}"))}\n").AppendJoin('\n', lines).Append('\n');
        }
        return text.ToString();
    }

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
