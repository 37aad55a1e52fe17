using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Storage;

namespace PhantomDb.Tests.Storage;

/// <summary>Who inserted which rows of a slice.</summary>
[TestClass]
public sealed class SliceVersionsTests
{
    [TestMethod]
    public void Undoing_single_inserts_from_the_end_moves_nothing()
    {
        var versions = new SliceVersions();
        var stamp = new TransactionStamp();
        for (int row = 0; row < RowSlice.Capacity; row++)
        {
            versions.AddInsert(row, 1, stamp, command: row);
        }
        for (int row = RowSlice.Capacity - 1; row >= 0; row--)
        {
            versions.RemoveInserts(row, 1);
        }
        Assert.IsTrue(versions.IsEmpty);
        Assert.IsLessThanOrEqualTo(2L * RowSlice.Capacity, versions.InsertSteps);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void Random_ranges_are_those_of_an_array_of_stamps(int seed)
    {
        var random = new Random(seed);
        TransactionStamp[] stamps = [.. Enumerable.Range(0, 5).Select(_ => new TransactionStamp())];
        stamps[0].Publish(3);
        var versions = new SliceVersions();
        var model = new TransactionStamp?[200];
        for (int step = 0; step < 20_000; step++)
        {
            int first = random.Next(model.Length);
            int count = Math.Min(random.Next(1, 12), model.Length - first);
            if (random.Next(500) == 0)
            {
                versions.RemoveInsertsUpTo(3);
                Array.ForEach(Enumerable.Range(0, model.Length).ToArray(), row => model[row] = ReferenceEquals(model[row], stamps[0]) ? null : model[row]);
            }
            else if (random.Next(2) == 0)
            {
                versions.RemoveInserts(first, count);
                Array.Clear(model, first, count);
            }
            else if (model.AsSpan(first, count).IndexOfAnyExcept((TransactionStamp?)null) < 0)
            {
                TransactionStamp stamp = stamps[random.Next(stamps.Length)];
                versions.AddInsert(first, count, stamp, random.Next(2));
                Array.Fill(model, stamp, first, count);
            }
            for (int row = 0; row < model.Length; row++)
            {
                Assert.AreSame(model[row], versions.InsertStampOf(row), $"seed {seed} step {step} row {row}");
                bool isHidden = model[row] is { } by && !new ReadView(5).Sees(by, 0);
                Assert.AreEqual(isHidden, versions.IsInsertHidden(row, new ReadView(5)));
            }
        }
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void Merged_inserts_are_seen_by_everybody_as_before(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 500; round++)
        {
            var versions = new SliceVersions();
            long visible = random.Next(100, 200);
            List<long> active = [.. Enumerable.Range(0, random.Next(3)).Select(_ => random.NextInt64(visible)), visible];
            active.Sort();
            int row = 0;
            var values = new List<long>();
            while (row < 1000)
            {
                row += random.Next(20) == 0 ? 3 : 0;
                int count = random.Next(1, 4);
                var stamp = new TransactionStamp();
                long value = random.Next(20) == 0 ? TransactionStamp.Uncommitted : random.NextInt64(visible + 20);   // as a commit that is visible a moment later
                stamp.Publish(value);
                versions.AddInsert(row, count, stamp, command: 0);
                row += count;
                values.Add(value);
            }
            long[] readers = [.. active, visible + 1, visible + 5, visible + 100];
            bool[][] before = Hidden();
            int ranges = versions.InsertCount;
            versions.MergeInserts(visible, active);
            bool[][] after = Hidden();
            Assert.IsTrue(before.Zip(after).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second)), $"seed {seed} round {round}");
            Assert.IsLessThan(ranges, versions.InsertCount);

            bool[][] Hidden() => [.. readers.Select(t => Enumerable.Range(0, row).Select(r => versions.IsInsertHidden(r, new ReadView(t))).ToArray())];
        }
    }
}
