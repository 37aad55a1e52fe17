using System.Diagnostics;
using System.Globalization;
using PhantomDb.Benchmarks.Engines;
using PhantomDb.Benchmarks.Engines.Redis;
using PhantomDb.Benchmarks.Engines.Sqlite;
using PhantomDb.Benchmarks.Measuring;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>
/// W5: how a database comes back. A log of single-row transactions is replayed, beside SQLite's write-ahead log and Redis's append-only file of as many; a small database answers its
/// first query; a large one's file is loaded, beside COPY. What is opened is opened by a process of its own, in which nothing is compiled
/// yet, and which ends without tidying up, so that the files stay as a crash would have left them.
/// </summary>
internal sealed class ReplayWorkload(Options options, Report report)
{
    private const string Sqlite = "sqlite", Redis = "redis", Nothing = "nothing", Shell = "sqlite3", Published = "shell";
    private const string SqliteFile = "kv.db";
    private const string CountQuery = "select count(*) from kv";
    private const int SmallRowCount = 1000;
    private const int CompiledAfter = 3;   // openings by one process

    private readonly KvTable _table = new(options.RowCount);

    public void Run()
    {
        using var folder = new DiskFolder(options.DataFolder);
        report.Guard(options, "replay", () => MeasureReplay(folder));
        report.Guard(options, "first answer", () => MeasureFirstAnswer(folder));
        report.Guard(options, "load", () => MeasureLoad(folder));
    }

    /// <summary>The child's side: opens, asks, prints the answer and how long that took, and is gone.</summary>
    public static void RunChild(Options options)
    {
        string side = options.Only[0];
        if (side == Nothing)
        {
            return;
        }

        long start = Stopwatch.GetTimestamp();
        string folder = options.DataFolder!;
        if (side == Sqlite)
        {
            NativeLibraries.EnsureSqlite();
        }

        (string answer, double seconds) = side == Sqlite
            ? Answer(SqliteConnection.Open(Path.Combine(folder, SqliteFile)), start)
            : Answer(DurablePhantom.Open(folder, SyncPolicy.Always), start);
        double again = seconds;
        for (int i = 1; i < options.RunCount && side != Sqlite; i++)
        {
            start = Stopwatch.GetTimestamp();
            again = Answer(DurablePhantom.Open(folder, SyncPolicy.Always), start).Seconds;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{answer} {seconds} {again}"));
        Console.Out.Flush();
        Process.GetCurrentProcess().Kill();
    }

    private static (string Answer, double Seconds) Answer(IConnection connection, long start) =>
        (connection.Query(CountQuery).Rows[0][0].Text, Stopwatch.GetElapsedTime(start).TotalSeconds);

    // Nothing has changed, so that its end leaves the files as they were.
    private static (string Answer, double Seconds) Answer(DurablePhantom database, long start)
    {
        using (database)
        {
            using PhantomConnection connection = database.Connect();
            return Answer(connection, start);
        }
    }

    private void MeasureReplay(DiskFolder folder)
    {
        string[] sides = [EngineFactory.Self, .. options.Peers.Contains(Sqlite) ? [Sqlite] : Array.Empty<string>(), .. options.RedisFolder is null ? Array.Empty<string>() : [Redis]];
        Dictionary<string, string> folders = sides.ToDictionary(side => side, _ => folder.New());
        WriteLog(folders[EngineFactory.Self], options.RowCount);
        if (sides.Contains(Sqlite))
        {
            WriteSqliteLog(folders[Sqlite], options.RowCount);
        }

        if (sides.Contains(Redis))
        {
            WriteRedisFile(folders[Redis], options.RowCount);
        }

        report.Begin(
            string.Create(CultureInfo.InvariantCulture, $"W5: {options.RowCount} rows, each logged by a transaction of its own: opened and counted, in a new process"),
            [.. sides.Select(side => (side, string.Create(CultureInfo.InvariantCulture, $"({FolderBytes(folders[side]) / 1e6:0} MB)")))]);
        double[][] again = [.. sides.Select(_ => new double[options.RunCount])];
        double[][] samples = Rounds.Measure(
            sides,
            options.RunCount,
            (side, run) =>
            {
                if (side == Redis)
                {
                    return again[Array.IndexOf(sides, side)][run] = LoadRedisFile(folders[side], options.RowCount);
                }

                (double seconds, again[Array.IndexOf(sides, side)][run], _) = Start(side, folders[side], options.RowCount, openings: side == Sqlite ? 1 : CompiledAfter);
                return seconds;
            },
            alternates: true);
        report.Add(new Measurement("replay", "s", Better.Smaller, sides, samples));
        report.Add(new Measurement("replay, ours compiled by now", "s", Better.Smaller, sides, again));
        report.Note("");
    }

    private void MeasureFirstAnswer(DiskFolder folder)
    {
        string shell = "/usr/bin/sqlite3";
        List<string> sides = [EngineFactory.Self];
        Dictionary<string, string> folders = new() { [EngineFactory.Self] = folder.New(), [Nothing] = folder.New() };
        WriteFile(folders[EngineFactory.Self], SmallRowCount);
        if (options.ShellPath is not null)
        {
            sides.Add(Published);
            folders[Published] = folders[EngineFactory.Self];
        }

        if (options.Peers.Contains(Sqlite))
        {
            sides.Add(Sqlite);
            folders[Sqlite] = folders[Shell] = folder.New();
            using var connection = SqliteConnection.Open(Path.Combine(folders[Sqlite], SqliteFile));
            new KvTable(SmallRowCount).Fill(connection);
            sides.AddRange(File.Exists(shell) ? [Shell] : []);
        }

        sides.Add(Nothing);
        report.Begin(
            string.Create(CultureInfo.InvariantCulture, $"W5: from the start of a process to its end, with one answer from a database of {SmallRowCount} rows"),
            [.. sides.Select(side => (side, side == Nothing ? "(the runtime alone)" : side == Shell ? "(its shell, no runtime)" : side == Published ? "(ours, compiled ahead)" : ""))]);
        double[][] samples = Rounds.Measure(
            sides,
            options.RunCount * 5,
            (side, _) => 1000 * (side == Shell ? Timed(shell, [Path.Combine(folders[side], SqliteFile), CountQuery])
                : side == Published ? Timed(options.ShellPath!, ["-d", folders[side], DurablePhantom.DatabaseName, "-c", CountQuery])
                : Start(side, folders[side], side == Nothing ? 0 : SmallRowCount).Total),
            alternates: true);
        report.Add(new Measurement("start, open, first answer", "ms", Better.Smaller, sides, samples));
        report.Note("");
    }

    private void MeasureLoad(DiskFolder folder)
    {
        string own = folder.New();
        string csv = Path.Combine(own, "kv.csv");
        WriteFile(own, options.RowCount, csv);
        string[] sides = ["file", "copy"];
        report.Begin("W5: the database's file opened, and COPY of a file with the same rows into a table in memory with the same key", [.. sides.Select(side => (side, ""))]);
        double[][] samples = Rounds.Measure(
            sides,
            options.RunCount,
            (side, _) =>
            {
                using Database memory = Database.CreateInMemory();
                using var connection = new PhantomConnection(memory.OpenSession());
                if (side == "copy")
                {
                    connection.Execute(KvTable.Create);
                }

                long start = Stopwatch.GetTimestamp();
                if (side == "copy")
                {
                    connection.Load("kv", csv);
                }
                else
                {
                    memory.LoadFromDisk(Path.Combine(own, DurablePhantom.DatabaseName + ".db"));
                }

                return options.RowCount / Stopwatch.GetElapsedTime(start).TotalSeconds;
            },
            alternates: true);
        report.Add(new Measurement("load", "rows/s", Better.Larger, sides, samples));
    }

    private void WriteLog(string folder, int rowCount)
    {
        using DurablePhantom database = DurablePhantom.Open(folder, SyncPolicy.None);
        using PhantomConnection connection = database.Connect();
        connection.Execute(KvTable.Create);
        using IStatement insert = connection.PrepareBulkInsert("kv", columnCount: 4);
        for (int id = 1; id <= rowCount; id++)
        {
            _table.BindRow(insert, id);
            insert.Run();
        }
    }

    // One frame a row, at least. The connection is left open: closing it would write the log into the file.
    private void WriteSqliteLog(string folder, int rowCount)
    {
        string made = Directory.CreateDirectory(Path.Combine(folder, "made")).FullName;
        SqliteConnection connection = SqliteConnection.Open(Path.Combine(made, SqliteFile));
        connection.Execute("pragma journal_mode = wal; pragma synchronous = off; pragma wal_autocheckpoint = 0");
        connection.Execute(KvTable.Create);
        using (IStatement insert = connection.PrepareBulkInsert("kv", columnCount: 4))
        {
            for (int id = 1; id <= rowCount; id++)
            {
                _table.BindRow(insert, id);
                insert.Run();
            }
        }

        foreach (string suffix in (string[])["", "-wal"])
        {
            File.Move(Path.Combine(made, SqliteFile + suffix), Path.Combine(folder, SqliteFile + suffix));
        }
    }

    // Without its rewriting: a command a row.
    private void WriteRedisFile(string folder, int rowCount)
    {
        using var server = new RedisServer(options.RedisFolder!, folder);
        server.Feed(stream =>
        {
            using var rows = new RedisRows(stream);
            for (int id = 1; id <= rowCount; id++)
            {
                _table.BindRow(rows, id);
                rows.Run();
            }
        });
    }

    private double LoadRedisFile(string folder, int rowCount)
    {
        using var server = new RedisServer(options.RedisFolder!, folder);
        return server.RowCount == rowCount ? server.LoadSeconds : throw new WrongAnswerException($"{Redis} has {server.RowCount} rows, not {rowCount}");
    }

    private static void WriteFile(string folder, int rowCount, string? csv = null)
    {
        using Database database = Database.Open(DurablePhantom.DatabaseName, new DatabaseOptions { DataDirectory = folder, SyncPolicy = SyncPolicy.None, SnapshotEnabled = false });
        using (var connection = new PhantomConnection(database.OpenSession()))
        {
            new KvTable(rowCount).Fill(connection);
            if (csv is not null)
            {
                connection.Save("kv", csv);
            }
        }

        database.SaveToDisk();
    }

    private static (double Seconds, double Again, double Total) Start(string side, string folder, int rowCount, int openings = 1)
    {
        (string answer, double seconds, double again, double total) = AskChild(side, folder, openings);
        return rowCount == 0 || answer == rowCount.ToString(CultureInfo.InvariantCulture)
            ? (seconds, again, total)
            : throw new WrongAnswerException($"{side} has {answer} rows, not {rowCount}");
    }

    private static (string Answer, double Seconds, double Again, double Total) AskChild(string side, string folder, int openings)
    {
        string program = Environment.ProcessPath!;
        List<string> arguments = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [Path.Combine(AppContext.BaseDirectory, "PhantomDb.Benchmarks.dll")] : [];
        arguments.AddRange([Options.ReplayChildCommand, "--only", side, "--data", folder, "--runs", openings.ToString(CultureInfo.InvariantCulture)]);
        File.Delete(Path.Combine(folder, SqliteFile + "-shm"));   // of the connection before, which would know the log already
        double total = Timed(program, arguments, out string output);
        string[] parts = output.Split(' ');
        return parts.Length < 3
            ? ("", 0, 0, total)
            : (parts[0], double.Parse(parts[1], CultureInfo.InvariantCulture), double.Parse(parts[2], CultureInfo.InvariantCulture), total);
    }

    private static double Timed(string program, IEnumerable<string> arguments) => Timed(program, arguments, out _);

    private static double Timed(string program, IEnumerable<string> arguments, out string output)
    {
        var info = new ProcessStartInfo(program) { RedirectStandardOutput = true };
        arguments.ToList().ForEach(info.ArgumentList.Add);
        long start = Stopwatch.GetTimestamp();
        using Process process = Process.Start(info) ?? throw new EngineUnavailableException($"cannot start {program}");
        output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static long FolderBytes(string folder) => new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
}
