using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Catalog;
using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Tests.Storage;

[TestClass]
public sealed class TableStoreTests
{
    [TestMethod]
    public void A_row_updated_a_hundred_thousand_times_beside_an_old_reader_keeps_a_short_chain()
    {
        KvTable kv = TwoThreadTests.Filled(10, balance: 1);
        Transaction old = kv.Manager.NewTransaction();
        old.Begin(isReadOnly: true);
        old.BeginReading();
        Transaction middle = kv.Manager.NewTransaction();
        long size = kv.Table.Size;
        var values = new RowBuffer(KvTable.Balance, KvTable.N);
        for (int i = 0; i < 100_000; i++)
        {
            if (i == 50_000)
            {
                middle.Begin(isReadOnly: true);
                middle.BeginReading();
            }
            values.Set(0, (double)i);
            values.Set(1, i);
            kv.Commit(transaction => transaction.Update(kv.Table, 3, values));
        }
        Assert.AreEqual(1, Read(kv, old.View, 3, KvTable.Balance).GetDouble(0));
        Assert.AreEqual(49_999, Read(kv, middle.View, 3, KvTable.Balance).GetDouble(0));
        Assert.AreEqual(99_999, Read(kv, ReadView.Latest, 3, KvTable.Balance).GetDouble(0));
        Assert.IsLessThan(64, kv.Table.CurrentSlices().Slices[0].Versions!.RecordCount);
        Assert.IsLessThan(size + 20_000, kv.Table.Size);
        Assert.IsLessThan(64, kv.IndexOnN.Tree.Count, "entries of versions that went are gone");
        old.Close();
        middle.Close();
        Assert.IsNull(kv.Table.CurrentSlices().Slices[0].Versions, "the last reader cleans up");
    }

    [TestMethod]
    public void Slots_of_deleted_rows_are_used_again_but_not_while_a_reader_sees_them()
    {
        KvTable kv = TwoThreadTests.Filled(100, balance: 1);
        Transaction reader = kv.Manager.NewTransaction();
        reader.Begin(isReadOnly: true);
        kv.Commit(transaction => transaction.Delete(kv.Table, 7));
        long rowId = -1;
        kv.Commit(transaction => rowId = kv.Insert(transaction, 1000, "a", 0, 0));
        Assert.AreEqual(100, rowId);
        Assert.IsTrue(kv.Table.IsVisible(7, reader.View));
        reader.Close();
        kv.Manager.CleanUpWaiting();
        kv.Commit(transaction => rowId = kv.Insert(transaction, 1001, "b", 0, 0));
        Assert.AreEqual(7, rowId);
        Assert.AreEqual("b", Encoding.UTF8.GetString(Read(kv, ReadView.Latest, 7, KvTable.Name).GetBytes(0)));
    }

    [TestMethod]
    public void A_table_emptied_and_filled_again_does_not_grow()
    {
        KvTable kv = TwoThreadTests.Filled(10_000, balance: 1);
        long size = kv.Table.Size;
        for (int round = 0; round < 5; round++)
        {
            kv.Commit(transaction =>
            {
                foreach (KvRow row in kv.Scan(transaction.View).Values)
                {
                    transaction.Delete(kv.Table, row.RowId);
                }
            });
            Assert.AreEqual(0, kv.Table.RowCount);
            kv.Commit(transaction =>
            {
                for (int id = 0; id < 10_000; id++)
                {
                    kv.Insert(transaction, id, $"row {id}", 1, id % 100);
                }
            });
        }
        Assert.HasCount(10_000, kv.Scan(ReadView.Latest));
        Assert.IsLessThan(size * 1.3, kv.Table.Size);
    }

    [TestMethod]
    public void Beyond_the_memory_limit_a_statement_fails_and_leaves_nothing_behind()
    {
        var account = new MemoryAccount("memory limit", 2_000_000);
        var kv = new KvTable(account);
        Transaction writer = kv.Manager.NewTransaction();
        writer.Begin();
        writer.BeginWriting();
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() =>
        {
            for (int id = 0; id < 1_000_000; id++)
            {
                kv.Insert(writer, id, $"a name that is not short {id}", 1, id);
            }
        });
        Assert.AreEqual("53200", error.SqlState);
        writer.UndoTo(0);
        Assert.AreEqual(0, kv.Table.RowCount);
        Assert.AreEqual(0, kv.PrimaryKey.Tree.Count);
        kv.Insert(writer, 1, "fits", 1, 1);
        writer.Commit();
        Assert.HasCount(1, kv.Scan(ReadView.Latest));
        Assert.IsLessThanOrEqualTo(2_000_000, account.Used);
        kv.Storage.RemoveTable(100);
        Assert.AreEqual(0, account.Used);
    }

    [TestMethod]
    public void A_chunk_with_a_duplicate_key_is_taken_back_whole()
    {
        KvTable kv = TwoThreadTests.Filled(3000, balance: 1);
        DataChunk chunk = Chunk(3000, 1500);
        chunk.Vectors[KvTable.Id].Write<long>();
        Span<long> ids = chunk.Vectors[KvTable.Id].Write<long>();
        for (int i = 0; i < 1500; i++)
        {
            ids[i] = i == 1400 ? 5 : 3000 + i;
        }
        Transaction writer = kv.Manager.NewTransaction();
        writer.Begin();
        writer.BeginWriting();
        int mark = writer.Mark();
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => writer.Insert(kv.Table, chunk));
        Assert.AreEqual("23505", error.SqlState);
        Assert.AreEqual("kv_pkey", error.ConstraintName);
        writer.UndoTo(mark);
        writer.Insert(kv.Table, Chunk(3000, 1500));
        writer.Commit();
        Dictionary<long, KvRow> rows = kv.Scan(ReadView.Latest);
        Assert.HasCount(4500, rows);
        Assert.AreEqual(4500, kv.PrimaryKey.Tree.Count);
        Assert.IsNull(rows[3001].Name);
        Assert.AreEqual("chunk 3002 of the test", rows[3002].Name);
    }

    [TestMethod]
    public void A_statement_does_not_see_its_own_changes_but_the_next_one_does()
    {
        KvTable kv = TwoThreadTests.Filled(10, balance: 1);
        Transaction writer = kv.Manager.NewTransaction();
        writer.Begin();
        writer.BeginWriting();
        kv.Insert(writer, 10, "new", 1, 1);
        writer.Delete(kv.Table, 0);
        Assert.HasCount(10, kv.Scan(writer.View));
        writer.BeginReading();
        Assert.HasCount(10, kv.Scan(writer.View));
        Assert.IsFalse(kv.Scan(writer.View).ContainsKey(0));
        Transaction other = kv.Manager.NewTransaction();
        other.Begin(isReadOnly: true);
        Assert.IsTrue(kv.Scan(other.View).ContainsKey(0));
        writer.Rollback();
        Assert.IsTrue(kv.Scan(ReadView.Latest).ContainsKey(0));
    }

    [TestMethod]
    public void Filters_skip_slices_and_workers_share_the_rest()
    {
        KvTable kv = TwoThreadTests.Filled(200_000, balance: 1);
        RawValue constant = RawValue.Of(150_000L);
        Assert.IsTrue(ZoneFilter.TryCreate(KvTable.Id, SqlType.Int64, ZoneComparison.GreaterOrEqual, ref constant, [], out ZoneFilter filter));
        TableScan scan = kv.Table.Scan([KvTable.Id], ReadView.Latest, [filter]);
        TableScan.Worker[] workers = [scan.NewWorker(), scan.NewWorker()];
        var chunk = new DataChunk([PhysicalType.Int64]);
        var ids = new HashSet<long>();
        for (int i = 0, idle = 0; idle < 2; i++)
        {
            if (!workers[i % 2].TryNext(chunk))
            {
                idle++;   // both in turn find nothing
                continue;
            }
            idle = 0;
            for (int row = 0; row < chunk.Count; row++)
            {
                Assert.IsTrue(ids.Add(chunk.Vectors[0].Values<long>()[row]));
            }
        }
        Assert.IsLessThan(50_000 + RowSlice.Capacity, ids.Count);
        Assert.IsTrue(Enumerable.Range(150_000, 50_000).All(id => ids.Contains(id)));
    }

    [TestMethod]
    public void An_altered_table_has_the_rows_and_the_old_one_stays_as_it_was()
    {
        KvTable kv = TwoThreadTests.Filled(5000, balance: 1);
        TableDefinition before = kv.Table.Definition;
        TableDefinition after = before with
        {
            Columns = [.. before.Columns.Where(c => c.Number != KvTable.N), new ColumnDefinition("note", SqlType.Text, 4)],
            NextColumnNumber = 5,
            Indexes = [KvTable.Pk(), new IndexDefinition(103, "kv_name", 100, [new IndexColumn(KvTable.Name, true, true)]) { IsUnique = true }],
        };
        var defaults = new RowBuffer(4);
        defaults.SetBytes(0, "a default of some length"u8);
        Transaction writer = kv.Manager.NewTransaction();
        writer.Begin();
        writer.BeginWriting();
        var values = new RowBuffer(KvTable.Balance);
        values.Set(0, 2.0);
        writer.Update(kv.Table, 17, values);
        TableStore altered = writer.Alter(kv.Table, after, defaults);
        writer.Delete(altered, 18);
        Assert.IsTrue(kv.Table.IsVisible(18, ReadView.Latest));
        kv.Manager.Publish(altered);
        writer.Commit();

        Transaction reader = kv.Manager.NewTransaction();
        reader.Begin(isReadOnly: true);
        var lookup = new IndexLookup(altered, altered.FindIndex(103)!, KvTable.Balance, 4);
        lookup.Key.AddBytes("row 17"u8);
        Assert.IsTrue(lookup.TryFind(reader.View, out long rowId));
        Assert.AreEqual(17, rowId);
        Assert.AreEqual(2.0, lookup.Row.GetDouble(0));
        Assert.AreEqual("a default of some length", Encoding.UTF8.GetString(lookup.Row.GetBytes(1)));
        Assert.IsFalse(altered.IsVisible(18, reader.View));
        Assert.AreEqual(4999, altered.RowCount);
        Assert.AreEqual(5000, kv.Table.RowCount);

        TableDefinition impossible = before with
        {
            Indexes = [new IndexDefinition(104, "kv_once", 100, [new IndexColumn(KvTable.N, false, false)]) { IsUnique = true }],
        };
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => kv.Table.Altered(impossible));
        Assert.AreEqual("23505", error.SqlState);
    }

    [TestMethod]
    public void Every_type_keeps_its_values_and_NULLs_through_rows_chunks_versions_and_an_index()
    {
        SqlType[] types =
        [
            SqlType.Boolean, SqlType.Int16, SqlType.Int32, SqlType.Int64, SqlType.FixedNumeric(38, 2), SqlType.Real, SqlType.Double,
            SqlType.Numeric, SqlType.Text, SqlType.Interval, SqlType.Uuid,
        ];
        for (int type = 0; type < types.Length; type++)
        {
            var storage = new DatabaseStorage();
            var manager = new TransactionManager(storage);
            TableStore table = storage.NewTable(new TableDefinition(1, "public", "t", [new ColumnDefinition("a", types[type], 0)])
            {
                Indexes = [new IndexDefinition(2, "t_a", 1, [new IndexColumn(0, false, false)])],
            });
            RowBuffer row = table.NewRowBuffer();
            Transaction writer = manager.NewTransaction();
            writer.Begin();
            writer.BeginWriting();
            for (int i = 0; i < 100; i++)
            {
                Fill(row, types[type].Physical, i);
                writer.Insert(table, row);
            }
            writer.Commit();
            Transaction before = manager.NewTransaction();
            before.Begin(isReadOnly: true);
            writer.Begin();
            writer.BeginWriting();
            for (int i = 0; i < 100; i++)
            {
                Fill(row, types[type].Physical, i + 1);
                writer.Update(table, i, row);
            }
            writer.Commit();
            foreach ((ReadView view, int shift) in ((ReadView, int)[])[(before.View, 0), (ReadView.Latest, 1)])
            {
                var chunk = new DataChunk([types[type].Physical]);
                var copy = new DataChunk([types[type].Physical]);
                RowBuffer.Clear(copy);
                Assert.IsTrue(table.Scan([0], view).NewWorker().TryNext(chunk));
                Assert.AreEqual(100, chunk.Count);
                var lookup = new IndexLookup(table, table.Indexes[0]);
                for (int i = 0; i < 100; i++)
                {
                    Fill(row, types[type].Physical, i + shift);
                    RowBuffer point = table.NewRowBuffer(), vector = table.NewRowBuffer();
                    Assert.IsTrue(table.TryRead(i, view, point));
                    vector.SetFrom(0, chunk.Vectors[0], i);
                    AssertSame(row, point);
                    AssertSame(row, vector);
                    point.AppendTo(copy);
                    vector.SetFrom(0, copy.Vectors[0], i);
                    AssertSame(row, vector);
                    table.Indexes[0].Encode(lookup.Key, row, 0);
                    Assert.IsTrue(lookup.TryFind(view, out _));
                }
            }
            before.Close();
        }

        static void AssertSame(RowBuffer expected, RowBuffer actual)
        {
            Assert.AreEqual(expected.IsNull(0), actual.IsNull(0));
            if (!expected.IsNull(0) && expected.BlocksOf(0).Length > 0)
            {
                Assert.IsTrue(expected.GetBytes(0).SequenceEqual(actual.GetBytes(0)));
            }
            else if (!expected.IsNull(0))
            {
                RawValue left = expected.Raw(0), right = actual.Raw(0);
                Assert.IsTrue(left.Word0 == right.Word0 && left.Word1 == right.Word1 && left.Word2 == right.Word2);
            }
        }
    }

    private static void Fill(RowBuffer row, PhysicalType type, int i)
    {
        if (i % 7 == 3)
        {
            row.SetNull(0);
            return;
        }
        row.Raw(0) = default;
        switch (type)
        {
            case PhysicalType.Boolean: row.Set(0, i % 2 == 0); break;
            case PhysicalType.Int16: row.Set(0, (short)(i * 300)); break;
            case PhysicalType.Int32: row.Set(0, i * -70_000); break;
            case PhysicalType.Int64: row.Set(0, i * 5_000_000_000L); break;
            case PhysicalType.Int128: row.Set(0, (Int128)i << 90); break;
            case PhysicalType.Real: row.Set(0, i / 3f); break;
            case PhysicalType.Double: row.Set(0, i / -3.0); break;
            case PhysicalType.Numeric: row.Set(0, new Numeric((Int128)i << 70, i % 5)); break;
            case PhysicalType.String: row.SetBytes(0, Encoding.UTF8.GetBytes(new string('x', i) + i)); break;
            case PhysicalType.Interval: row.Set(0, new Interval(i, -i, i * 1_000_000L)); break;
            case PhysicalType.Uuid: row.Set(0, new UInt128((ulong)i, ~(ulong)i)); break;
            default: throw new System.Diagnostics.UnreachableException();
        }
    }

    [TestMethod]
    public void NULLs_are_distinct_in_a_unique_index_unless_it_says_otherwise()
    {
        foreach (bool nullsEqual in (ReadOnlySpan<bool>)[false, true])
        {
            var storage = new DatabaseStorage();
            var manager = new TransactionManager(storage);
            TableStore table = storage.NewTable(new TableDefinition(1, "public", "t", [new ColumnDefinition("a", SqlType.Int32, 0)])
            {
                Indexes = [new IndexDefinition(2, "t_a", 1, [new IndexColumn(0, false, false)]) { IsUnique = true, NullsEqual = nullsEqual }],
            });
            RowBuffer row = table.NewRowBuffer();
            row.SetNull(0);
            Transaction writer = manager.NewTransaction();
            writer.Begin();
            writer.BeginWriting();
            writer.Insert(table, row);
            if (nullsEqual)
            {
                Assert.ThrowsExactly<PhantomDbException>(() => writer.Insert(table, row));
            }
            else
            {
                writer.Insert(table, row);
            }
            writer.Commit();
            Assert.AreEqual(nullsEqual ? 1 : 2, table.RowCount);
        }
    }

    [TestMethod]
    public void Statistics_estimate_distinct_values_nulls_and_bounds()
    {
        KvTable kv = TwoThreadTests.Filled(100_000, balance: 1);
        TableStatistics statistics = kv.Storage.OfTable(100);
        Assert.AreEqual(100_000, statistics.RowCount);
        Assert.AreEqual(100_000, statistics.ColumnsByNumber[KvTable.Id].DistinctCount, 1000);
        Assert.AreEqual(100, statistics.ColumnsByNumber[KvTable.N].DistinctCount, 1);
        Assert.AreEqual(1, statistics.ColumnsByNumber[KvTable.Balance].DistinctCount);
        Assert.AreEqual(0, statistics.ColumnsByNumber[KvTable.Name].NullShare);
        Assert.AreEqual(99_999, statistics.ColumnsByNumber[KvTable.Id].Maximum);
    }

    [TestMethod]
    public void A_sequence_ends_at_its_bound_or_cycles()
    {
        var definition = new SequenceDefinition(1, "public", "s") { Maximum = 2 };
        var sequence = new SequenceStore(definition);
        Assert.AreEqual(1, Next(sequence));
        Assert.AreEqual(2, Next(sequence));
        Assert.AreEqual("2200H", Assert.ThrowsExactly<PhantomDbException>(() => Next(sequence)).SqlState);
        sequence = new SequenceStore(definition with { Cycles = true });
        Assert.IsTrue(sequence.TrySet(2, isCalled: true));
        Assert.AreEqual(1, Next(sequence));
        sequence.Hold();
        Assert.IsFalse(sequence.TryNext(out _));
        Assert.IsFalse(sequence.TrySet(1, isCalled: false));
        SequenceStore copy = sequence.Fork();
        Assert.AreEqual(2, Next(copy));
        sequence.TakeOver(copy);
        sequence.Release();
        Assert.AreEqual(1, Next(sequence));

        static long Next(SequenceStore sequence) => sequence.TryNext(out long value) ? value : -1;
    }

    private static RowBuffer Read(KvTable kv, in ReadView view, long rowId, params ReadOnlySpan<int> columns)
    {
        var row = new RowBuffer(columns);
        Assert.IsTrue(kv.Table.TryRead(rowId, view, row));
        return row;
    }

    // Rows from an id on, every other one with a name.
    private static DataChunk Chunk(long firstId, int count)
    {
        DataChunk chunk = KvTable.NewChunk();
        Span<long> ids = chunk.Vectors[KvTable.Id].Write<long>();
        Span<StringView> names = chunk.Vectors[KvTable.Name].Write<StringView>();
        Span<double> balances = chunk.Vectors[KvTable.Balance].Write<double>();
        chunk.Vectors[KvTable.N].WriteConstant<int>()[0] = 4;
        for (int i = 0; i < count; i++)
        {
            ids[i] = firstId + i;
            balances[i] = i;
            if ((firstId + i) % 2 == 1)
            {
                chunk.Vectors[KvTable.Name].SetNull(i);
            }
            else
            {
                names[i] = chunk.Vectors[KvTable.Name].Heap.Add(Encoding.UTF8.GetBytes($"chunk {firstId + i} of the test"));
            }
        }
        chunk.Vectors[KvTable.Name].SealStrings();
        chunk.Count = count;
        return chunk;
    }
}
