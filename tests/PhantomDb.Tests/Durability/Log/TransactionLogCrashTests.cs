using System.Text;
using PhantomDb.Durability.Log;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Tests.Durability.Log;

/// <summary>The writer on the simulated disk: a crash at every operation, and what may be left by each kind of disk.</summary>
[TestClass]
public sealed class TransactionLogCrashTests
{
    [TestMethod]
    public void T2_K6_acknowledged_commits_are_there_whatever_operation_the_crash_comes_at()
    {
        int operations = 0;
        for (int at = 0; at <= operations; at++)
        {
            var disk = new SimulatedDisk(at);
            disk.CreateFolder("/data");
            operations = Math.Max(operations, Run(disk, at == 0 ? int.MaxValue : at, out List<string> acknowledged));
            foreach (CrashProfile profile in Enum.GetValues<CrashProfile>())
            {
                SimulatedDisk left = disk.Crash(profile, at);
                List<string> rows = Recover(left, $"operation {at}, {profile}");
                Assert.IsLessThanOrEqualTo(rows.Count, acknowledged.Count, $"operation {at}, {profile}");
                CollectionAssert.AreEqual(acknowledged, rows[..acknowledged.Count], $"operation {at}, {profile}");
            }
        }
        Assert.IsGreaterThan(50, operations);
    }

    private static int Run(SimulatedDisk disk, int crashAt, out List<string> acknowledged)
    {
        acknowledged = [];
        int start = disk.OperationCount;
        disk.FaultAt = crashAt == int.MaxValue ? null : start + crashAt;
        disk.Fault = DiskFault.PowerLoss;
        disk.IsFaultLasting = true;
        var log = new TransactionLog(disk, LogUnderTest.NewStart(), new TransactionLogOptions { SegmentBytes = 4096, IdleSyncMs = 3_600_000 });
        try
        {
            for (int i = 0; i < 40; i++)
            {
                log.Append("ROW", [new("n", $"{i}"), new("text", new string('x', 300))]);
                acknowledged.Add($"n={i}");
            }
        }
        catch (Exception error) when (error is PowerLossException or PhantomDbException)
        {
        }
        try
        {
            log.Close();
        }
        catch (Exception error) when (error is PowerLossException or PhantomDbException)
        {
        }
        return disk.OperationCount - start;
    }

    private static List<string> Recover(SimulatedDisk disk, string where)
    {
        List<string> rows = [];
        var segments = disk.List("/data").Where(name => name.EndsWith(".log", StringComparison.Ordinal)).Select(name => disk.Read("/data/" + name))
            .Select(bytes => (Bytes: bytes, Header: LogHeader.TryParse(bytes, out _))).Where(s => s.Header is not null)
            .GroupBy(s => s.Header).Select(names => names.MaxBy(s => s.Bytes.Length)).OrderBy(s => s.Header!.Segment).ToList();
        for (int i = 0; i < segments.Count; i++)
        {
            var reader = new LogReader("log", new MemoryStream(segments[i].Bytes), new LogReaderOptions { Counted = i + 1 < segments.Count ? segments[i + 1].Header!.Predecessor : null });
            while (reader.Read())
            {
                if (reader.OperationName.SequenceEqual("ROW"u8))
                {
                    rows.Add(Encoding.UTF8.GetString(reader.Value(0)));
                }
            }
            Assert.IsTrue(reader.Report.Verdict == LogVerdict.Clean || (i + 1 == segments.Count && reader.Report.Verdict is LogVerdict.Torn or LogVerdict.Doubtful),
                $"{where}: {reader.Report.Verdict} {reader.Report.Fault} {reader.Report.Proof}");
        }
        return rows;
    }
}
