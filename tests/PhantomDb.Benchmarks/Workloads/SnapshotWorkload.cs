using System.Diagnostics;
using System.Globalization;
using PhantomDb.Benchmarks.Measuring;
using PhantomDb.Durability;
using PhantomDb.Durability.Snapshots;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>
/// Snapshots beside writers, on a disk, without peers: how long one takes, what memory it needs, and what it costs those who commit meanwhile. The writers go on
/// all the time; what they do beside a snapshot is compared with what they did just before and after. What costs them is shown one by one: a reader that is
/// open as long and does nothing, a snapshot whose bytes go nowhere, a snapshot.
/// </summary>
internal sealed class SnapshotWorkload(Options options, TextWriter output)
{
    private const int FillStep = 100_000;
    private const int ValueLength = 160;   // about 177 bytes a line
    private const int WarmUpMs = 3000;
    private const int SettleMs = 1000;     // versions that were kept are cleaned up
    private const int TurnMs = 100;

    private readonly int _rowCount = options.RowCount;
    private readonly int _threadCount = Math.Max(2, options.ThreadCount);
    private readonly int _windowMs = options.BudgetMs ?? 2000;

    public void Run()
    {
        foreach (SyncPolicy policy in new[] { SyncPolicy.Always, SyncPolicy.Interval })
        {
            SnapshotWrite[] writes = [.. Enum.GetValues<SnapshotWrite>().Where(write => options.Selects($"{policy} {write}"))];
            if (writes.Length > 0)
            {
                using var folder = new DiskFolder(options.DataFolder);
                using Database database = Database.Open("shop", new DatabaseOptions { DataDirectory = folder.Path, SyncPolicy = policy, SnapshotEnabled = false });
                Fill(database);
                Line($"{policy}: {_rowCount} rows, {_threadCount} writers, {options.RunCount} rounds, load {LoadNow()}");
                Alone(database);
                foreach (SnapshotWrite write in writes)
                {
                    Beside(database, write);
                }
            }
        }
    }

    private void Fill(Database database)
    {
        using Session session = database.OpenSession();
        Do(session, "CREATE TABLE item (id int PRIMARY KEY, amount int NOT NULL, name text NOT NULL)");
        Do(session, "CREATE TABLE other (id int PRIMARY KEY, name text)");
        Do(session, "INSERT INTO other SELECT i, repeat('o', 100) FROM generate_series(1, 1000) i");
        for (int first = 0; first < _rowCount; first += FillStep)
        {
            Do(session, string.Create(CultureInfo.InvariantCulture,
                $"INSERT INTO item SELECT i, i % 1000, lpad(i::text, {ValueLength}, 'x') FROM generate_series({first + 1}, {Math.Min(first + FillStep, _rowCount)}) i"));
        }
    }

    // Nobody writes: the rate, the memory, and another one of the same content.
    private void Alone(Database database)
    {
        database.CreateSnapshot();   // compiles it
        using (Session session = database.OpenSession())
        {
            Do(session, "UPDATE item SET amount = amount WHERE id = 1");   // so that it is not copied
        }
        GC.Collect();
        SnapshotInfo first = null!;
        string memory = MemoryDuring(() => first = database.CreateSnapshot());
        SnapshotInfo second = database.CreateSnapshot();
        double ms = first.Duration!.Value.TotalMilliseconds;
        Line($"  alone: {first.Bytes / 1e6:0} MB in {ms:0} ms ({first.Bytes / 1e3 / ms:0} MB/s), {memory}; unchanged, copied: {second.Duration!.Value.TotalMilliseconds:0} ms");
    }

    private void Beside(Database database, SnapshotWrite write)
    {
        List<double> readerShares = [], dryShares = [], shares = [], turnShares = [], tailsAlone = [], tails = [];
        using var writers = new SnapshotWriters(database, write, _rowCount, _threadCount);
        writers.During(() => Thread.Sleep(WarmUpMs));
        SnapshotWriters.Figures before = Nothing();
        TimeSpan duration = TimeSpan.FromMilliseconds(_windowMs);
        for (int round = 0; round < options.RunCount; round++)
        {
            readerShares.Add(Compare("reader", () => WithReader(database, duration)).Share);
            dryShares.Add(Compare("no disk", () => WriteNowhere(database)).Share);
            var (share, with, without) = Compare("snapshot", () =>
            {
                SnapshotInfo taken = null!;
                string memory = MemoryDuring(() => taken = database.CreateSnapshot());
                duration = taken.Duration!.Value;
                return $"; {taken.Bytes / 1e6:0} MB in {duration.TotalSeconds:0.0} s, {memory}";
            });
            shares.Add(share);
            turnShares.Add(InTurns(database, writers));
            tails.Add(with);
            tailsAlone.Add(without);
        }
        Line($"  {write}: writers keep {Percent(shares)} of their rate; 99.9 % of commits within {Measurement.MedianOf(tails):0.0} ms (most {tails.Max():0.0}), alone {Measurement.MedianOf(tailsAlone):0.0} ms");
        Line($"  {write}: beside an idle reader they keep {Percent(readerShares)}, beside a snapshot that is written nowhere {Percent(dryShares)}; in turns of {TurnMs} ms with a snapshot that pauses {Percent(turnShares)}; load {LoadNow()}");

        SnapshotWriters.Figures Nothing()
        {
            writers.During(() => Thread.Sleep(SettleMs));
            return writers.During(() => Thread.Sleep(_windowMs));
        }

        // Between two windows in which there is nothing else.
        (double Share, double With, double Without) Compare(string company, Func<string> work)
        {
            string more = "";
            SnapshotWriters.Figures with = writers.During(() => more = work());
            SnapshotWriters.Figures after = Nothing();
            double alone = (before.Rate + after.Rate) / 2;
            Line($"    {write} beside {company,-8} {with.Rate:0}/s of {before.Rate:0} and {after.Rate:0}: {100 * with.Rate / alone:0} %; processor {with.CpuMicroseconds:0.00} us a commit (alone {after.CpuMicroseconds:0.00}), collector {100 * with.StoppedShare:0.0} % (alone {100 * after.StoppedShare:0.0}); ms at 50 % {with.Ms(0.5):0.000}, 99 % {with.Ms(0.99):0.00}, 99.9 % {with.Ms(0.999):0.00} (alone {after.Ms(0.999):0.00}), most {with.MsMax:0.0} (alone {after.MsMax:0.0}){more}");
            double tailWithout = Math.Min(before.Ms(0.999), after.Ms(0.999));
            before = after;
            return (with.Rate / alone, with.Ms(0.999), tailWithout);
        }
    }

    // The same file as a snapshot's, written, flushed and read back at the same pace, but that it pauses every other turn. The reader stays.
    private double InTurns(Database database, SnapshotWriters writers)
    {
        string path = Path.Combine(database.Options.DataDirectory, "turns");
        long began = ThreadTime();
        long used = 0;
        (double working, double pausing) = writers.InTurns(TurnMs, step =>
        {
            using ISnapshotView view = database.ReadCommitted();
            var pace = new SnapshotPace(database.Persistence!.Log, () => { });
            var header = new FileHeader("turns", DateTime.UtcNow, view.Content.Id, view.Content.Timeline, view.Content.Lsn);
            var how = new DatabaseFileOptions { AfterPiece = Step };
            WrittenFile written = DatabaseFileWriter.WriteFile(view.Content, header, how, PhysicalFileSystem.Instance, path);
            DatabaseFileWriter.CheckWritten(PhysicalFileSystem.Instance, path, header, how, written.Seal);
            used = ThreadTime() - began;

            void Step()
            {
                pace.AfterPiece();
                if (step())
                {
                    pace = new SnapshotPace(database.Persistence!.Log, () => { });   // a pause is no work
                }
            }
        });
        long length = new FileInfo(path).Length;
        File.Delete(path);
        Line($"    in turns: {working:0}/s while it works, {pausing:0} while it pauses: {100 * working / pausing:0} %; {length / 1e6:0} MB took {used / 1e6:0} ms of a processor");
        return working / pausing;
    }

    // Nanoseconds that this thread has run; 0 where the system does not tell.
    private static long ThreadTime()
    {
        const string Path = "/proc/thread-self/schedstat";
        return File.Exists(Path) ? long.Parse(File.ReadAllText(Path).Split(' ')[0], CultureInfo.InvariantCulture) : 0;
    }

    private static string WithReader(Database database, TimeSpan duration)
    {
        using Session reader = database.OpenSession();
        Do(reader, "BEGIN ISOLATION LEVEL REPEATABLE READ");
        Do(reader, "SELECT count(*) FROM other");
        Thread.Sleep(duration);
        return "";
    }

    // All that a snapshot does but for the disk.
    private static string WriteNowhere(Database database)
    {
        long from = Stopwatch.GetTimestamp();
        using ISnapshotView view = database.ReadCommitted();
        var pace = new SnapshotPace(database.Persistence!.Log, () => { });
        using var file = new PacedFile(new NoFile(), pace.AfterPiece);
        var target = new FileOutput(file);
        new SectionWriter(view.Content, target, isSealed: true).WriteAll();
        target.FlushBuffer();
        return string.Create(CultureInfo.InvariantCulture, $"; {Stopwatch.GetElapsedTime(from).TotalSeconds:0.0} s");
    }

    private sealed class NoFile : IWritableFile
    {
        public long Length { get; private set; }

        public void Append(ReadOnlySpan<byte> bytes) => Length += bytes.Length;

        public int Read(long offset, Span<byte> target) => throw new NotSupportedException();

        public bool IsAt(string path) => true;

        public void TruncateTo(long length) => Length = length;

        public void Flush()
        {
        }

        public void Dispose()
        {
        }
    }

    // What is most in use meanwhile, beyond what was before: with what the writers' commits leave behind.
    private static string MemoryDuring(Action work)
    {
        using Process process = Process.GetCurrentProcess();
        long before = process.WorkingSet64, most = before;
        long managedBefore = GC.GetTotalMemory(false), managedMost = managedBefore;
        bool isOver = false;
        var watch = new Thread(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                process.Refresh();
                most = Math.Max(most, process.WorkingSet64);
                managedMost = Math.Max(managedMost, GC.GetTotalMemory(false));
                Thread.Sleep(20);
            }
        });
        watch.Start();
        try
        {
            work();
        }
        finally
        {
            Volatile.Write(ref isOver, true);
            watch.Join();
        }
        return string.Create(CultureInfo.InvariantCulture, $"memory +{(most - before) / 1e6:0} MB resident, +{(managedMost - managedBefore) / 1e6:0} MB managed");
    }

    private static string LoadNow() => OperatingSystem.IsLinux() ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";

    private static string Percent(List<double> shares) =>
        string.Create(CultureInfo.InvariantCulture, $"{100 * Measurement.MedianOf(shares):0} % ({100 * shares.Min():0} to {100 * shares.Max():0})");

    private static void Do(Session session, string sql) => session.Execute(sql).Dispose();

    private void Line(FormattableString text) => output.WriteLine(FormattableString.Invariant(text));
}
