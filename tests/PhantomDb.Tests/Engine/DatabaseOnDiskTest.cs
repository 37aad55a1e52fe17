using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>What tests of databases on a real disk share: a folder of their own, and rows as text.</summary>
public abstract class DatabaseOnDiskTest
{
    private protected string Folder { get; } = Directory.CreateTempSubdirectory("phantomdb").FullName;

    private protected DatabaseOptions Options => new() { DataDirectory = Folder };

    [TestCleanup]
    public void RemoveFolder() => Directory.Delete(Folder, recursive: true);

    // Without those that the log has.
    private protected static string[] FilesBesideLog(string folder) =>
        [.. FilesIn(folder).Where(file => !file.EndsWith(".log", StringComparison.Ordinal) && !file.Contains(".manifest", StringComparison.Ordinal))];

    private protected static string[] FilesIn(string folder) => [.. Directory.GetFiles(folder).Select(path => Path.GetFileName(path)!)];

    private protected static void Run(Database database, string sql)
    {
        using Session session = database.OpenSession();
        session.Execute(sql).Dispose();
    }

    private protected static string Rows(Database database, string sql)
    {
        using Session session = database.OpenSession();
        return Rows(session, sql);
    }

    private protected static string Rows(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        StringBuilder text = new();
        while (result.Read())
        {
            text.Append(text.Length > 0 ? "," : "");
            for (int i = 0; i < result.Columns.Count; i++)
            {
                text.Append(i > 0 ? "|" : "").Append(result.IsNull(i) ? "NULL" : result.GetText(i));
            }
        }
        return text.ToString();
    }
}
