using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Storage;
using PhantomDb.Storage.Indexes;
using PhantomDb.Transactions;

namespace PhantomDb.Tests.Storage;

/// <summary>Random changes beside many readers at old timestamps, each compared with what a simple model says it sees.</summary>
[TestClass]
public sealed class TableStoreModelTests
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(4)]
    public void Every_reader_sees_what_the_model_says(int seed)
    {
        Console.WriteLine($"seed {seed}");
        new Run(seed).Execute(1200);
    }

    private sealed class Run(int seed)
    {
        private const int KeyCount = 400;
        private const int ReadersMax = 12;

        private readonly Random _random = new(seed);
        private readonly KvTable _kv = new();
        private readonly List<(Transaction Transaction, Dictionary<long, KvRow> Expected)> _readers = [];
        private Dictionary<long, KvRow> _committed = [];

        public void Execute(int steps)
        {
            Transaction writer = _kv.Manager.NewTransaction();
            for (int step = 0; step < steps; step++)
            {
                switch (_random.Next(10))
                {
                    case < 5:
                        Write(writer);
                        break;
                    case < 7 when _readers.Count < ReadersMax:
                        Transaction reader = _kv.Manager.NewTransaction();
                        reader.Begin(isReadOnly: true);
                        _readers.Add((reader, _committed));
                        break;
                    case < 9 when _readers.Count > 0:
                        int closed = _random.Next(_readers.Count);
                        Check(_readers[closed].Transaction.View, _readers[closed].Expected);
                        _readers[closed].Transaction.Close();
                        _readers.RemoveAt(closed);
                        break;
                    default:
                        foreach ((Transaction transaction, Dictionary<long, KvRow> expected) in _readers)
                        {
                            Check(transaction.View, expected);
                        }
                        break;
                }
            }
            foreach ((Transaction transaction, Dictionary<long, KvRow> expected) in _readers)
            {
                Check(transaction.View, expected);
                transaction.Close();
            }
            CheckNothingIsLeftOver();
        }

        private void Write(Transaction writer)
        {
            var model = new Dictionary<long, KvRow>(_committed);
            writer.Begin();
            for (int statement = _random.Next(1, 4); statement > 0; statement--)
            {
                writer.BeginWriting();
                Dictionary<long, KvRow> before = model;
                model = new Dictionary<long, KvRow>(model);
                int mark = writer.Mark();
                for (int change = _random.Next(1, 30); change > 0; change--)
                {
                    ChangeOne(writer, model);
                }
                Check(ReadView.Latest, model);
                if (_random.Next(4) == 0)
                {
                    writer.UndoTo(mark);
                    model = before;
                    Check(ReadView.Latest, model);
                }
                writer.BeginReading();
                Check(writer.View, model);
            }
            if (_random.Next(4) == 0)
            {
                writer.Rollback();
                Check(ReadView.Latest, _committed);
            }
            else
            {
                writer.Commit();
                _committed = model;
            }
        }

        private void ChangeOne(Transaction writer, Dictionary<long, KvRow> model)
        {
            long id = _random.Next(KeyCount);
            if (!model.TryGetValue(id, out KvRow? row))
            {
                var inserted = new KvRow(RandomName(), _random.Next(1000), RandomN(), 0);
                long rowId = _kv.Insert(writer, id, inserted.Name, inserted.Balance, inserted.N);
                model[id] = inserted with { RowId = rowId };
                return;
            }
            switch (_random.Next(4))
            {
                case 0:
                    writer.Delete(_kv.Table, row.RowId);
                    model.Remove(id);
                    break;
                case 1:
                    var balance = new RowBuffer(KvTable.Balance);
                    balance.Set(0, (double)_random.Next(1000));
                    writer.Update(_kv.Table, row.RowId, balance);
                    model[id] = row with { Balance = balance.GetDouble(0) };
                    break;
                case 2:
                    var nameAndN = new RowBuffer(KvTable.N, KvTable.Name);
                    string? name = RandomName();
                    int? n = RandomN();
                    KvTable.SetText(nameAndN, 1, name);
                    SetN(nameAndN, 0, n);
                    writer.Update(_kv.Table, row.RowId, nameAndN);
                    model[id] = row with { Name = name, N = n };
                    break;
                default:
                    long newId = _random.Next(KeyCount);
                    var key = new RowBuffer(KvTable.Id);
                    key.Set(0, newId);
                    if (newId != id && model.ContainsKey(newId))
                    {
                        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => writer.Update(_kv.Table, row.RowId, key));
                        Assert.AreEqual("23505", error.SqlState);
                        break;
                    }
                    writer.Update(_kv.Table, row.RowId, key);
                    model.Remove(id);
                    model[newId] = row;
                    break;
            }
        }

        private static void SetN(RowBuffer row, int index, int? n)
        {
            if (n is null)
            {
                row.SetNull(index);
            }
            else
            {
                row.Set(index, n.Value);
            }
        }

        private int? RandomN() => _random.Next(10) == 0 ? null : _random.Next(20);

        private string? RandomName() => _random.Next(10) == 0 ? null : new string((char)('a' + _random.Next(26)), _random.Next(40));

        private void Check(in ReadView view, Dictionary<long, KvRow> expected)
        {
            Dictionary<long, KvRow> actual = _kv.Scan(view);
            Assert.AreEqual(expected.Count, actual.Count);
            foreach ((long id, KvRow row) in expected)
            {
                Assert.AreEqual(row, actual[id]);
            }
            CheckPoints(view, expected);
            CheckIndexOnN(view, expected);
        }

        private void CheckPoints(in ReadView view, Dictionary<long, KvRow> expected)
        {
            var lookup = new IndexLookup(_kv.Table, _kv.PrimaryKey, KvTable.Name, KvTable.Balance);
            for (int i = 0; i < 10; i++)
            {
                long id = _random.Next(KeyCount);
                bool isFound = lookup.TryFind(id, view, out long rowId);
                Assert.AreEqual(expected.ContainsKey(id), isFound);
                if (isFound)
                {
                    Assert.AreEqual(expected[id].RowId, rowId);
                    Assert.AreEqual(expected[id].Balance, lookup.Row.GetDouble(1));
                    Assert.AreEqual(expected[id].Name, lookup.Row.IsNull(0) ? null : Encoding.UTF8.GetString(lookup.Row.GetBytes(0)));
                }
            }
        }

        private void CheckIndexOnN(in ReadView view, Dictionary<long, KvRow> expected)
        {
            int n = _random.Next(20);
            var lookup = new IndexLookup(_kv.Table, _kv.IndexOnN, KvTable.Id);
            lookup.Key.Reset();
            lookup.Key.AddInt32(n);
            lookup.Start();
            var ids = new List<long>();
            while (lookup.TryNext(view, out _))
            {
                ids.Add(lookup.Row.GetInt64(0));
            }
            CollectionAssert.AreEquivalent(expected.Where(row => row.Value.N == n).Select(row => row.Key).ToList(), ids);

            int low = _random.Next(20), high = low + _random.Next(10);
            KeyWriter lower = _kv.IndexOnN.NewKeyWriter(), upper = _kv.IndexOnN.NewKeyWriter();
            lower.AddInt32(low);
            upper.AddInt32(high);
            var range = new IndexRangeScan(_kv.Table, _kv.IndexOnN, KvTable.Id);
            range.Seek(lower.Key, upper.Key, backward: _random.Next(2) == 0);
            ids.Clear();
            while (range.TryNext(view, out _))
            {
                ids.Add(range.Row.GetInt64(0));
            }
            CollectionAssert.AreEquivalent(expected.Where(row => row.Value.N >= low && row.Value.N < high).Select(row => row.Key).ToList(), ids);
        }

        // With all readers gone no version is left, and every entry belongs to a row.
        private void CheckNothingIsLeftOver()
        {
            _kv.Commit(transaction => transaction.Delete(_kv.Table, _kv.Insert(transaction, -1, "x", 0, 0)));
            _kv.Manager.CleanUpWaiting();
            Assert.IsFalse(_kv.Table.NeedsCleanup);
            (RowSlice[] slices, int count) = _kv.Table.CurrentSlices();
            for (int i = 0; i < count; i++)
            {
                Assert.IsNull(slices[i].Versions);
            }
            Assert.AreEqual(_committed.Count, _kv.Table.RowCount);
            Assert.AreEqual(_committed.Count, _kv.PrimaryKey.Tree.Count);
            Assert.AreEqual(_committed.Count, _kv.IndexOnN.Tree.Count);
        }
    }
}
