using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Storage.Indexes;

namespace PhantomDb.Tests.Storage.Indexes;

/// <summary>Search among the keys of a node.</summary>
[TestClass]
public sealed class KeyProbeTests
{
    [TestMethod]
    public void Whatever_is_guessed_the_search_finds_the_same_place()
    {
        var random = new Random(1);
        var keys = new ulong[BTreeNode.Capacity];
        for (int round = 0; round < 400; round++)
        {
            int count = round < 2 * BTreeNode.Capacity ? round % (BTreeNode.Capacity + 1) : random.Next(BTreeNode.Capacity + 1);
            ulong step = (ulong)random.NextInt64(1, round % 3 == 0 ? 2 : round % 3 == 1 ? 100 : long.MaxValue / BTreeNode.Capacity);
            ulong next = (ulong)random.NextInt64();
            for (int i = 0; i < count; i++)
            {
                keys[i] = next;
                next += round % 4 == 3 ? (ulong)random.NextInt64(2) : step;   // with equal keys, or evenly spaced
            }
            Array.Fill(keys, ulong.MaxValue / 2, count, keys.Length - count);   // what an entry that is gone may have left
            for (int i = 0; i < 50; i++)
            {
                ulong key = count == 0 || i % 5 == 0 ? (ulong)random.NextInt64() : keys[random.Next(count)] + (ulong)random.Next(3) - 1;
                var probe = new UInt64Probe(key);
                int expected = keys.AsSpan(0, count).ToArray().Count(k => k < key);
                Assert.AreEqual(expected, probe.CountLess(ref keys[0], count));
                Assert.AreEqual(expected, probe.CountLess(ref keys[0], count, random.Next(-1, BTreeNode.Capacity + 1)));
                if (count > 0)
                {
                    int guess = probe.Guess(keys[0], keys[count - 1], count);
                    Assert.IsTrue(guess >= 0 && guess <= count);
                    Assert.AreEqual(expected, probe.CountLess(ref keys[0], count, guess));
                }
            }
        }
    }

    [TestMethod]
    [DataRow(0UL, ulong.MaxValue)]
    [DataRow(5UL, 5UL)]
    [DataRow(7UL, 3UL)]   // torn
    public void A_guess_stays_in_range_for_any_bounds(ulong low, ulong high)
    {
        foreach (ulong key in (ReadOnlySpan<ulong>)[0, 4, 5, 6, 1UL << 63, ulong.MaxValue - 1, ulong.MaxValue])
        {
            foreach (int count in (ReadOnlySpan<int>)[-1, 0, 1, BTreeNode.Capacity])
            {
                int guess = new UInt64Probe(key).Guess(low, high, count);
                Assert.IsTrue(guess is >= 0 and <= BTreeNode.Capacity);
            }
        }
    }
}
