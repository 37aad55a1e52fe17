using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Tests.Engine;

/// <summary>A reader that finds the log's last line written in part: somebody is writing it, or was killed there.</summary>
[TestClass]
public sealed class ReadBesideWriterTests : ToolTest
{
    [TestMethod]
    [DataRow("whole the next time", "Clean", "1|Doe, John 3|NULL")]
    [DataRow("longer each time", "Clean", "1|Doe, John 2| 3|NULL")]
    [DataRow("always the same", "Torn", "1|Doe, John 2| 3|NULL")]
    [DataRow("always the same, and nobody has it open", "Torn", "1|Doe, John 2| 3|NULL")]
    public void A_line_in_the_midst_of_being_written_is_the_end_and_one_that_a_crash_has_left_is_told(string how, string verdict, string rows)
    {
        MakeShop();
        if (!how.Contains("nobody", StringComparison.Ordinal))
        {
            File.WriteAllText(PathOf("shop.lock"), "Process: 1");
        }
        byte[] whole = File.ReadAllBytes(PathOf("shop.log"));
        int opened = 0;
        var disk = new ActiveSegmentDisk(() =>
        {
            opened++;
            File.WriteAllBytes(PathOf("shop.log"), how switch
            {
                "whole the next time" => opened > 4 ? whole : whole[..^9],
                "longer each time" => whole[..^(20 - (opened % 2))],
                _ => whole[..^9],
            });
            File.SetLastWriteTimeUtc(PathOf("shop.log"), new DateTime(2026, 11, 21, 12, 0, how == "longer each time" ? opened : 0, DateTimeKind.Utc));
        });

        using Database reader = Database.Open("shop", Options with { IsReadOnly = true, FileSystem = disk });

        Assert.AreEqual(verdict, reader.Recovery!.Verdict.ToString());
        Assert.AreEqual(verdict == "Clean", reader.Recovery.Problem is null);
        using Session session = reader.OpenSession();
        using QueryResult found = session.Execute("SELECT string_agg(id || '|' || coalesce(name, 'NULL'), ' ' ORDER BY id) FROM users");
        Assert.IsTrue(found.Read());
        Assert.AreEqual(rows, found.GetString(0));
    }

    private sealed class ActiveSegmentDisk(Action beforeOpening) : PassingDisk(PhysicalFileSystem.Instance)
    {
        public override Stream OpenRead(string path)
        {
            if (path.EndsWith("shop.log", StringComparison.Ordinal))
            {
                beforeOpening();
            }
            return base.OpenRead(path);
        }
    }
}
