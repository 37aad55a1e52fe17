using System.Diagnostics;
using PhantomDb.Catalog;
using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>
/// What the storage mechanism gives by itself, without SQL: rates of points, writes and scans, how readers scale, and what
/// a writer costs them. Every answer is checked; a wrong one ends the run. Rates are per second of processor time of each
/// thread, collections included, so that neighbours on the machine disturb them less.
/// </summary>
internal sealed class MechanismWorkload(int rowCount, int runMs, TextWriter output)
{
    private const int Id = 0, Name = 1, Balance = 2, N = 3;

    private readonly DatabaseStorage _storage = new(new MemoryAccount("memory limit", long.MaxValue));
    private TransactionManager _manager = null!;
    private TableStore _table = null!;

    /// <summary>False where an answer was wrong.</summary>
    public bool Run()
    {
        _manager = new TransactionManager(_storage);
        Insert();
        Report("scan, one column, no versions", Median(() => Rate(ScanLoop(), rowsEach: true)), "rows/s");
        Report("scan, two columns, no versions", Median(() => Rate(ScanTwoLoop(), rowsEach: true)), "rows/s");
        double one = Median(() => Rate(PointLoop()));
        Report("point read by key", one, "reads/s");
        double update = Median(() => Rate(UpdateLoop()));
        Report("update by key, autocommit", update, "updates/s");
        Report("update of two rows, one transaction", Median(() => Rate(TransferLoop())), "transactions/s");

        double two = Median(() => Rate(PointLoop(), PointLoop()));
        Report("point read by key, two readers", two, "reads/s", two / one);
        double oneScan = Median(() => Rate(ScanLoop(), rowsEach: true));
        double twoScans = Median(() => Rate(true, ScanLoop(), ScanLoop()));
        Report("scan, two readers", twoScans, "rows/s", twoScans / oneScan);

        // What the machine itself takes from a reader beside a busy core: not ours to mend.
        (double readBesideBusy, _) = MedianBeside(PointLoop, BusyLoop);
        Report("point read beside a thread that computes", readBesideBusy, "reads/s", readBesideBusy / one);
        (double readBesideMemory, _) = MedianBeside(PointLoop, MemoryLoop);
        Report("point read beside a thread that writes to memory", readBesideMemory, "reads/s", readBesideMemory / one);
        (double readBeside, double writeBeside) = MedianBeside(PointLoop, UpdateLoop);
        Report("point read beside a writer", readBeside, "reads/s", readBeside / one);
        Report("  that writer", writeBeside, "updates/s", writeBeside / update);
        (double scanBesideMemory, _) = MedianBeside(ScanLoop, MemoryLoop);
        Report("scan beside a thread that writes to memory", scanBesideMemory * rowCount, "rows/s", scanBesideMemory * rowCount / oneScan);
        (double scanBeside, double writeBesideScan) = MedianBeside(ScanLoop, UpdateLoop);
        Report("scan beside a writer", scanBeside * rowCount, "rows/s", scanBeside * rowCount / oneScan);
        Report("  that writer", writeBesideScan, "updates/s", writeBesideScan / update);

        ScanWithVersions(oneScan);
        HotRow();
        return CheckSum();
    }

    private static TableDefinition Definition() => new(1, "public", "kv",
    [
        new ColumnDefinition("id", SqlType.Int64, Id) { IsNotNull = true },
        new ColumnDefinition("name", SqlType.Text, Name),
        new ColumnDefinition("balance", SqlType.Double, Balance),
        new ColumnDefinition("n", SqlType.Int32, N),
    ])
    {
        Indexes = [new IndexDefinition(2, "kv_pkey", 1, [new IndexColumn(Id, false, false)]) { IsUnique = true }],
    };

    private void Insert()
    {
        for (int round = 0; round < 2; round++)
        {
            bool random = round == 0;
            _table = _storage.NewTable(Definition());
            int[] ids = Enumerable.Range(0, rowCount).ToArray();
            if (random)
            {
                new Random(1).Shuffle(ids);
            }
            RowBuffer row = _table.NewRowBuffer();
            Transaction transaction = _manager.NewTransaction();
            TimeSpan started = Environment.CpuUsage.TotalTime;
            transaction.Begin();
            transaction.BeginWriting();
            foreach (int id in ids)
            {
                FillRow(row, id);
                transaction.Insert(_table, row);
            }
            transaction.Commit();
            Report($"insert, one transaction, {(random ? "random" : "ascending")} keys", rowCount / Seconds(started), "rows/s");
            transaction.Close();
        }
        Report("bytes a row, primary key included", (double)_table.Size / rowCount, "bytes");
        InsertAutocommit();
        Bulk();
    }

    private void InsertAutocommit()
    {
        TableStore table = _storage.NewTable(Definition());
        RowBuffer row = table.NewRowBuffer();
        Transaction transaction = _manager.NewTransaction();
        TimeSpan started = Environment.CpuUsage.TotalTime;
        for (int id = 0; id < rowCount; id++)
        {
            FillRow(row, id);
            transaction.Begin();
            transaction.BeginWriting();
            transaction.Insert(table, row);
            transaction.Commit();
        }
        Report("insert, autocommit, ascending keys", rowCount / Seconds(started), "rows/s");
        transaction.Close();
    }

    private void Bulk()
    {
        TableDefinition definition = Definition() with { Indexes = [] };
        TableStore table = _storage.NewTable(definition);
        var chunk = new DataChunk([PhysicalType.Int64, PhysicalType.String, PhysicalType.Double, PhysicalType.Int32]);
        Transaction transaction = _manager.NewTransaction();
        transaction.Begin();
        transaction.BeginWriting();
        chunk.Vectors[0].Write<long>().Fill(7);
        chunk.Vectors[1].Write<StringView>().Fill(StringView.Inline("abcdefghijkl"u8));
        chunk.Vectors[2].Write<double>().Fill(1);
        chunk.Vectors[3].Write<int>().Fill(3);
        chunk.Count = DataChunk.Capacity;
        TimeSpan started = Environment.CpuUsage.TotalTime;
        for (int i = 0; i < rowCount; i += chunk.Count)
        {
            transaction.Insert(table, chunk);
        }
        transaction.Commit();
        Report("insert of chunks, no index", rowCount / Seconds(started), "rows/s");
        var clock = Stopwatch.StartNew();
        table.Fork(new ReadTimestamps(), null);
        Report("fork of the table", clock.Elapsed.TotalMilliseconds, "ms");
        transaction.Close();
    }

    private static void FillRow(RowBuffer row, long id)
    {
        Span<byte> name = stackalloc byte[12];
        ulong random = (ulong)(id + 1) * 0x9E3779B97F4A7C15;
        for (int i = 0; i < name.Length; i++)
        {
            name[i] = (byte)('a' + ((random >> i) % 26));
        }
        row.Set(0, id);
        row.SetBytes(1, name);
        row.Set(2, 100.0);
        row.Set(3, (int)(id % 1000));
    }

    // Each loop is one thread's work: one operation (a scan: of the table) a call.
    private Func<Action> PointLoop() => () =>
    {
        var lookup = new IndexLookup(_table, _table.Indexes[0], Name, Balance, N);
        Transaction transaction = _manager.NewTransaction();
        var random = new Random(Environment.CurrentManagedThreadId);
        return () =>
        {
            long id = random.Next(rowCount);
            transaction.Begin(isReadOnly: true);
            bool isFound = lookup.TryFind(id, transaction.View, out _);
            transaction.Commit();
            if (!isFound || lookup.Row.GetInt32(2) != id % 1000)
            {
                throw new WrongAnswerException($"row {id} reads wrong");
            }
        };
    };

    private Func<Action> UpdateLoop() => () =>
    {
        var lookup = new IndexLookup(_table, _table.Indexes[0], N);
        Transaction transaction = _manager.NewTransaction();
        var values = new RowBuffer(N);
        var random = new Random(5);
        return () =>
        {
            long id = random.Next(rowCount);
            transaction.Begin();
            transaction.BeginWriting();
            lookup.TryFind(id, transaction.View, out long rowId);
            values.Set(0, lookup.Row.GetInt32(0));
            transaction.Update(_table, rowId, values);
            transaction.Commit();
        };
    };

    private Func<Action> TransferLoop() => () =>
    {
        var lookup = new IndexLookup(_table, _table.Indexes[0], Balance);
        Transaction transaction = _manager.NewTransaction();
        var values = new RowBuffer(Balance);
        var random = new Random(6);
        return () =>
        {
            transaction.Begin();
            for (int sign = -1; sign <= 1; sign += 2)
            {
                transaction.BeginWriting();
                lookup.TryFind(random.Next(rowCount), transaction.View, out long rowId);
                values.Set(0, lookup.Row.GetDouble(0) + sign);
                transaction.Update(_table, rowId, values);
            }
            transaction.Commit();
        };
    };

    private static Func<Action> BusyLoop() => () =>
    {
        ulong state = 1;
        return () =>
        {
            for (int i = 0; i < 1000; i++)
            {
                state = (state * 6364136223846793005) + 1442695040888963407;
            }
        };
    };

    // A thousand lines of 64 MB at random, each read and written: what a writer of this table does, without anything that is shared.
    private static Func<Action> MemoryLoop() => () =>
    {
        var memory = new long[8 << 20];
        var random = new Random(8);
        return () =>
        {
            for (int i = 0; i < 1000; i++)
            {
                memory[random.Next(memory.Length)]++;
            }
        };
    };

    private Func<Action> ScanLoop() => () =>
    {
        Transaction transaction = _manager.NewTransaction();
        var chunk = new DataChunk([PhysicalType.Int32]);
        long expected = Enumerable.Range(0, rowCount).Sum(id => (long)(id % 1000));
        return () =>
        {
            transaction.Begin(isReadOnly: true);
            TableScan.Worker worker = _table.Scan([N], transaction.View).NewWorker();
            long sum = 0;
            while (worker.TryNext(chunk))
            {
                sum += Sum(chunk.Vectors[0].Values<int>(), chunk.Selection, chunk.Count);
            }
            transaction.Commit();
            if (sum != expected)
            {
                throw new WrongAnswerException($"scan gives {sum}, not {expected}");
            }
        };
    };

    private Func<Action> ScanTwoLoop() => () =>
    {
        Transaction transaction = _manager.NewTransaction();
        var chunk = new DataChunk([PhysicalType.Int64, PhysicalType.Double]);
        return () =>
        {
            transaction.Begin(isReadOnly: true);
            TableScan.Worker worker = _table.Scan([Id, Balance], transaction.View).NewWorker();
            long sum = 0;
            double total = 0;
            while (worker.TryNext(chunk))
            {
                ReadOnlySpan<long> ids = chunk.Vectors[0].Values<long>();
                ReadOnlySpan<double> balances = chunk.Vectors[1].Values<double>();
                for (int i = 0; i < chunk.Count; i++)
                {
                    sum += ids[i];
                    total += balances[i];
                }
            }
            transaction.Commit();
            if (total != 100.0 * rowCount || sum != (long)rowCount * (rowCount - 1) / 2)
            {
                throw new WrongAnswerException("scan of two columns gives a wrong sum");
            }
        };
    };

    private static long Sum(ReadOnlySpan<int> values, int[]? selection, int count)
    {
        long sum = 0;
        if (selection is null)
        {
            foreach (int value in values[..count])
            {
                sum += value;
            }
            return sum;
        }
        foreach (int position in selection.AsSpan(0, count))
        {
            sum += values[position];
        }
        return sum;
    }

    // A reader that is open while one row in a hundred changes has to be shown the old values.
    private void ScanWithVersions(double withoutVersions)
    {
        Transaction reader = _manager.NewTransaction();
        reader.Begin(isReadOnly: true);
        Action update = UpdateLoop()();
        for (int i = 0; i < rowCount / 100; i++)
        {
            update();
        }
        var chunk = new DataChunk([PhysicalType.Int32]);
        double rate = Median(() => Rate(() => () =>
        {
            TableScan.Worker worker = _table.Scan([N], reader.View).NewWorker();
            long sum = 0;
            while (worker.TryNext(chunk))
            {
                sum += Sum(chunk.Vectors[0].Values<int>(), chunk.Selection, chunk.Count);
            }
        }, rowsEach: true));
        Report("scan, one column, 1 % of rows with versions", rate, "rows/s", rate / withoutVersions);
        reader.Close();
    }

    private void HotRow()
    {
        Transaction reader = _manager.NewTransaction();
        reader.Begin(isReadOnly: true);
        Transaction writer = _manager.NewTransaction();
        var values = new RowBuffer(N);
        var lookup = new IndexLookup(_table, _table.Indexes[0], N);
        long before = _table.Size;
        TimeSpan started = Environment.CpuUsage.TotalTime;
        for (int i = 0; i < rowCount; i++)
        {
            writer.Begin();
            writer.BeginWriting();
            lookup.TryFind(0, writer.View, out long rowId);
            values.Set(0, i == rowCount - 1 ? 0 : i);
            writer.Update(_table, rowId, values);
            writer.Commit();
        }
        Report("updates of one row beside an old reader", rowCount / Seconds(started), "updates/s");
        Report("  memory grown by", _table.Size - before, "bytes");
        reader.Close();
        writer.Close();
    }

    private bool CheckSum()
    {
        Action scan = ScanLoop()();
        scan();
        return true;
    }

    private double Rate(Func<Action> prepare, bool rowsEach = false) => Rate(rowsEach, prepare);

    private double Rate(Func<Action> first, Func<Action> second) => Rate(false, first, second);

    private double Rate(bool rowsEach, params Func<Action>[] prepare) =>
        Rates(prepare).Sum() * (rowsEach ? rowCount : 1);

    private double[] Rates(params Func<Action>[] prepare)
    {
        var counts = new long[prepare.Length];
        Exception? failure = null;
        TimeSpan started = default;
        using var start = new Barrier(prepare.Length, _ => started = Environment.CpuUsage.TotalTime);
        Thread[] threads = prepare.Select((make, i) => new Thread(() =>
        {
            try
            {
                Action operation = make();
                operation();
                start.SignalAndWait();
                var clock = Stopwatch.StartNew();
                long count = 0;
                int operationsAtOnce = 1;
                do
                {
                    // The clock is looked at about once a millisecond's worth of work.
                    for (int batch = operationsAtOnce; batch > 0; batch--)
                    {
                        operation();
                    }
                    count += operationsAtOnce;
                    operationsAtOnce = clock.ElapsedMilliseconds < count / 16 ? 64 : 1;
                }
                while (clock.ElapsedMilliseconds < runMs);
                counts[i] = count;
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        double cpuSeconds = (Environment.CpuUsage.TotalTime - started).TotalSeconds / prepare.Length;
        return failure is null ? counts.Select(count => count / cpuSeconds).ToArray() : throw new WrongAnswerException(failure.ToString());
    }

    private static double Seconds(TimeSpan started) => (Environment.CpuUsage.TotalTime - started).TotalSeconds;

    private static double Median(Func<double> measure) => Enumerable.Range(0, 3).Select(_ => measure()).Order().ElementAt(1);

    private (double First, double Second) MedianBeside(Func<Func<Action>> first, Func<Func<Action>> second)
    {
        double[][] rates = Enumerable.Range(0, 3).Select(_ => Rates(first(), second())).OrderBy(pair => pair[0]).ToArray();
        return (rates[1][0], rates[1][1]);
    }

    private void Report(string test, double value, string unit, double? ratio = null) =>
        output.WriteLine($"{test,-50} {value,16:N0} {unit,-14}{(ratio is null ? "" : $" {ratio:F2} times")}");
}
