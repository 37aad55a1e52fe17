using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Storage;

namespace PhantomDb.Tests.Engine;

/// <summary>Holds the tables of a database against their indexes, below SQL.</summary>
internal static class StoredTables
{
    /// <summary>
    /// Every row has its entry in every index that it belongs to, and no entry is left over; a partial index has as many as a
    /// query finds that computes its predicate anew. Nobody may be writing or reading.
    /// </summary>
    internal static void Check(Database database)
    {
        database.Transactions.CleanUpWaiting();
        foreach (TableStore table in database.Storage.Tables.Values)
        {
            Assert.IsFalse(table.NeedsCleanup);
            (RowSlice[] slices, int count) = table.CurrentSlices();
            long rowCount = 0;
            long[] entryCounts = new long[table.Indexes.Length];
            for (int i = 0; i < count; i++)
            {
                Assert.IsNull(slices[i].Versions);
                for (int row = 0; row < slices[i].RowCount; row++)
                {
                    if (slices[i].IsLive(row))
                    {
                        rowCount++;
                        CheckEntries(table, slices[i], row, ((long)i << RowSlice.CapacityBits) + row, entryCounts);
                    }
                }
            }
            Assert.AreEqual(table.RowCount, rowCount);
            for (int k = 0; k < entryCounts.Length; k++)
            {
                TableIndex index = table.Indexes[k];
                Assert.AreEqual(entryCounts[k], index.Tree.Count, index.Definition.Name);
                Assert.AreEqual(index.Definition.IsPartial ? CountByPredicate(database, table, index) : rowCount, entryCounts[k], index.Definition.Name);
            }
        }
    }

    private static void CheckEntries(TableStore table, RowSlice slice, int row, long rowId, long[] entryCounts)
    {
        for (int k = 0; k < entryCounts.Length; k++)
        {
            TableIndex index = table.Indexes[k];
            if (index.Contains(slice, row, null))
            {
                index.Encode(index.Writer, slice, row, null);
                Assert.IsTrue(index.Tree.Contains(index.Writer.Key, rowId), index.Definition.Name);
                entryCounts[k]++;
            }
        }
    }

    private static long CountByPredicate(Database database, TableStore table, TableIndex index)
    {
        using Session session = database.OpenSession();
        string predicate = table.Definition.FindExpression(index.Definition.PredicateNumber)!.Text;
        return long.Parse(
            SessionSteps.Run(session, $"SELECT count(*) FROM {table.Definition.Name} WHERE ({predicate}) IS TRUE"), System.Globalization.CultureInfo.InvariantCulture);
    }
}
