using System.Diagnostics;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Catalog;
using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Tests.Storage;

/// <summary>Tables without a primary key: scans give the rows in the order of their inserts, and what is empty takes no memory.</summary>
[TestClass]
public sealed class InsertionOrderTests
{
    private const int Id = 0, Note = 1;

    private static readonly byte[] LongNote = "a note that does not fit into a string view"u8.ToArray();

    private readonly MemoryAccount _account = new("test", long.MaxValue);
    private readonly TransactionManager _manager;
    private TableStore _table;

    public InsertionOrderTests()
    {
        var storage = new DatabaseStorage(_account);
        _manager = new TransactionManager(storage);
        _table = storage.NewTable(Definition());
        storage.SetTable(_table);
    }

    private static TableDefinition Definition() => new(200, "public", "queue",
    [
        new ColumnDefinition("id", SqlType.Int64, Id),
        new ColumnDefinition("note", SqlType.Text, Note),
    ])
    {
        Indexes = [new IndexDefinition(201, "queue_id", 200, [new IndexColumn(Id, false, false)])],
    };

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void Rows_stay_in_order_through_random_changes(int seed)
    {
        var random = new Random(seed);
        List<(long Id, long RowId)> rows = [];
        List<(Transaction Reader, long[] Ids)> readers = [];
        long nextId = 0;
        Transaction writer = _manager.NewTransaction();
        for (int step = 0; step < 300; step++)
        {
            writer.Begin();
            writer.BeginWriting();
            List<(long Id, long RowId)> before = [.. rows];
            for (int change = random.Next(4); change >= 0; change--)
            {
                TransactionMark mark = writer.Savepoint();
                List<(long Id, long RowId)> beforeChange = [.. rows];
                Change(writer, random, rows, ref nextId);
                if (random.Next(5) == 0)
                {
                    writer.RollbackTo(mark);
                    rows = beforeChange;
                }
                writer.BeginWriting();
            }
            if (random.Next(4) == 0)
            {
                writer.Rollback();
                rows = before;
            }
            else
            {
                writer.Commit();
            }
            CollectionAssert.AreEqual(rows.ConvertAll(row => row.Id), Scan(ReadView.Latest));
            CollectionAssert.AreEqual(rows.ConvertAll(row => row.Id).Order().ToList(), rows.ConvertAll(row => row.Id));
            if (random.Next(10) == 0)
            {
                Transaction reader = _manager.NewTransaction();
                reader.Begin(isReadOnly: true);
                readers.Add((reader, [.. rows.Select(row => row.Id)]));
            }
            if (readers.Count > 3)
            {
                CollectionAssert.AreEqual(readers[0].Ids, Scan(readers[0].Reader.View));
                readers[0].Reader.Close();
                readers.RemoveAt(0);
            }
        }
        readers.ForEach(reader => reader.Reader.Close());
        writer.Begin();
        writer.BeginWriting();
        rows.ForEach(row => writer.Delete(_table, row.RowId));
        writer.Commit();
        writer.Close();
        _manager.CleanUpWaiting();

        Assert.AreEqual(0, _table.RowCount);
        Assert.IsEmpty(Scan(ReadView.Latest));
        Assert.AreEqual(0, _table.Indexes[0].Tree.Count);
        (RowSlice[] slices, int count) = _table.CurrentSlices();
        Assert.IsGreaterThan(4, count);
        Assert.IsTrue(slices.Take(count - 1).All(slice => slice.RowCount == 0), "only the last slice is still there");
        Assert.IsGreaterThanOrEqualTo(count - 1, _table.FirstSlice);
        Assert.IsGreaterThanOrEqualTo(0, _account.Used);
        _table.ReleaseMemory();
        Assert.AreEqual(0, _account.Used);
    }

    [TestMethod]
    public void A_million_rows_go_through_a_queue_of_a_hundred_in_bounded_memory()
    {
        const int Batch = 100;
        var rowIds = new Queue<long>();
        RowBuffer row = _table.NewRowBuffer();
        row.SetBytes(Note, LongNote);
        long most = 0;
        Transaction writer = _manager.NewTransaction();
        for (int id = 0; id < 1_000_000;)
        {
            writer.Begin();
            writer.BeginWriting();
            for (int i = 0; i < Batch; i++)
            {
                row.Set(Id, (long)id++);
                rowIds.Enqueue(writer.Insert(_table, row));
                if (rowIds.Count > Batch)
                {
                    writer.Delete(_table, rowIds.Dequeue());
                }
            }
            writer.Commit();
            most = Math.Max(most, _account.Used);
        }
        writer.Close();
        Assert.AreEqual(100, _table.RowCount);
        CollectionAssert.AreEqual(Enumerable.Range(999_900, 100).Select(id => (long)id).ToList(), Scan(ReadView.Latest));
        Assert.IsLessThan(2_000_000, most, "a few slices");
        Assert.IsLessThan(2_000_000, _table.Size);
        Assert.IsLessThan(2_000_000, _account.Used);
        Assert.IsGreaterThan(_table.Size - 10_000, _account.Used, "no slice gave back more than it was charged for");
    }

    [TestMethod]
    public void Rows_that_are_undone_for_ever_take_no_memory()
    {
        RowBuffer row = _table.NewRowBuffer();
        row.SetBytes(Note, LongNote);
        Transaction writer = _manager.NewTransaction();
        long most = 0;
        for (int round = 0; round < 100; round++)
        {
            writer.Begin();
            writer.BeginWriting();
            for (int i = 0; i < 3000; i++)
            {
                row.Set(Id, (long)i);
                writer.Insert(_table, row);
            }
            writer.Rollback();
            most = Math.Max(most, _account.Used);
        }
        writer.Close();
        Assert.IsLessThan(2_000_000, most);
        Assert.IsEmpty(Scan(ReadView.Latest));
    }

    [TestMethod]
    public void Scans_beside_a_queue_see_its_rows_in_order()
    {
        const int Length = 3000, Batch = 500;
        var rowIds = new Queue<long>();
        long nextId = 0;
        Transaction writer = _manager.NewTransaction();
        Move(Length, 0);
        using var stop = new CancellationTokenSource();
        Exception? failure = null;
        Thread[] readers = Enumerable.Range(0, 2).Select(_ => new Thread(() =>
        {
            try
            {
                while (!stop.IsCancellationRequested)
                {
                    Transaction reader = _manager.NewTransaction();
                    reader.Begin(isReadOnly: true);
                    for (int round = 0; round < 3; round++)
                    {
                        List<long> ids = Scan(reader.View);
                        Assert.HasCount(Length, ids);
                        for (int i = 1; i < ids.Count; i++)
                        {
                            Assert.AreEqual(ids[0] + i, ids[i]);
                        }
                    }
                    reader.Close();
                }
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        })).ToArray();
        Array.ForEach(readers, reader => reader.Start());
        long start = Stopwatch.GetTimestamp();
        while (failure is null && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(1))
        {
            Move(Batch, Batch);
        }
        stop.Cancel();
        Array.ForEach(readers, reader => reader.Join());
        Assert.IsNull(failure, failure?.ToString());
        Assert.IsGreaterThan(0, _table.FirstSlice, "slices were released meanwhile");

        void Move(int insertCount, int deleteCount)
        {
            RowBuffer row = _table.NewRowBuffer();
            row.SetBytes(Note, LongNote);
            writer.Begin();
            writer.BeginWriting();
            for (int i = 0; i < insertCount; i++)
            {
                row.Set(Id, nextId++);
                rowIds.Enqueue(writer.Insert(_table, row));
            }
            for (int i = 0; i < deleteCount; i++)
            {
                writer.Delete(_table, rowIds.Dequeue());
            }
            writer.Commit();
        }
    }

    [TestMethod]
    public void An_altered_table_goes_on_in_order_with_and_without_a_primary_key()
    {
        List<(long Id, long RowId)> rows = [];
        long nextId = 0;
        Transaction writer = _manager.NewTransaction();
        Commit(() => Append(writer, rows, 5000, ref nextId));
        Commit(() => Remove(writer, rows, 0, 2500));
        TableDefinition plain = _table.Definition;
        TableDefinition withKey = plain with
        {
            Constraints = [new ConstraintDefinition(202, "queue_pkey", ConstraintKind.PrimaryKey) { Columns = [Id], IndexOid = 201 }],
        };
        TableDefinition wider = plain with
        {
            Columns = [.. plain.Columns, new ColumnDefinition("more", SqlType.Int32, 2)],
            NextColumnNumber = 3,
        };
        Alter(plain);
        Commit(() => Append(writer, rows, 10, ref nextId));
        Check();
        Alter(withKey);
        Commit(() => Append(writer, rows, 3000, ref nextId));
        Assert.HasCount(rows.Count, Scan(ReadView.Latest));
        Commit(() => Remove(writer, rows, 0, rows.Count));
        Commit(() => Append(writer, rows, 3000, ref nextId));
        Assert.HasCount(rows.Count, Scan(ReadView.Latest));
        Commit(() => Remove(writer, rows, 0, rows.Count));
        Alter(plain);
        Commit(() => Append(writer, rows, 3000, ref nextId));
        Check();
        Commit(() => Remove(writer, rows, 0, rows.Count));
        Alter(wider);
        Assert.IsEmpty(Scan(ReadView.Latest));
        Commit(() => Append(writer, rows, 5000, ref nextId));
        Commit(() => Remove(writer, rows, 1000, 3000));
        Check();
        writer.Close();

        void Check() => CollectionAssert.AreEqual(rows.ConvertAll(row => row.Id), Scan(ReadView.Latest));

        void Commit(Action changes)
        {
            writer.Begin();
            writer.BeginWriting();
            changes();
            writer.Commit();
            _manager.CleanUpWaiting();
        }

        void Alter(TableDefinition definition)
        {
            writer.Begin();
            writer.BeginWriting();
            TableStore altered = writer.Alter(_table, definition);
            _manager.Publish(altered);
            writer.Commit();
            _table = altered;
        }
    }

    [TestMethod]
    public void Free_places_are_found_at_once_among_many_that_a_reader_holds()
    {
        KvTable kv = TwoThreadTests.Filled(2000, balance: 1);
        Transaction reader = kv.Manager.NewTransaction();
        kv.Commit(transaction => Delete(transaction, 1900, 2000));
        kv.Manager.CleanUpWaiting();
        reader.Begin(isReadOnly: true);
        kv.Commit(transaction => Delete(transaction, 0, 1900));
        long rowId = -1;
        kv.Commit(transaction => rowId = kv.Insert(transaction, 5000, "a", 0, 0));
        Assert.AreEqual(1900, rowId);
        Assert.AreEqual(1900 >> 6, kv.Table.CurrentSlices().Slices[0].FirstFreeWord);
        reader.Close();
        kv.Manager.CleanUpWaiting();
        kv.Commit(transaction => rowId = kv.Insert(transaction, 5001, "a", 0, 0));
        Assert.AreEqual(0, rowId);

        void Delete(Transaction transaction, long first, long end)
        {
            for (long row = first; row < end; row++)
            {
                transaction.Delete(kv.Table, row);
            }
        }
    }

    [TestMethod]
    public void Strings_of_deleted_rows_go_though_their_slice_stays()
    {
        var account = new MemoryAccount("test", long.MaxValue);
        var kv = new KvTable(account);
        kv.Commit(transaction => kv.Insert(transaction, 0, "a row that stays, with a name of some length", 0, 0));
        string name = new('x', 200);
        for (int i = 1; i <= 20_000; i++)
        {
            long rowId = -1;
            kv.Commit(transaction => rowId = kv.Insert(transaction, i, name, 0, 0));
            kv.Commit(transaction => transaction.Delete(kv.Table, rowId));
        }
        Assert.IsLessThan(500_000, account.Used);
        Assert.AreEqual("a row that stays, with a name of some length", kv.Scan(ReadView.Latest)[0].Name);
    }

    private void Change(Transaction writer, Random random, List<(long Id, long RowId)> rows, ref long nextId)
    {
        int count = random.Next(10) == 0 ? random.Next(3000) : random.Next(50);
        int first = random.Next(rows.Count + 1);
        count = Math.Min(count, rows.Count - first);
        switch (random.Next(4))
        {
            case 0:
                Remove(writer, rows, first, count);
                break;
            case 1:
                var values = new RowBuffer(Note);
                values.SetBytes(0, LongNote);
                for (int i = first; i < first + count; i++)
                {
                    writer.Update(_table, rows[i].RowId, values);
                }
                break;
            case 2:
                AppendChunk(writer, rows, 1 + random.Next(DataChunk.Capacity), ref nextId);
                break;
            default:
                Append(writer, rows, random.Next(100), ref nextId);
                break;
        }
    }

    private void Append(Transaction writer, List<(long Id, long RowId)> rows, int count, ref long nextId)
    {
        RowBuffer row = _table.NewRowBuffer();
        row.SetBytes(Note, LongNote);
        for (int i = 2; i < row.Count; i++)
        {
            row.SetNull(i);
        }
        for (int i = 0; i < count; i++)
        {
            row.Set(Id, nextId);
            rows.Add((nextId++, writer.Insert(_table, row)));
        }
    }

    private void AppendChunk(Transaction writer, List<(long Id, long RowId)> rows, int count, ref long nextId)
    {
        var chunk = new DataChunk([PhysicalType.Int64, PhysicalType.String]) { Count = count };
        Span<long> ids = chunk.Vectors[Id].Write<long>();
        Span<StringView> notes = chunk.Vectors[Note].Write<StringView>();
        for (int i = 0; i < count; i++)
        {
            ids[i] = nextId + i;
            notes[i] = default;
        }
        writer.Insert(_table, chunk);
        (List<long> scanned, List<long> rowIds) = ScanWithRowIds(ReadView.Latest);
        for (int i = 0; i < scanned.Count; i++)
        {
            if (scanned[i] >= nextId)
            {
                rows.Add((scanned[i], rowIds[i]));
            }
        }
        nextId += count;
    }

    private void Remove(Transaction writer, List<(long Id, long RowId)> rows, int first, int count)
    {
        for (int i = first; i < first + count; i++)
        {
            writer.Delete(_table, rows[i].RowId);
        }
        rows.RemoveRange(first, count);
    }

    private List<long> Scan(in ReadView view) => ScanWithRowIds(view).Ids;

    private (List<long> Ids, List<long> RowIds) ScanWithRowIds(in ReadView view)
    {
        List<long> ids = [], rowIds = [];
        TableScan.Worker worker = _table.Scan([Id], view, withRowIds: true).NewWorker();
        var chunk = new DataChunk([PhysicalType.Int64, PhysicalType.Int64]);
        while (worker.TryNext(chunk))
        {
            for (int i = 0; i < chunk.Count; i++)
            {
                ids.Add(chunk.Vectors[0].Values<long>()[chunk.Position(i)]);
                rowIds.Add(chunk.Vectors[1].Values<long>()[chunk.Position(i)]);
            }
        }
        return (ids, rowIds);
    }
}
