using System.Diagnostics;
using PhantomDb.Durability.Log;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>The transaction log's format alone, in memory, on one thread: lines encoded, and read back verified.</summary>
internal static class LogFormatWorkload
{
    private const int LineCount = 2_000_000;

    public static bool Run(int runCount, TextWriter output)
    {
        bool isRight = true;
        for (int run = 0; run < runCount; run++)
        {
            output.WriteLine($"run {run + 1} of {runCount}");
            foreach (int recordCount in new[] { 1, 100 })
            {
                isRight &= RunOnce(recordCount, output);
            }
        }
        return isRight;
    }

    private static bool RunOnce(int recordCount, TextWriter output)
    {
        var header = new LogHeader("shop", Guid.NewGuid(), 1, 1, 1, 0x9c41f0aa, long.MaxValue, null);
        byte[] segment = new byte[LineCount * 160L];
        header.ToBytes().CopyTo(segment, 0);
        int length = header.ToBytes().Length;
        var batch = new LogBatch();
        var encoder = new LogEncoder(header.Salt);
        DateTime time = DateTime.UtcNow;
        string kind = recordCount == 1 ? "transactions of one line" : $"transactions of {recordCount} lines";

        long bodies = 0, lines = 0, allocated = GC.GetAllocatedBytesForCurrentThread();
        for (long lsn = 1; lsn <= LineCount; lsn += recordCount)
        {
            long start = Stopwatch.GetTimestamp();
            Fill(batch, lsn, recordCount);
            long filled = Stopwatch.GetTimestamp();
            encoder.BeginTransaction(time, lsn, recordCount);
            for (int i = 0; i < recordCount; i++)
            {
                length += encoder.Encode(lsn + i, i + 1, i + 1, batch.Body(i), segment.AsSpan(length));
            }
            bodies += filled - start;
            lines += Stopwatch.GetTimestamp() - filled;
        }
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Report(output, "bodies", kind, bodies, $"{allocated} bytes allocated in all");
        Report(output, "lines", kind, lines, $"{(double)length / LineCount:F1} bytes a line");
        Report(output, "bodies and lines", kind, bodies + lines, "");

        var reader = new LogReader("memory", new MemoryStream(segment, 0, length));
        long read = Stopwatch.GetTimestamp(), count = 0, bytes = 0;
        while (reader.Read())
        {
            count++;
            for (int i = 0; i < reader.Count; i++)
            {
                bytes += reader.Value(i).Length;
            }
        }
        read = Stopwatch.GetTimestamp() - read;
        bool isRight = count == LineCount && reader.Report.Verdict == LogVerdict.Clean;
        Report(output, "read and verified", kind, read, isRight ? $"{length / 1e6 / Seconds(read):F0} MB/s" : "WRONG");
        return isRight && bytes > 0;
    }

    private static void Fill(LogBatch batch, long lsn, int recordCount)
    {
        batch.Clear();
        Span<byte> number = stackalloc byte[20];
        for (int i = 0; i < recordCount; i++)
        {
            batch.Begin(LogOperation.Insert, "users"u8);
            (lsn + i).TryFormat(number, out int length);
            batch.Cell(number[..length]);
            batch.Cell("Jane Smith"u8);
            batch.Cell("jane@example.com"u8);
            batch.End();
        }
    }

    private static void Report(TextWriter output, string name, string kind, long ticks, string note) =>
        output.WriteLine($"  {name + ", " + kind,-48} {LineCount / Seconds(ticks) / 1e6,8:F2} million/s  {note}");

    private static double Seconds(long ticks) => (double)ticks / Stopwatch.Frequency;
}
