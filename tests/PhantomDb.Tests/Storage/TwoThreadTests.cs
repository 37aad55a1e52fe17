using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Catalog;
using PhantomDb.Storage;
using PhantomDb.Storage.Indexes;
using PhantomDb.Transactions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Tests.Storage;

/// <summary>Readers beside a writer that goes on without a pause: what a view shows is whole, and stays as it is.</summary>
[TestClass]
public sealed class TwoThreadTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromMilliseconds(400);

    [TestMethod]
    public void Scans_and_points_never_see_another_total_than_that_of_all_transfers()
    {
        const int Accounts = 5000;
        KvTable kv = Filled(Accounts, balance: 100);
        Func<Action> transfers = () =>
        {
            Transaction writer = kv.Manager.NewTransaction();
            var random = new Random(Environment.CurrentManagedThreadId);
            var values = new RowBuffer(KvTable.Balance);
            var lookup = new IndexLookup(kv.Table, kv.PrimaryKey, KvTable.Balance);
            return () =>
            {
                writer.Begin();
                int amount = random.Next(1, 50);
                try
                {
                    foreach (int sign in (ReadOnlySpan<int>)[-1, 1])
                    {
                        writer.BeginWriting();
                        Assert.IsTrue(lookup.TryFind(random.Next(Accounts), writer.View, out long rowId));
                        values.Set(0, lookup.Row.GetDouble(0) + (sign * amount));
                        writer.Update(kv.Table, rowId, values);
                    }
                }
                catch (PhantomDbException error) when (error.SqlState is "40001" or "40P01")
                {
                    writer.Rollback();   // the other writer was faster
                    return;
                }
                if (random.Next(8) == 0)
                {
                    writer.Rollback();
                }
                else
                {
                    writer.Commit();
                }
            };
        };
        RunBeside(
            transfers,
            transfers,
            () =>
            {
                Transaction reader = kv.Manager.NewTransaction();
                var chunk = new DataChunk([PhysicalType.Double]);
                var lookup = new IndexLookup(kv.Table, kv.PrimaryKey, KvTable.Balance);
                int round = 0;
                return () =>
                {
                    reader.Begin(isReadOnly: true);
                    Assert.AreEqual(Accounts * 100.0, SumByScan(kv.Table, reader.View, chunk, out int count));
                    Assert.AreEqual(Accounts, count);
                    if (++round % 8 == 0)
                    {
                        double total = 0;
                        for (int id = 0; id < Accounts; id++)
                        {
                            Assert.IsTrue(lookup.TryFind(id, reader.View, out _));
                            total += lookup.Row.GetDouble(0);
                        }
                        Assert.AreEqual(Accounts * 100.0, total);
                    }
                    reader.Commit();
                };
            });
    }

    [TestMethod]
    public void Strings_and_128_bit_values_are_never_torn()
    {
        const int Rows = 64;
        var storage = new DatabaseStorage();
        var manager = new TransactionManager(storage);
        TableStore table = storage.NewTable(new TableDefinition(1, "public", "t",
        [
            new ColumnDefinition("short", SqlType.Text, 0),
            new ColumnDefinition("long", SqlType.Text, 1),
            new ColumnDefinition("id", SqlType.Uuid, 2),
        ]));
        RowBuffer row = table.NewRowBuffer();
        Transaction filler = manager.NewTransaction();
        filler.Begin();
        filler.BeginWriting();
        for (int i = 0; i < Rows; i++)
        {
            SetAlike(row, (byte)'a', 20);
            filler.Insert(table, row);
        }
        filler.Commit();
        RunBeside(
            () =>
            {
                Transaction writer = manager.NewTransaction();
                var random = new Random(2);
                RowBuffer values = table.NewRowBuffer();
                return () =>
                {
                    writer.Begin();
                    writer.BeginWriting();
                    SetAlike(values, (byte)('a' + random.Next(26)), random.Next(13, 60));
                    writer.Update(table, random.Next(Rows), values);
                    writer.Commit();
                };
            },
            () =>
            {
                Transaction reader = manager.NewTransaction();
                RowBuffer values = table.NewRowBuffer();
                var chunk = new DataChunk([PhysicalType.String, PhysicalType.String, PhysicalType.Uuid]);
                return () =>
                {
                    reader.Begin(isReadOnly: true);
                    for (int i = 0; i < Rows; i++)
                    {
                        Assert.IsTrue(table.TryRead(i, reader.View, values));
                        AssertAlike(values.GetBytes(0), values.GetBytes(1), values.Get<UInt128>(2));
                    }
                    TableScan.Worker worker = table.Scan([0, 1, 2], reader.View).NewWorker();
                    while (worker.TryNext(chunk))
                    {
                        for (int i = 0; i < chunk.Count; i++)
                        {
                            int position = chunk.Position(i);
                            AssertAlike(
                                StringView.Bytes(in chunk.Vectors[0].Data<StringView>()[position], chunk.Vectors[0].Blocks),
                                StringView.Bytes(in chunk.Vectors[1].Data<StringView>()[position], chunk.Vectors[1].Blocks),
                                chunk.Vectors[2].Values<UInt128>()[position]);
                        }
                    }
                    reader.Commit();
                };
            });
        Assert.IsLessThan(1 << 20, table.Size, "strings of old versions are given back");
    }

    [TestMethod]
    public void Vectors_kept_from_a_scan_stay_as_they_were()
    {
        const int Rows = 6000;
        KvTable kv = Filled(Rows, balance: 1);
        RunBeside(
            () =>
            {
                Transaction writer = kv.Manager.NewTransaction();
                var random = new Random(3);
                var values = new RowBuffer(KvTable.Balance);
                return () =>
                {
                    writer.Begin();
                    writer.BeginWriting();
                    for (int i = 0; i < 20; i++)
                    {
                        long rowId = random.Next(Rows);
                        values.Set(0, random.NextDouble());
                        writer.Update(kv.Table, rowId, values);
                    }
                    writer.Delete(kv.Table, kv.Insert(writer, Rows, "new", 3, 3));
                    writer.Rollback();
                    writer.Begin();
                    writer.BeginWriting();
                    values.Set(0, random.NextDouble());
                    writer.Update(kv.Table, random.Next(Rows), values);
                    writer.Commit();
                };
            },
            () =>
            {
                Transaction reader = kv.Manager.NewTransaction();
                var kept = new Queue<(double[] Data, int[]? Selection, int Count, double Sum)>();
                return () =>
                {
                    reader.Begin(isReadOnly: true);
                    TableScan.Worker worker = kv.Table.Scan([KvTable.Balance], reader.View).NewWorker();
                    var chunk = new DataChunk([PhysicalType.Double]);
                    while (worker.TryNext(chunk))
                    {
                        double[] data = chunk.Vectors[0].Data<double>();
                        int[]? selection = chunk.Selection?.ToArray();
                        kept.Enqueue((data, selection, chunk.Count, Sum(data, selection, chunk.Count)));
                    }
                    reader.Commit();
                    while (kept.Count > 60)
                    {
                        (double[] data, int[]? selection, int count, double sum) = kept.Dequeue();
                        Assert.AreEqual(sum, Sum(data, selection, count));
                    }
                };
            });
    }

    [TestMethod]
    public void Rows_that_move_are_seen_once_by_scans_and_by_both_indexes()
    {
        const int Rows = 500;
        KvTable kv = Filled(Rows, balance: 1);
        RunBeside(
            () =>
            {
                Transaction writer = kv.Manager.NewTransaction();
                var random = new Random(4);
                var values = new RowBuffer(KvTable.N);
                var lookup = new IndexLookup(kv.Table, kv.PrimaryKey);
                return () =>
                {
                    writer.Begin();
                    writer.BeginWriting();
                    long id = random.Next(Rows);
                    Assert.IsTrue(lookup.TryFind(id, writer.View, out long rowId));
                    if (random.Next(2) == 0)
                    {
                        writer.Delete(kv.Table, rowId);
                        kv.Insert(writer, id, "again", 1, random.Next(100));
                    }
                    else
                    {
                        values.Set(0, random.Next(100));
                        writer.Update(kv.Table, rowId, values);
                    }
                    writer.Commit();
                };
            },
            () =>
            {
                Transaction reader = kv.Manager.NewTransaction();
                var chunk = new DataChunk([PhysicalType.Double]);
                var lookup = new IndexLookup(kv.Table, kv.PrimaryKey, KvTable.N);
                var range = new IndexRangeScan(kv.Table, kv.IndexOnN, KvTable.Id);
                return () =>
                {
                    reader.Begin(isReadOnly: true);
                    Assert.AreEqual(Rows, SumByScan(kv.Table, reader.View, chunk, out int count));
                    Assert.AreEqual(Rows, count);
                    var seen = new HashSet<long>();
                    range.Seek([], []);
                    while (range.TryNext(reader.View, out _))
                    {
                        Assert.IsTrue(seen.Add(range.Row.GetInt64(0)));
                    }
                    Assert.HasCount(Rows, seen);
                    for (int id = 0; id < Rows; id++)
                    {
                        Assert.IsTrue(lookup.TryFind(id, reader.View, out _));
                    }
                    reader.Commit();
                };
            });
    }

    [TestMethod]
    public void A_guessed_row_is_the_one_that_a_scan_finds_while_keys_are_moved_deleted_and_inserted_again()
    {
        const int Rows = 3000;
        KvTable kv = Filled(Rows, balance: 1);
        Func<Action> moves = () =>
        {
            Transaction writer = kv.Manager.NewTransaction();
            var random = new Random(5);
            var values = new RowBuffer(KvTable.Id);
            var lookup = new IndexLookup(kv.Table, kv.PrimaryKey);
            return () =>
            {
                writer.Begin();
                for (int i = random.Next(1, 4); i > 0; i--)
                {
                    writer.BeginWriting();
                    long id = random.Next(Rows);
                    if (!lookup.TryFind(id, writer.View, out long rowId))
                    {
                        kv.Insert(writer, id, "again", 1, null);   // most often into another row's slot
                        continue;
                    }
                    values.Set(0, Rows + id);
                    if (random.Next(2) == 0 || lookup.TryFind(Rows + id, writer.View, out _))
                    {
                        writer.Delete(kv.Table, rowId);
                    }
                    else
                    {
                        writer.Update(kv.Table, rowId, values);
                    }
                }
                if (random.Next(8) == 0)
                {
                    writer.Rollback();
                }
                else
                {
                    writer.Commit();
                }
            };
        };
        Func<Action> looks = () =>
        {
            Transaction reader = kv.Manager.NewTransaction();
            var lookup = new IndexLookup(kv.Table, kv.PrimaryKey, KvTable.Name, KvTable.Id);
            return () =>
            {
                reader.Begin(isReadOnly: true);
                Dictionary<long, KvRow> rows = kv.Scan(reader.View);
                for (long id = 0; id < 2 * Rows; id++)
                {
                    bool isThere = rows.TryGetValue(id, out KvRow? row);
                    Assert.AreEqual(isThere, lookup.TryFind(id, reader.View, out long rowId), $"id {id}");
                    if (isThere)
                    {
                        Assert.AreEqual(row!.RowId, rowId, $"id {id}");
                        Assert.AreEqual(id, lookup.Row.GetInt64(1));
                    }
                }
                reader.Commit();
            };
        };
        RunBeside(moves, looks, looks);
    }

    [TestMethod]
    public void A_range_read_slice_by_slice_has_the_rows_of_a_scan_while_they_change_and_move()
    {
        const int Rows = 6000;
        KvTable kv = Filled(Rows, balance: 1);
        Func<Action> changes = () =>
        {
            Transaction writer = kv.Manager.NewTransaction();
            var random = new Random(6);
            var n = new RowBuffer(KvTable.N, KvTable.Name);
            var lookup = new IndexLookup(kv.Table, kv.PrimaryKey);
            return () =>
            {
                writer.Begin();
                writer.BeginWriting();
                long id = random.Next(Rows);
                string name = new((char)('a' + random.Next(26)), random.Next(40));
                if (!lookup.TryFind(id, writer.View, out long rowId))
                {
                    kv.Insert(writer, id, random.Next(9) == 0 ? null : name, id, random.Next(9) == 0 ? null : random.Next(100));
                }
                else if (random.Next(3) == 0)
                {
                    writer.Delete(kv.Table, rowId);
                }
                else
                {
                    n.Set(0, random.Next(100));
                    KvTable.SetText(n, 1, name);
                    writer.Update(kv.Table, rowId, n);
                }
                writer.Commit();
            };
        };
        Func<Action> reads = () =>
        {
            Transaction reader = kv.Manager.NewTransaction();
            var random = new Random(7);
            var byN = new IndexRangeScan(kv.Table, kv.IndexOnN, KvTable.AllColumns);
            var byId = new IndexRangeScan(kv.Table, kv.PrimaryKey, KvTable.AllColumns);
            RowBatch batch = new([PhysicalType.Int64, PhysicalType.String, PhysicalType.Double, PhysicalType.Int32]);
            DataChunk chunk = KvTable.NewChunk();
            KeyWriter lower = kv.IndexOnN.NewKeyWriter(), upper = kv.IndexOnN.NewKeyWriter();
            KeyWriter lowerId = kv.PrimaryKey.NewKeyWriter(), upperId = kv.PrimaryKey.NewKeyWriter();
            return () =>
            {
                reader.Begin(isReadOnly: true);
                Dictionary<long, KvRow> rows = kv.Scan(reader.View);
                for (int i = 0; i < 20; i++)
                {
                    int n = random.Next(90);
                    bool isBackward = random.Next(2) == 0;
                    lower.Reset();
                    lower.AddInt32(n);
                    upper.Reset();
                    upper.AddInt32(n + 10);
                    byN.Seek(lower.Key, upper.Key, isBackward);
                    batch.Clear();
                    byN.Read(reader.View, batch, RowBatch.RowCountMax);
                    IEnumerable<KeyValuePair<long, KvRow>> inRange = rows.Where(row => row.Value.N >= n && row.Value.N < n + 10);
                    Compare(batch, chunk, isBackward
                        ? inRange.OrderByDescending(row => row.Value.N).ThenByDescending(row => row.Value.RowId)
                        : inRange.OrderBy(row => row.Value.N).ThenBy(row => row.Value.RowId));

                    long id = random.Next(Rows);
                    lowerId.Reset();
                    lowerId.AddInt64(id);
                    upperId.Reset();
                    upperId.AddInt64(id + 300);
                    byId.Seek(lowerId.Key, upperId.Key);
                    batch.Clear();
                    byId.Read(reader.View, batch, 200);
                    Compare(batch, chunk, rows.Where(row => row.Key >= id && row.Key < id + 300).OrderBy(row => row.Key).Take(200));
                }
                reader.Commit();
            };
        };
        RunBeside(changes, reads, reads);
    }

    [TestMethod]
    public void A_row_whose_key_changed_since_its_entry_was_read_is_not_in_the_range()
    {
        KvTable kv = Filled(50, balance: 1);
        var range = new IndexRangeScan(kv.Table, kv.IndexOnN, KvTable.AllColumns);
        RowBatch batch = new([PhysicalType.Int64, PhysicalType.String, PhysicalType.Double, PhysicalType.Int32]);
        range.Seek([], []);
        range.Read(ReadView.Latest, batch, 1);   // reads all entries, one row
        var n = new RowBuffer(KvTable.N);
        n.Set(0, 200);
        kv.Commit(writer => writer.Update(kv.Table, 10, n));   // nobody reads at an older timestamp: no version is left
        range.Read(ReadView.Latest, batch, 100);
        DataChunk chunk = KvTable.NewChunk();
        batch.GiveTo(chunk);
        CollectionAssert.AreEqual(
            Enumerable.Range(0, 50).Where(id => id != 10).Select(id => (long)id).ToArray(),
            chunk.Vectors[KvTable.Id].Values<long>()[..chunk.Count].ToArray());
    }

    private static void Compare(RowBatch batch, DataChunk chunk, IEnumerable<KeyValuePair<long, KvRow>> expected)
    {
        batch.GiveTo(chunk);
        int position = 0;
        foreach ((long id, KvRow row) in expected)
        {
            Assert.IsLessThan(chunk.Count, position);
            Assert.AreEqual(id, chunk.Vectors[KvTable.Id].Values<long>()[position]);
            Assert.AreEqual(row.Name, TextAt(chunk.Vectors[KvTable.Name], position));
            Assert.AreEqual(row.Balance, chunk.Vectors[KvTable.Balance].Values<double>()[position]);
            Assert.AreEqual(row.N, chunk.Vectors[KvTable.N].IsValid(position) ? chunk.Vectors[KvTable.N].Values<int>()[position] : null);
            position++;
        }
        Assert.AreEqual(position, chunk.Count);

        static string? TextAt(Vector vector, int position) =>
            vector.IsValid(position) ? Encoding.UTF8.GetString(StringView.Bytes(in vector.Data<StringView>()[position], vector.Blocks)) : null;
    }

    internal static KvTable Filled(int rows, double balance)
    {
        var kv = new KvTable();
        kv.Commit(transaction =>
        {
            for (int id = 0; id < rows; id++)
            {
                kv.Insert(transaction, id, $"row {id}", balance, id % 100);
            }
        });
        return kv;
    }

    private static double SumByScan(TableStore table, in ReadView view, DataChunk chunk, out int count)
    {
        TableScan.Worker worker = table.Scan([KvTable.Balance], view).NewWorker();
        double sum = 0;
        count = 0;
        while (worker.TryNext(chunk))
        {
            sum += Sum(chunk.Vectors[0].Data<double>(), chunk.Selection, chunk.Count);
            count += chunk.Count;
        }
        return sum;
    }

    private static double Sum(double[] data, int[]? selection, int count)
    {
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            sum += data[selection is null ? i : selection[i]];
        }
        return sum;
    }

    private static void SetAlike(RowBuffer row, byte letter, int length)
    {
        Span<byte> bytes = stackalloc byte[length];
        bytes.Fill(letter);
        row.SetBytes(0, bytes[..12]);
        row.SetBytes(1, bytes);
        row.Set(2, new UInt128(letter, letter));
    }

    private static void AssertAlike(ReadOnlySpan<byte> inline, ReadOnlySpan<byte> outside, UInt128 id)
    {
        byte letter = (byte)id;
        Assert.IsTrue(id == new UInt128(letter, letter) && inline.Length == 12 && outside.Length >= 13
            && !inline.ContainsAnyExcept(letter) && !outside.ContainsAnyExcept(letter));
    }

    // Runs each operation on a thread of its own, over and over; the first failure ends all.
    private static void RunBeside(params Func<Action>[] prepare)
    {
        using var stop = new CancellationTokenSource();
        Exception? failure = null;
        Thread[] threads = prepare.Append(prepare[^1]).Select(make => new Thread(() =>
        {
            try
            {
                Action operation = make();
                while (!stop.IsCancellationRequested)
                {
                    operation();
                }
            }
            catch (Exception exception)
            {
                failure = exception;
                stop.Cancel();
            }
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        stop.Token.WaitHandle.WaitOne(Duration);
        stop.Cancel();
        Array.ForEach(threads, thread => thread.Join());
        if (failure is not null)
        {
            Assert.Fail(failure.ToString());
        }
    }
}
