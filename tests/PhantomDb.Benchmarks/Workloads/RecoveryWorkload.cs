using System.Diagnostics;
using System.Globalization;
using System.Text;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Storage;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>Replay of a log in memory, on one thread: transactions of one row each, verified, parsed and applied.</summary>
internal static class RecoveryWorkload
{
    private const string Table = "TABLE,users,\"COLUMNS:id:int,name:string,\"\"balance:numeric(12,2)\"\"\"";
    private const string Key = ",CONSTRAINT:users_pkey PRIMARY KEY (id)";

    public static bool Run(int rowCount, int runCount, TextWriter output)
    {
        bool isRight = true;
        for (int run = 0; run < runCount; run++)
        {
            output.WriteLine($"run {run + 1} of {runCount}");
            isRight &= RunOnce(Table + Key, rowCount, "with a primary key", output);
            isRight &= RunOnce(Table, rowCount, "without a key", output);
        }
        return isRight;
    }

    private static bool RunOnce(string definition, int rowCount, string kind, TextWriter output)
    {
        var loaded = new LoadedDatabase(Catalog.DatabaseCatalog.Empty, new DatabaseStorage());
        var applier = new LogApplier(loaded, LoadTarget.New, PhysicalFileSystem.Instance);
        long lsn = 1;
        Replay(applier, Segment([definition], ref lsn));
        Measure("inserts", Segment(Enumerable.Range(0, rowCount).Select(i => Text($"INSERT,users,{Shuffled(i)},name {Shuffled(i)},{i % 1000}.50")), ref lsn));
        Measure("updates", Segment(Enumerable.Range(0, rowCount).Select(i => Text($"UPDATE,users,{Shuffled(i)},name {Shuffled(i)},{i % 1000}.50,>,{Shuffled(i)},name {Shuffled(i)},{i % 1000}.75")), ref lsn));
        Measure("deletes", Segment(Enumerable.Range(0, rowCount).Select(i => Text($"DELETE,users,{Shuffled(i)},name {Shuffled(i)},{i % 1000}.75")), ref lsn));
        LoadedDatabase finished = applier.Finish();
        return finished.Storage.GetTable(finished.Catalog.FindTable("public", "users")!.Oid).RowCount == 0;

        long Shuffled(long i) => i * 7919 % rowCount;

        void Measure(string what, (byte[] Bytes, int Length) segment)
        {
            long start = Stopwatch.GetTimestamp();
            Replay(applier, segment);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            output.WriteLine($"  {what} {kind}: {seconds:F2} s, {rowCount / seconds / 1e6:F2} million records/s");
        }
    }

    private static void Replay(LogApplier applier, (byte[] Bytes, int Length) segment)
    {
        var reader = new LogReader("memory", new MemoryStream(segment.Bytes, 0, segment.Length));
        while (reader.Read())
        {
            applier.Apply(reader, "memory");
        }
        applier.Flush("memory", reader.End);
        if (reader.Report.Verdict != LogVerdict.Clean)
        {
            throw reader.Report.ToError();
        }
    }

    private static (byte[] Bytes, int Length) Segment(IEnumerable<string> bodies, ref long lsn)
    {
        var header = new LogHeader("shop", Guid.Empty, 1, 1, lsn, 1, long.MaxValue, null);
        byte[] bytes = new byte[1 << 16];
        header.ToBytes().CopyTo(bytes, 0);
        int length = header.ToBytes().Length;
        var encoder = new LogEncoder(1);
        foreach (string body in bodies)
        {
            if (bytes.Length - length < 1024)
            {
                Array.Resize(ref bytes, bytes.Length * 2);
            }
            encoder.BeginTransaction(DateTime.UnixEpoch, lsn, 1);
            length += encoder.Encode(lsn++, 1, 1, Encoding.UTF8.GetBytes(body), bytes.AsSpan(length));
        }
        return (bytes, length);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
