using System.IO.Compression;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>TPC-H at scale 0.1: loaded by COPY, and all 22 queries give PostgreSQL's answers.</summary>
[TestClass]
public sealed class TpchTests
{
    private static readonly string[] Tables = ["region", "nation", "supplier", "part", "partsupp", "customer", "orders", "lineitem"];

    [TestMethod]
    public void All_queries_give_the_answers_of_PostgreSQL()
    {
        string folder = RepositoryPaths.SharedOrSkip("datasets/tpch-sf0.1");
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        foreach (QueryResult result in session.ExecuteScript(File.ReadAllText(Path.Combine(folder, "schema.sql"))))
        {
            Assert.AreEqual("CREATE TABLE", result.CommandTag);
        }
        foreach (string table in Tables)
        {
            session.CopyInput = WithoutTrailingSeparators(Path.Combine(folder, table + ".tbl.gz"));
            using QueryResult copied = session.Execute($"COPY {table} FROM STDIN WITH (DELIMITER '|')");
            StringAssert.StartsWith(copied.CommandTag, "COPY ");
        }
        List<string> wrong = [];
        for (int query = 1; query <= 22; query++)
        {
            string sql = File.ReadAllText(Path.Combine(folder, $"queries/q{query:00}.sql"));
            string[] expected = [.. File.ReadAllLines(Path.Combine(folder, $"answers/q{query:00}.csv")).Skip(1)];
            session.CopyOutput = new MemoryStream();
            using QueryResult copied = session.Execute($"COPY ({sql.Trim().TrimEnd(';')}) TO STDOUT WITH (FORMAT csv)");
            string[] actual = Encoding.UTF8.GetString(((MemoryStream)session.CopyOutput).ToArray()).TrimEnd('\n').Split('\n');
            if (!expected.SequenceEqual(actual))
            {
                int line = Enumerable.Range(0, Math.Max(expected.Length, actual.Length))
                    .First(i => expected.ElementAtOrDefault(i) != actual.ElementAtOrDefault(i));
                wrong.Add($"q{query:00}, row {line + 1}: expected {expected.ElementAtOrDefault(line)}, got {actual.ElementAtOrDefault(line)}");
            }
        }
        Assert.AreEqual("", string.Join('\n', wrong));
    }

    // dbgen ends each line in a separator, which COPY refuses.
    private static MemoryStream WithoutTrailingSeparators(string path)
    {
        using GZipStream file = new(File.OpenRead(path), CompressionMode.Decompress);
        MemoryStream all = new();
        file.CopyTo(all);
        byte[] bytes = all.GetBuffer();
        int kept = 0;
        for (int i = 0; i < all.Length; i++)
        {
            if (bytes[i] != '|' || i + 1 == all.Length || bytes[i + 1] != '\n')
            {
                bytes[kept++] = bytes[i];
            }
        }
        return new MemoryStream(bytes, 0, kept);
    }
}
