using System.Globalization;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;
using PhantomDb.Storage;
using PhantomDb.Transactions;

namespace PhantomDb.Tests.Transactions;

/// <summary>Places among equal rows, by indexes and by scans, are those that a look at all rows gives.</summary>
[TestClass]
public sealed class EqualRowsTests
{
    [TestMethod]
    [DataRow("")]
    [DataRow("create index on k (a)")]
    [DataRow("create index on k (b, a)")]
    [DataRow("create index on k (c); create index on k (e desc, d)")]
    [DataRow("create index on k (a) where b = 'b1'; create index on k ((a + 1))")]
    [DataRow("create unique index on k (f)")]
    [DataRow("delete from k where f is null; create unique index on k (f) nulls not distinct")]
    [DataRow("alter table k add unique (f) deferrable")]
    public void Places_are_those_that_a_look_at_all_rows_gives(string statements)
    {
        var random = new Random(7);
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run("create table k (a int, b text, c numeric, d double precision, e date, f int, g uuid)");
        Run("insert into k select case when g % 7 = 0 then null else g % 3 end, case when g % 5 = 0 then null else 'b' || g % 2 end, 1.5, case when g % 2 = 0 then 0.0 else -0.0 end, "
            + "date '2024-01-01' + g % 2, case when g % 4 = 0 then g end, case when g % 9 = 0 then null else '00000000-0000-0000-0000-000000000001'::uuid end from generate_series(1, 5000) g");
        foreach (string statement in statements.Split("; ", StringSplitOptions.RemoveEmptyEntries))
        {
            Run(statement);
        }
        Run("delete from k where a = 1 and f is null and random() < 0.3");
        Run("begin");
        Run("update k set a = 2 where random() < 0.2");   // not committed: what was there before counts
        Run("delete from k where random() < 0.1");
        TableStore table = database.Storage.Tables.Values.Single();
        Dictionary<long, int> expected = Expected(table);
        foreach (int count in (int[])[1, 1, 1, 1, 2, 10, 500, 100_000])
        {
            long[] rowIds = [.. expected.Keys.OrderBy(_ => random.Next()).Take(count).Order()];

            Dictionary<long, int> places = new EqualRows(table, new RowImage(table)).PlacesOf(rowIds);

            foreach (long rowId in rowIds)
            {
                Assert.AreEqual(expected[rowId], places.GetValueOrDefault(rowId, 1), string.Create(CultureInfo.InvariantCulture, $"{statements}, {count} rows, row {rowId}"));
            }
        }
        Run("rollback");

        void Run(string sql)
        {
            using QueryResult result = session.Execute(sql);
        }
    }

    private static Dictionary<long, int> Expected(TableStore table)
    {
        var image = new RowImage(table);
        Dictionary<long, int> places = [];
        Dictionary<string, int> counts = [];
        for (long rowId = 0; rowId < 10_000; rowId++)
        {
            if (table.TryRead(rowId, new ReadView(PhantomDb.Storage.RowWriter.AnyCommitted), image.Row))
            {
                var batch = new LogBatch();
                batch.Begin(LogOperation.Insert, []);
                image.Write(batch);
                batch.End();
                string text = Encoding.UTF8.GetString(batch.Body(0));
                places[rowId] = counts[text] = counts.GetValueOrDefault(text) + 1;
            }
        }
        return places;
    }
}
