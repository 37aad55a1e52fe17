using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Recovery;

namespace PhantomDb.Tests.Durability.Recovery;

[TestClass]
public sealed class RowHashesTests
{
    private readonly RowHashes _hashes = new();

    [TestMethod]
    [DataRow(new long[] { 1, 2, 3, 4 })]
    [DataRow(new long[] { 4, 3, 2, 1 })]
    [DataRow(new long[] { 3, 1, 4, 2 })]
    public void Rows_of_one_hash_come_by_their_ids_however_they_were_added(long[] ids)
    {
        Add(7, ids);
        Add(8, 9);
        CollectionAssert.AreEqual(new long[] { 1, 2, 3, 4 }, Of(7));
        CollectionAssert.AreEqual(new long[] { 9 }, Of(8));
        CollectionAssert.AreEqual(Array.Empty<long>(), Of(9));
    }

    [TestMethod]
    [DataRow(1L)]
    [DataRow(2L)]
    [DataRow(3L)]
    public void One_that_goes_leaves_the_others_in_order(long gone)
    {
        Add(7, 2, 3, 1);
        _hashes.Remove(7, gone);
        CollectionAssert.AreEqual(new long[] { 1, 2, 3 }.Where(id => id != gone).ToArray(), Of(7));
        Add(7, gone);
        CollectionAssert.AreEqual(new long[] { 1, 2, 3 }, Of(7));
    }

    [TestMethod]
    public void When_all_have_gone_nothing_is_left_and_others_may_come()
    {
        Add(7, 1, 2);
        Add(8, 5);
        _hashes.Remove(7, 1);
        _hashes.Remove(7, 2);
        CollectionAssert.AreEqual(Array.Empty<long>(), Of(7));
        CollectionAssert.AreEqual(new long[] { 5 }, Of(8));
        Add(7, 6, 4);
        CollectionAssert.AreEqual(new long[] { 4, 6 }, Of(7));
        _hashes.Remove(7, 6);
        CollectionAssert.AreEqual(new long[] { 4 }, Of(7));
    }

    [TestMethod]
    public void Whatever_is_done_it_is_as_a_sorted_set_for_each_hash()
    {
        var random = new Random(1);
        var model = new Dictionary<long, SortedSet<long>> { [0] = [], [1] = [], [2] = [] };
        for (int i = 0; i < 5000; i++)
        {
            long hash = random.Next(3), id = (random.Next(12) * 3) + hash;
            if (model[hash].Add(id))
            {
                _hashes.Add(hash, id);
            }
            else
            {
                model[hash].Remove(id);
                _hashes.Remove(hash, id);
            }
            CollectionAssert.AreEqual(model[hash].ToArray(), Of(hash));
        }
    }

    private void Add(long hash, params long[] ids) => Array.ForEach(ids, id => _hashes.Add(hash, id));

    private long[] Of(long hash) => [.. _hashes.Find(hash)];
}
