using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

[TestClass]
public sealed class LogDocumentationTests
{
    [TestMethod]
    public void T16_the_example_in_the_documentation_is_read_and_would_be_written_the_same()
    {
        string text = File.ReadAllText(RepositoryPaths.InRepository("docs", "file-formats.md"));
        byte[] example = Encoding.UTF8.GetBytes(text.Split("```phantomdb-log\n")[1].Split("```")[0]);

        (LogSegmentReport report, List<string> records) = LogSegmentText.Read(example, new LogReaderOptions { IsSealed = true });
        Assert.AreEqual(LogVerdict.Clean, report.Verdict, report.Fault?.ToString());
        CollectionAssert.AreEqual(
            new[]
            {
                "1201|1/2|TABLE|users|COLUMNS:id:int,name:string,note:string|CONSTRAINT:users_pkey PRIMARY KEY (id)",
                "1202|2/2|INSERT|users|2|Jane Smith|NULL",
                "1203|1/2|UPDATE|users|1|John|>|>>|1|Smith, John|two\nlines",
                "1204|2/2|DELETE|users|2|Jane Smith|",
                "1205|1/1|MAINTENANCE||user=admin|action=maintenance",
                "1206|1/1|SYNC|",
            },
            records);
        Assert.AreEqual(Encoding.UTF8.GetString(Example()), Encoding.UTF8.GetString(example));
    }

    private static byte[] Example()
    {
        var segment = new LogSegmentText(firstLsn: 1201) { Time = new DateTime(2026, 11, 21, 12, 0, 3, DateTimeKind.Utc) };
        var batch = new LogBatch();
        Add(batch, LogOperation.Table, "users", "COLUMNS:id:int,name:string,note:string", "CONSTRAINT:users_pkey PRIMARY KEY (id)");
        Add(batch, LogOperation.Insert, "users", "2", "Jane Smith", null);
        segment.Write(batch, 4711).Flush();
        batch.Clear();
        batch.Begin(LogOperation.Update, "users"u8);
        batch.Cell("1"u8);
        batch.Cell("John"u8);
        batch.Cell(">"u8);
        batch.Mark();
        batch.Cell("1"u8);
        batch.Cell("Smith, John"u8);
        batch.Cell("two\nlines"u8);
        batch.End();
        Add(batch, LogOperation.Delete, "users", "2", "Jane Smith", "");
        segment.Write(batch, 4712);
        batch.Clear();
        batch.Begin("MAINTENANCE"u8, []);
        batch.Cell("user=admin"u8);
        batch.Cell("action=maintenance"u8);
        batch.End();
        segment.Write(batch, 4713).Flush();
        batch.Clear();
        Add(batch, LogOperation.Sync, "");
        return segment.Write(batch, 4714).Sealed();
    }

    private static void Add(LogBatch batch, LogOperation operation, string table, params string?[] values)
    {
        batch.Begin(operation, Encoding.UTF8.GetBytes(table));
        foreach (string? value in values)
        {
            if (value is null)
            {
                batch.Null();
            }
            else
            {
                batch.Cell(Encoding.UTF8.GetBytes(value));
            }
        }
        batch.End();
    }
}
