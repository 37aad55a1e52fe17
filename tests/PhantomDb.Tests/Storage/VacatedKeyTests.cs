using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Storage;
using PhantomDb.Transactions;

namespace PhantomDb.Tests.Storage;

/// <summary>A key that one transaction gives up and takes again and again: what that costs, and who finds which row.</summary>
[TestClass]
public sealed class VacatedKeyTests
{
    [TestMethod]
    [DataRow("delete, insert", 1)]
    [DataRow("insert, delete", 1)]
    [DataRow("insert, move away", 1)]
    [DataRow("delete, insert", 5)]
    [DataRow("delete, insert, savepoint", 1)]
    [DataRow("delete, insert, undone", 1)]
    public void Giving_up_and_taking_keys_in_one_transaction_takes_linear_steps(string pattern, int keyCount)
    {
        const int Count = 4000;
        long steps = StepsOf(pattern, keyCount, Count);
        Assert.IsLessThan(Count * 30L, steps);
    }

    [TestMethod]
    public void A_cursor_of_the_transaction_finds_the_row_as_of_its_command()
    {
        var kv = new KvTable();
        Transaction transaction = kv.Manager.NewTransaction();
        transaction.Begin();
        var lookup = new IndexLookup(kv.Table, kv.PrimaryKey, KvTable.N);
        var cursors = new List<(ReadView View, int N)>();
        for (int i = 0; i < 40; i++)
        {
            transaction.BeginWriting();
            long rowId = kv.Insert(transaction, 1, null, 0, i);
            transaction.BeginWriting();
            cursors.Add((transaction.View, i));
            transaction.Delete(kv.Table, rowId);
        }
        Assert.IsFalse(kv.PrimaryKey.Vacated!.IsEmpty);
        foreach ((ReadView view, int n) in cursors)
        {
            Assert.IsTrue(lookup.TryFind(1L, view, out _));
            Assert.AreEqual(n, lookup.Row.GetInteger(0, PhantomDb.Types.PhysicalType.Int32));
        }
        transaction.Commit();
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(4)]
    [DataRow(5)]
    [DataRow(6)]
    public void Random_changes_of_few_keys_are_found_as_a_model_has_them(int seed)
    {
        var random = new Random(seed);
        var kv = new KvTable();
        var committed = new Dictionary<long, int>();
        Transaction own = kv.Manager.NewTransaction();
        Transaction other = kv.Manager.NewTransaction();
        Transaction reader = kv.Manager.NewTransaction();
        Dictionary<long, int> seen = [];
        var lookup = new IndexLookup(kv.Table, kv.PrimaryKey, KvTable.N);
        var moved = new RowBuffer(KvTable.Id);
        for (int round = 0; round < 12; round++)
        {
            var now = new Dictionary<long, int>(committed);
            var savepoints = new List<(TransactionMark Mark, Dictionary<long, int> Rows)>();
            own.Begin();
            for (int step = 0; step < 400; step++)
            {
                own.BeginWriting();
                long key = random.Next(3);
                switch (random.Next(24))
                {
                    case < 9 when now.ContainsKey(key):
                        Assert.IsTrue(lookup.TryFind(key, own.View, out long gone), $"seed {seed} round {round} step {step} key {key}");
                        own.Delete(kv.Table, gone);
                        now.Remove(key);
                        break;
                    case < 18:
                        int mark = own.Mark();
                        try
                        {
                            kv.Insert(own, key, "row", 0, step);
                            Assert.IsTrue(now.TryAdd(key, step), $"seed {seed} round {round} step {step} key {key}");
                        }
                        catch (PhantomDbException)
                        {
                            Assert.IsTrue(now.ContainsKey(key), $"seed {seed} round {round} step {step} key {key}");
                            own.UndoTo(mark);
                        }
                        break;
                    case 18 when now.ContainsKey(key) && !now.ContainsKey((key + 1) % 3):
                        Assert.IsTrue(lookup.TryFind(key, own.View, out long rowId));
                        moved.Set(0, (key + 1) % 3);
                        own.Update(kv.Table, rowId, moved);
                        now.Remove(key, out int n);
                        now.Add((key + 1) % 3, n);
                        break;
                    case 19:
                        savepoints.Add((own.Savepoint(), new Dictionary<long, int>(now)));
                        break;
                    case 20 when savepoints.Count > 0:
                        int place = random.Next(savepoints.Count);
                        own.RollbackTo(savepoints[place].Mark);
                        now = new Dictionary<long, int>(savepoints[place].Rows);
                        savepoints.RemoveRange(place + 1, savepoints.Count - place - 1);
                        break;
                    case 21:   // another one's rows come and go: their places are used again
                        other.Begin();
                        for (long k = 10; k < 14; k++)
                        {
                            other.BeginWriting();
                            if (lookup.TryFind(k, other.View, out long old))
                            {
                                other.Delete(kv.Table, old);
                            }
                            else
                            {
                                kv.Insert(other, k, "other", 0, 0);
                            }
                        }
                        other.Commit();
                        break;
                    case 22 when !reader.IsActive:
                        reader.Begin(isReadOnly: true, IsolationLevel.RepeatableRead);
                        reader.BeginReading();
                        seen = new Dictionary<long, int>(committed);
                        break;
                    case 23 when reader.IsActive:
                        reader.Rollback();
                        break;
                }
                own.BeginReading();
                Compare(lookup, own.View, now, $"own: seed {seed} round {round} step {step}");
                if (reader.IsActive)
                {
                    Compare(lookup, reader.View, seen, $"reader: seed {seed} round {round} step {step}");
                }
            }
            if (random.Next(3) > 0)
            {
                own.Commit();
                committed = now;
            }
            else
            {
                own.Rollback();
            }
        }
    }

    private static void Compare(IndexLookup lookup, in ReadView view, Dictionary<long, int> rows, string message)
    {
        for (long key = 0; key < 3; key++)
        {
            bool isFound = lookup.TryFind(key, view, out _);
            Assert.AreEqual(rows.TryGetValue(key, out int n), isFound, $"{message} key {key}");
            Assert.IsTrue(!isFound || lookup.Row.GetInteger(0, PhantomDb.Types.PhysicalType.Int32) == n, $"{message} key {key}");
        }
    }

    private static long StepsOf(string pattern, int keyCount, int count)
    {
        var kv = new KvTable();
        Transaction transaction = kv.Manager.NewTransaction();
        transaction.Begin();
        var lookup = new IndexLookup(kv.Table, kv.PrimaryKey, KvTable.N);
        var moved = new RowBuffer(KvTable.Id);
        bool isDeletedFirst = pattern.StartsWith("delete", StringComparison.Ordinal);
        for (long key = 0; key < keyCount && isDeletedFirst; key++)
        {
            transaction.BeginWriting();
            kv.Insert(transaction, key, null, 0, 0);
        }
        for (int i = 0; i < count; i++)
        {
            long key = i % keyCount;
            transaction.BeginWriting();
            if (!isDeletedFirst)
            {
                kv.Insert(transaction, key, null, 0, 0);
                transaction.BeginWriting();
            }
            Assert.IsTrue(lookup.TryFind(key, transaction.View, out long rowId));
            if (pattern.Contains("move", StringComparison.Ordinal))
            {
                moved.Set(0, 1000L + i);
                transaction.Update(kv.Table, rowId, moved);
            }
            else
            {
                transaction.Delete(kv.Table, rowId);
            }
            if (isDeletedFirst)
            {
                transaction.BeginWriting();
                kv.Insert(transaction, key, null, 0, 0);
            }
            if (pattern.EndsWith("savepoint", StringComparison.Ordinal))
            {
                TransactionMark mark = transaction.Savepoint();
                transaction.BeginWriting();
                Assert.IsTrue(lookup.TryFind(key, transaction.View, out rowId));
                transaction.Delete(kv.Table, rowId);
                transaction.BeginWriting();
                kv.Insert(transaction, key, null, 0, 0);
                transaction.RollbackTo(mark);
            }
        }
        if (pattern.EndsWith("undone", StringComparison.Ordinal))
        {
            transaction.Rollback();
            Assert.AreEqual(0, kv.PrimaryKey.Tree.Count);
            Assert.AreEqual(0, kv.Table.RowCount);
        }
        else
        {
            transaction.Commit();
        }
        Assert.IsTrue(kv.PrimaryKey.Vacated!.IsEmpty);
        return kv.Table.EntrySteps + lookup.EntrySteps;
    }
}
