using System.Text;
using PhantomDb.Storage.Indexes;

namespace PhantomDb.Tests.Storage.Indexes;

[TestClass]
public sealed class OrderedIndexTests
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow(KeyKind.UInt64, 1_000_000, 20_000)]
    [DataRow(KeyKind.UInt64, 300, 20_000)]
    [DataRow(KeyKind.UInt64, 2, 20_000)]
    [DataRow(KeyKind.UInt128, 1_000_000, 10_000)]
    [DataRow(KeyKind.UInt128, 50, 10_000)]
    [DataRow(KeyKind.Bytes, 1_000_000, 10_000)]
    [DataRow(KeyKind.Bytes, 50, 10_000)]
    public void An_index_agrees_with_a_sorted_set_while_it_grows_and_shrinks_to_empty(object kind, int keyCount, int operations)
    {
        (Random random, Model model) = Begin((KeyKind)kind, keyCount);
        for (int i = 0; i < operations; i++)
            model.Change(random, insertPercent: 75);
        model.Verify(random);
        for (int i = 0; i < operations; i++)
            model.Change(random, insertPercent: 40);
        model.Verify(random);
        while (model.Entries.Count > 0)
        {
            model.Change(random, insertPercent: 5);
            if (model.Entries.Count % 1000 == 500)
                model.Verify(random);
        }
        model.Verify(random);
        Assert.IsLessThanOrEqualTo(20_000L, model.Index.SizeBytes - HeapBytes(model.Index), "An empty tree keeps no nodes.");
    }

    [TestMethod]
    [DataRow(KeyKind.UInt64)]
    [DataRow(KeyKind.UInt128)]
    [DataRow(KeyKind.Bytes)]
    public void A_key_gets_its_only_entry_by_one_descent(object kind)
    {
        (Random random, Model model) = Begin((KeyKind)kind, 1_000_000);
        for (int i = 0; i < 20_000; i++)
            model.Insert(Model.Key((KeyKind)kind, random.Next(30_000)), 1);
        for (int i = 0; i < 20_000; i++)
            model.Change(random, insertPercent: 50);
        model.Verify(random);
        Assert.IsLessThan(200, model.RefusedCount, "Only beside a separator is it not known that a key has no entry.");
    }

    [TestMethod]
    [DataRow(KeyKind.UInt64)]
    [DataRow(KeyKind.UInt128)]
    [DataRow(KeyKind.Bytes)]
    public void Removing_ascending_or_descending_frees_the_nodes(object kind)
    {
        foreach (bool descending in new[] { false, true })
        {
            (Random random, Model model) = Begin((KeyKind)kind, 1_000_000);
            for (int i = 0; i < 20_000; i++)
                model.Insert(Model.Key((KeyKind)kind, i), i);
            model.Verify(random);
            long full = model.Index.SizeBytes - HeapBytes(model.Index);
            for (int i = 0; i < 19_900; i++)
                model.Remove(Model.Key((KeyKind)kind, descending ? 19_999 - i : i), descending ? 19_999 - i : i);
            model.Verify(random);
            Assert.IsLessThan(full / 20, model.Index.SizeBytes - HeapBytes(model.Index));
        }
    }

    [TestMethod]
    public void Ascending_keys_leave_full_leaves_and_random_keys_leaves_of_two_thirds()
    {
        (Random random, _) = Begin(KeyKind.UInt64, 0);
        var ascending = new BTree<ulong, UInt64Probe>();
        var shuffled = new BTree<ulong, UInt64Probe>();
        int[] order = Enumerable.Range(0, 200_000).ToArray();
        random.Shuffle(order);
        for (int i = 0; i < order.Length; i++)
        {
            Assert.IsTrue(ascending.Insert(new UInt64Probe((ulong)i), i));
            Assert.IsTrue(shuffled.Insert(new UInt64Probe((ulong)order[i]), i));
        }
        Assert.IsLessThan(17.0, (double)ascending.SizeBytes / order.Length);
        Assert.IsLessThan(25.0, (double)shuffled.SizeBytes / order.Length);
    }

    [TestMethod]
    public void Appending_sorted_entries_loads_a_tree()
    {
        ulong[] keys = Enumerable.Range(0, 10_000).Select(i => (ulong)(i / 3)).ToArray();
        long[] rowIds = Enumerable.Range(0, 10_000).Select(i => (long)i).ToArray();
        var tree = new BTree<ulong, UInt64Probe>();
        tree.Append(keys, rowIds);
        var cursor = tree.CreateCursor();
        cursor.Seek([], []);
        var foundKeys = new ulong[10_001];
        var foundRowIds = new long[10_001];
        Assert.AreEqual(10_000, cursor.NextBatch(foundKeys, foundRowIds));
        CollectionAssert.AreEqual(keys, foundKeys[..10_000]);
        CollectionAssert.AreEqual(rowIds, foundRowIds[..10_000]);
        Assert.IsTrue(tree.TryFindEdge(greatest: true, out ulong greatest, out long last));
        Assert.AreEqual((3333UL, 9999L), (greatest, last));
        Assert.IsTrue(tree.TryFindEdge(greatest: false, out ulong least, out long first));
        Assert.AreEqual((0UL, 0L), (least, first));
    }

    [TestMethod]
    [DataRow(KeyKind.UInt64)]
    [DataRow(KeyKind.UInt128)]
    [DataRow(KeyKind.Bytes)]
    public void A_cursor_neither_misses_nor_repeats_entries_while_others_come_and_go(object kind)
    {
        var keyKind = (KeyKind)kind;
        foreach (bool backward in new[] { false, true })
        {
            (Random random, Model model) = Begin(keyKind, 0);
            for (int i = 0; i < 3000; i++)
                model.Insert(Model.Key(keyKind, i * 2), i * 2);   // even ones stay, odd ones come and go
            IndexCursor cursor = model.Index.CreateCursor();
            cursor.Seek([], [], backward);
            var seen = new List<long>();
            long[] batch = new long[7];
            for (int taken; (taken = cursor.NextBatch(batch)) > 0;)
            {
                seen.AddRange(batch[..taken]);
                for (int i = 0; i < 20; i++)
                {
                    int odd = (random.Next(3000) * 2) + 1;
                    if (!model.Insert(Model.Key(keyKind, odd), odd))
                        model.Remove(Model.Key(keyKind, odd), odd);
                }
                if (seen.Count % 5 == 0)
                    model.Index.RewriteIfMostlyDead();
            }
            long[] even = seen.Where(rowId => rowId % 2 == 0).ToArray();
            if (backward)
                Array.Reverse(even);
            CollectionAssert.AreEqual(model.Entries.Select(entry => entry.RowId).Where(rowId => rowId % 2 == 0).ToArray(), even);
            CollectionAssert.AllItemsAreUnique(seen);
        }
    }

    [TestMethod]
    [DataRow(KeyKind.UInt64)]
    [DataRow(KeyKind.UInt128)]
    [DataRow(KeyKind.Bytes)]
    public void Forks_go_their_own_ways(object kind)
    {
        (Random random, Model model) = Begin((KeyKind)kind, 5000);
        for (int i = 0; i < 5000; i++)
            model.Change(random, insertPercent: 90);
        var models = new List<Model> { model };
        for (int round = 0; round < 6; round++)
        {
            models.Add(models[random.Next(models.Count)].Fork());
            for (int i = 0; i < 2000; i++)
                models[random.Next(models.Count)].Change(random, insertPercent: 10 + (round * 10));
            models.ForEach(each => each.Verify(random));
        }
    }

    [TestMethod]
    public void Space_of_removed_long_keys_comes_back()
    {
        (Random random, Model model) = Begin(KeyKind.Bytes, 0);
        for (int i = 0; i < 20_000; i++)
            model.Insert(Encoding.UTF8.GetBytes($"a long common prefix {i:D8}\0"), i);
        long before = model.Index.SizeBytes;
        for (int i = 0; i < 18_000; i++)
            model.Remove(Encoding.UTF8.GetBytes($"a long common prefix {i:D8}\0"), i);
        model.Index.RewriteIfMostlyDead();
        model.Verify(random);
        Assert.IsLessThan(before / 4, model.Index.SizeBytes);
        model.Index.Clear();
        Assert.AreEqual(0, model.Index.Count);
        Assert.IsFalse(model.Index.TryFind("a long common prefix 00019999\0"u8, out _));
    }

    [TestMethod]
    public void Keys_as_long_as_several_blocks_are_kept_and_longer_ones_are_refused()
    {
        OrderedIndex index = OrderedIndex.Create(KeyKind.Bytes);
        var key = new byte[KeyView.LengthMax];
        for (int i = 0; i < 5; i++)
        {
            key[^1] = (byte)i;
            Assert.IsTrue(index.Insert(key, i));
            Assert.IsTrue(index.Insert(key.AsSpan(0, 100 + i), i));
        }
        key[^1] = 3;
        Assert.IsTrue(index.TryFind(key, out long rowId));
        Assert.AreEqual(3, rowId);
        var error = Assert.ThrowsExactly<PhantomDbException>(() => index.Insert(new byte[KeyView.LengthMax + 1], 9));
        Assert.AreEqual("54000", error.SqlState);
        Assert.AreEqual(10, index.Count);
    }

    private static long HeapBytes(OrderedIndex index) => index is BTree<KeyView, BytesProbe> tree ? tree.CurrentContents.Heap!.SizeBytes : 0;

    [TestMethod]
    public void Ascending_keys_are_appended_at_once_where_they_are_above_all_others()
    {
        (Random random, _) = Begin(KeyKind.UInt64, 0);
        var tree = new BTree<ulong, UInt64Probe>();
        SortedList<ulong, long> expected = [];
        long rowId = 0, appended = 0;
        for (int i = 0; i < 400; i++)
        {
            ulong max = expected.Count == 0 ? 0 : expected.Keys[^1];
            bool isAbove = random.Next(4) > 0;
            ulong[] keys = new ulong[random.Next(3000)];
            ulong key = isAbove ? max + 1 + (ulong)random.Next(3) : max - Math.Min(max, (ulong)random.Next(10));
            for (int k = 0; k < keys.Length; k++, key += 1 + (ulong)random.Next(5))
                keys[k] = key;
            int done = 0;
            tree.TryAppend(keys, rowId, ref done);
            Assert.IsTrue(done == 0 || (isAbove && done == keys.Length), "all or none");
            appended += done;
            for (int k = done; isAbove && k < keys.Length; k++)
                Assert.IsTrue(tree.Insert(new UInt64Probe(keys[k]), rowId + k));   // where the end is not known
            for (int k = 0; isAbove && k < keys.Length; k++)
                expected.Add(keys[k], rowId + k);
            rowId += keys.Length;
            while (expected.Count < 3 || (random.Next(3) == 0 && random.Next(30) > 0))
            {
                ulong other = (ulong)random.NextInt64((long)max + 10);
                if (expected.TryAdd(other, rowId))
                    tree.Insert(new UInt64Probe(other), rowId++);
            }
            for (int removals = random.Next(3) == 0 ? random.Next(200) : 0; removals > 0 && expected.Count > 3; removals--)
            {
                ulong last = expected.Keys[^1];
                Assert.IsTrue(tree.Remove(new UInt64Probe(last), expected[last]));
                expected.Remove(last);
            }
        }
        IndexCursor cursor = tree.CreateCursor();
        cursor.Seek([], []);
        List<long> rowIds = [];
        Span<long> batch = stackalloc long[256];
        while (cursor.NextBatch(batch) is > 0 and int count)
            rowIds.AddRange(batch[..count]);
        CollectionAssert.AreEqual(expected.Values.ToList(), rowIds);
        Assert.AreEqual(expected.Count, tree.Count);
        Assert.IsGreaterThan(100_000, appended);
    }

    private (Random Random, Model Model) Begin(KeyKind kind, int keyCount)
    {
        int seed = Environment.TickCount;
        TestContext.WriteLine($"seed {seed}");
        return (new Random(seed), new Model(OrderedIndex.Create(kind), keyCount));
    }

    /// <summary>An index and what should be in it.</summary>
    private sealed class Model(OrderedIndex index, int keyCount)
    {
        private static readonly Comparer<(byte[] Key, long RowId)> Order = Comparer<(byte[] Key, long RowId)>.Create((a, b) =>
        {
            int order = a.Key.AsSpan().SequenceCompareTo(b.Key);
            return order != 0 ? order : a.RowId.CompareTo(b.RowId);
        });

        private int _insertCount;

        public OrderedIndex Index => index;

        public SortedSet<(byte[] Key, long RowId)> Entries { get; private init; } = new(Order);

        /// <summary>How often a key without entries was taken for one that may have some.</summary>
        public int RefusedCount { get; private set; }

        public Model Fork() => new(index.Fork(), keyCount) { Entries = new(Entries, Order) };

        /// <summary>Number n as a key: in order, prefix-free, and for bytes of many lengths with long common prefixes.</summary>
        public static byte[] Key(KeyKind kind, int n)
        {
            var key = new byte[20];
            switch (kind)
            {
                case KeyKind.UInt64:
                    return key[..KeyEncoder.EncodeInt64(n - 500L, key)];
                case KeyKind.UInt128:
                    int first = KeyEncoder.EncodeInt64(n / 10, key);
                    return key[..(first + KeyEncoder.EncodeInt32(n % 10, key.AsSpan(first)))];
                default:
                    string digits = (n % 3) switch { 0 => $"{n:D8}", 1 => $"{n - 1:D8}/1", _ => $"{n - 2:D8}/2 and a longer tail" };
                    return Encoding.UTF8.GetBytes((n % 1000 < 500 ? digits : "common prefix " + digits) + "\0");
            }
        }

        public void Change(Random random, int insertPercent)
        {
            if (random.Next(100) < insertPercent || Entries.Count == 0)
            {
                Insert(Key(index.Kind, random.Next(keyCount)), random.Next(keyCount < 1000 ? 1000 : 3));
                return;
            }
            (byte[] Key, long RowId) pivot = (Key(index.Kind, random.Next(keyCount)), random.Next(1000));
            (byte[] Key, long RowId) victim = Order.Compare(pivot, Entries.Max) <= 0 ? Entries.GetViewBetween(pivot, Entries.Max).Min : Entries.Min;
            Remove(victim.Key, victim.RowId);
            Assert.IsFalse(index.Remove(victim.Key, victim.RowId));
        }

        public bool Insert(byte[] key, long rowId)
        {
            bool isNew = !Entries.Contains((key, rowId));
            bool hasKey = Entries.GetViewBetween((key, 0), (key, long.MaxValue)).Count > 0;
            int way = ++_insertCount % 4;   // approached, or something else was, or nothing at all
            if (way != 0)
                index.Approach(key, way == 1 ? rowId + 1 : rowId);
            if (way == 2)
                index.Approach(Key(index.Kind, _insertCount % (keyCount + 1)), rowId);
            if (rowId % 2 == 1 && index.TryInsertOnly(key, rowId))
            {
                Assert.IsFalse(hasKey, "The key has an entry.");
                Entries.Add((key, rowId));
                return true;
            }
            if (isNew && !hasKey && rowId % 2 == 1)
                RefusedCount++;
            bool added = index.Insert(key, rowId);
            Assert.AreEqual(Entries.Add((key, rowId)), added);
            return added;
        }

        public void Remove(byte[] key, long rowId) => Assert.AreEqual(Entries.Remove((key, rowId)), index.Remove(key, rowId));

        public void Verify(Random random)
        {
            Assert.AreEqual(Entries.Count, index.Count);
            CollectionAssert.AreEqual(Entries.Select(entry => entry.RowId).ToArray(), Range([], [], false, 1000));
            CollectionAssert.AreEqual(Entries.Reverse().Select(entry => entry.RowId).ToArray(), Range([], [], true, 33));
            for (int i = 0; i < 100; i++)
                VerifyKey(random);
            for (int i = 0; i < 20; i++)
                VerifyRange(random);
        }

        private void VerifyKey(Random random)
        {
            byte[] key = Entries.Count > 0 && random.Next(2) == 0 ? Entries.ElementAt(random.Next(Math.Min(Entries.Count, 500))).Key : Key(index.Kind, random.Next(keyCount + 1));
            long[] expected = Entries.GetViewBetween((key, 0), (key, long.MaxValue)).Select(entry => entry.RowId).ToArray();
            Assert.AreEqual(expected.Length > 0, index.TryFind(key, out long first));
            if (expected.Length > 0)
            {
                Assert.AreEqual(expected[0], first);
                Assert.IsTrue(index.Contains(key, expected[^1]));
                long after = expected[random.Next(expected.Length)];
                var rest = new long[2000];
                int found = index.Find(key, rest, after);
                CollectionAssert.AreEqual(expected.Where(rowId => rowId > after).Take(2000).ToArray(), rest[..found]);
            }
            Assert.IsFalse(index.Contains(key, 1_000_000));   // above every row id of these tests
        }

        private void VerifyRange(Random random)
        {
            byte[] low = Cut(Key(index.Kind, random.Next(keyCount + 1)), random);
            byte[] high = Cut(Key(index.Kind, random.Next(keyCount + 1)), random);
            long[] expected = Entries.Where(entry => entry.Key.AsSpan().SequenceCompareTo(low) >= 0 && entry.Key.AsSpan().SequenceCompareTo(high) < 0)
                .Select(entry => entry.RowId).ToArray();
            CollectionAssert.AreEqual(expected, Range(low, high, false, 1 + random.Next(300)));
            Array.Reverse(expected);
            CollectionAssert.AreEqual(expected, Range(low, high, true, 1 + random.Next(300)));
        }

        private static byte[] Cut(byte[] key, Random random) => random.Next(2) == 0 ? key : key[..(1 + random.Next(key.Length))];

        private long[] Range(byte[] low, byte[] high, bool backward, int batchSize)
        {
            IndexCursor cursor = index.CreateCursor();
            cursor.Seek(low, high, backward);
            var batch = new long[batchSize];
            var all = new List<long>();
            for (int taken; (taken = cursor.NextBatch(batch)) > 0;)
                all.AddRange(batch.AsSpan(0, taken));
            return all.ToArray();
        }
    }
}
