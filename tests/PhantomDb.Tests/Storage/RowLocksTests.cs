using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Storage;

namespace PhantomDb.Tests.Storage;

/// <summary>The table of row locks: who keeps whom out, and what many holders of one row cost.</summary>
[TestClass]
public sealed class RowLocksTests
{
    [TestMethod]
    public void Many_holders_of_one_row_are_not_gone_through()
    {
        const int Count = 5000;
        var locks = new RowLocks(account: null);
        TransactionStamp[] stamps = [.. Enumerable.Range(0, Count).Select(_ => new TransactionStamp())];
        var updater = new TransactionStamp();
        foreach (TransactionStamp stamp in stamps)
        {
            Assert.IsNull(locks.FindBlocker(7, RowLockMode.KeyShare, stamp));
            Assert.IsTrue(locks.TryAdd(7, RowLockMode.KeyShare, stamp));
            Assert.IsFalse(locks.TryAdd(7, RowLockMode.KeyShare, stamp));
            Assert.IsNull(locks.FindBlocker(7, RowLockMode.NoKeyUpdate, updater));
            Assert.IsNotNull(locks.FindBlocker(7, RowLockMode.Update, updater));
            Assert.IsTrue(locks.Blocks(7, RowLockMode.Update, stamp));
            Assert.IsTrue(locks.IsHeldBy(7, stamp));
        }
        foreach (TransactionStamp stamp in stamps)
        {
            locks.Remove(7, RowLockMode.KeyShare, stamp);
        }
        Assert.AreEqual(0, locks.RowCount);
        Assert.IsLessThan(20L * Count, locks.HolderSteps);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void Random_locks_are_those_of_a_list(int seed)
    {
        var random = new Random(seed);
        var locks = new RowLocks(account: null);
        TransactionStamp[] stamps = [.. Enumerable.Range(0, 14).Select(_ => new TransactionStamp())];
        var model = new List<(long Row, RowLockMode Mode, TransactionStamp Stamp)>();
        for (int step = 0; step < 20_000; step++)
        {
            long row = random.Next(3);
            RowLockMode mode = (RowLockMode)random.Next(4);
            TransactionStamp own = stamps[random.Next(stamps.Length)];
            if (random.Next(100) < (step / 500 % 2 == 0 ? 60 : 40))
            {
                bool isNew = !model.Exists(l => l.Row == row && l.Stamp == own && l.Mode >= mode);
                Assert.AreEqual(isNew, locks.TryAdd(row, mode, own), $"seed {seed} step {step}");
                if (isNew)
                {
                    model.Add((row, mode, own));
                }
            }
            else
            {
                locks.Remove(row, mode, own);
                model.Remove((row, mode, own));
            }
            List<TransactionStamp> conflicts = [.. model.Where(l => l.Row == row && l.Stamp != own && RowLocks.Conflict(l.Mode, mode)).Select(l => l.Stamp)];
            List<Blocker> blockers = [];
            locks.FindBlockers(row, mode, own, blockers);
            CollectionAssert.AreEquivalent(conflicts, blockers.ConvertAll(b => b.Stamp), $"seed {seed} step {step}");
            TransactionStamp? blocker = locks.FindBlocker(row, mode, own);
            Assert.IsTrue(blocker is null ? conflicts.Count == 0 : conflicts.Contains(blocker), $"seed {seed} step {step}");
            Assert.AreEqual(model.Exists(l => l.Row == row && l.Stamp == own && RowLocks.Conflict(l.Mode, mode)), locks.Blocks(row, mode, own));
            Assert.AreEqual(model.Exists(l => l.Row == row && l.Stamp == own), locks.IsHeldBy(row, own));
            Assert.AreEqual(model.Select(l => l.Row).Distinct().Count(), locks.RowCount);
        }
    }
}
