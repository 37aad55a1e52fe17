using System.Data;
using System.Globalization;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Tests.Engine;

[TestClass]
public sealed class BulkInsertTests
{
    private sealed record Fruit(int Id, string? Name, decimal Price);

    private readonly Database _database = Database.CreateInMemory();
    private readonly Session _session;

    public BulkInsertTests()
    {
        _session = _database.OpenSession();
        Run("CREATE TABLE \"Fruit bowl\" (id int PRIMARY KEY, \"Name\" text, price numeric(6,2), made date DEFAULT '2026-11-22')");
    }

    [TestCleanup]
    public void Close()
    {
        _session.Dispose();
        _database.Dispose();
    }

    [TestMethod]
    public void Objects_become_rows_and_rows_objects()
    {
        Fruit[] fruit = [.. Enumerable.Range(1, 3000).Select(i => new Fruit(i, i % 3 == 0 ? null : $"fruit {i}", i / 10m))];
        Assert.AreEqual(3000, _session.Insert("\"Fruit bowl\"", fruit, ("id", f => f.Id), ("Name", f => f.Name), ("price", f => f.Price)));
        Fruit[] back = [.. _session.Execute("SELECT id, \"Name\", price FROM \"Fruit bowl\" ORDER BY id").Rows(row => new Fruit(row.GetInt32(0), row.IsNull(1) ? null : row.GetString(1), row.GetDecimal(2)))];
        CollectionAssert.AreEqual(fruit, back);
        Assert.AreEqual("3000", Text("SELECT count(*) FROM \"Fruit bowl\" WHERE made = '2026-11-22'"));
        Assert.AreEqual(0, _session.Insert<Fruit>("\"Fruit bowl\"", [], ("id", f => f.Id)));
        Assert.IsFalse(_session.IsInTransaction);
    }

    [TestMethod]
    public void A_DataTable_becomes_rows_and_rows_a_DataTable()
    {
        using DataTable table = new() { Locale = CultureInfo.InvariantCulture };
        table.Columns.Add("Name", typeof(string));
        table.Columns.Add("id", typeof(long));
        table.Rows.Add("apple", 1);
        table.Rows.Add(DBNull.Value, 2);
        table.Rows.Add("gone", 3);
        table.AcceptChanges();
        table.Rows[2].Delete();
        Assert.AreEqual(2, _session.Insert("\"Fruit bowl\"", table));

        using DataTable back = _session.Execute("SELECT *, id AS made, '2026-11-22 10:00'::timestamp FROM \"Fruit bowl\" ORDER BY id").ToDataTable();
        Assert.AreEqual("id Int32, Name String, price Decimal, made DateOnly, made1 Int32, timestamp DateTime", string.Join(", ", back.Columns.Cast<DataColumn>().Select(column => $"{column.ColumnName} {column.DataType.Name}")));
        Assert.AreEqual("1,apple,,2026-11-22,1,2026-11-22|2,,,2026-11-22,2,2026-11-22", string.Join('|', back.Rows.Cast<DataRow>().Select(row =>
            string.Join(',', row.ItemArray.Select(value => value is IFormattable day and (DateOnly or DateTime) ? day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : value)))));
        Assert.AreEqual(DataRowState.Unchanged, back.Rows[0].RowState);
        using DataTable none = _session.Execute("SELECT * FROM \"Fruit bowl\" WHERE false").ToDataTable();
        Assert.AreEqual(typeof(DateOnly), none.Columns["made"]!.DataType);
    }

    [TestMethod]
    public void Each_column_tells_the_type_that_its_values_have()
    {
        const string Types = "true::boolean, 1::smallint, 1::integer, 1::bigint, 1::oid, 1.5::numeric, 1::real, 1::double precision, 'a'::text, 'a'::varchar(2), 'a'::char(2), 'a'::bytea, "
            + "'2026-11-22'::date, '10:00'::time, '2026-11-22'::timestamp, '2026-11-22'::timestamptz, '1 day'::interval, '00000000-0000-0000-0000-000000000001'::uuid, 'a'::name, 'pg_class'::regclass";
        using QueryResult row = _session.Execute($"SELECT {Types}");
        Assert.IsTrue(row.Read());
        foreach ((ResultColumn column, int i) in row.Columns.Select((column, i) => (column, i)))
        {
            Assert.AreEqual(row.GetValue(i).GetType(), column.ClrType, column.TypeName);
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_row_that_does_not_fit_takes_all_back_and_is_named(bool isInTransaction)
    {
        if (isInTransaction)
        {
            Run("BEGIN");
        }
        Run("INSERT INTO \"Fruit bowl\" VALUES (500)");
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => _session.Insert("\"Fruit bowl\"", Enumerable.Range(0, 1000), ("id", id => id)));
        Assert.AreEqual(("23505", "row 501 of the bulk insert"), (error.SqlState, error.Where));
        Assert.ThrowsExactly<FormatException>(() => _session.Insert("\"Fruit bowl\"", Enumerable.Range(0, 3), ("id", id => id == 2 ? throw new FormatException() : id)));
        Assert.ThrowsExactly<NotSupportedException>(() => _session.Insert("\"Fruit bowl\"", Enumerable.Range(0, 3), ("id", id => id == 2 ? new object() : id)));
        Assert.AreEqual("500", Text("SELECT string_agg(id::text, ',') FROM \"Fruit bowl\""), "the transaction goes on");
        Assert.AreEqual(3, _session.Insert("\"Fruit bowl\"", Enumerable.Range(0, 3), ("id", id => id)));
        Assert.AreEqual(isInTransaction, _session.IsInTransaction);
        if (isInTransaction)
        {
            Run("COMMIT");
        }
        Assert.AreEqual("4", Text("SELECT count(*) FROM \"Fruit bowl\""));
    }

    [TestMethod]
    public void Rows_that_are_not_completed_are_taken_back()
    {
        using (BulkInsert insert = _session.BeginInsert("\"Fruit bowl\"", "id"))
        {
            insert.Write(1);
            Assert.AreEqual(1, insert.RowCount);
        }
        Assert.AreEqual("0", Text("SELECT count(*) FROM \"Fruit bowl\""));
        using (BulkInsert insert = _session.BeginInsert("\"Fruit bowl\""))
        {
            Assert.AreEqual("id,Name,price,made", string.Join(',', insert.Columns));
            Assert.ThrowsExactly<ArgumentException>(() => insert.Write(1, "apple"));
            insert.Write(1, "apple", 1.5m, null);
            Assert.AreEqual(1, insert.Complete());
            Assert.ThrowsExactly<InvalidOperationException>(() => insert.Write(2, "pear", 1.5m, null));
            Assert.ThrowsExactly<InvalidOperationException>(() => insert.Complete());
        }
        Assert.AreEqual("1", Text("SELECT count(*) FROM \"Fruit bowl\""));
    }

    [TestMethod]
    public void Nothing_counts_as_kept_where_the_transaction_has_failed_meanwhile()
    {
        using (BulkInsert insert = _session.BeginInsert("\"Fruit bowl\"", "id"))
        {
            insert.Write(1);
            Assert.AreEqual("22012", Assert.ThrowsExactly<PhantomDbException>(() => Run("INSERT INTO \"Fruit bowl\" VALUES (1/0)")).SqlState);
            Assert.AreEqual("25P02", Assert.ThrowsExactly<PhantomDbException>(() => insert.Complete()).SqlState);
            Assert.ThrowsExactly<InvalidOperationException>(() => insert.Complete());
        }
        Run("BEGIN");
        using (BulkInsert insert = _session.BeginInsert("\"Fruit bowl\"", "id"))
        {
            insert.Write(1);
            Assert.ThrowsExactly<PhantomDbException>(() => Run("INSERT INTO \"Fruit bowl\" VALUES (1/0)"));
            Assert.AreEqual("25P02", Assert.ThrowsExactly<PhantomDbException>(() => insert.Complete()).SqlState);
        }
        Run("INSERT INTO \"Fruit bowl\" VALUES (2)");
        Run("COMMIT");
        Assert.AreEqual("2", Text("SELECT string_agg(id::text, ',') FROM \"Fruit bowl\""));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void While_one_is_under_way_nobody_else_ends_its_transaction_or_begins_another(bool isInTransaction)
    {
        Run("CREATE TABLE seed (fruit int)");
        if (isInTransaction)
        {
            Run("BEGIN");
        }
        using PreparedStatement commit = _session.Prepare("COMMIT");
        BulkInsert insert = _session.BeginInsert("\"Fruit bowl\"", "id");
        insert.Write(1);
        Run("INSERT INTO seed VALUES (1)");   // of the same transaction
        Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(() => _session.BeginInsert("seed")).SqlState);
        foreach (string command in new[] { "BEGIN", "COMMIT", "COMMIT AND CHAIN", "ROLLBACK AND CHAIN", "SAVEPOINT a", "RELEASE SAVEPOINT phantomdb_bulk_insert", "ROLLBACK TO SAVEPOINT phantomdb_bulk_insert" })
        {
            Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(() => Run(command)).SqlState, command);
        }
        Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(() => commit.Execute().Dispose()).SqlState);
        insert.Write(2);
        Assert.AreEqual(2, insert.Complete());
        Assert.AreEqual(isInTransaction, _session.IsInTransaction);
        using (BulkInsert seeds = _session.BeginInsert("seed"))
        {
            seeds.Write(2);
            using (QueryResult open = _session.Execute("SELECT * FROM generate_series(1, 10000)"))
            {
                open.Read();
                Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(seeds.Dispose).SqlState);
            }
        }
        insert.Dispose();
        if (isInTransaction)
        {
            commit.Execute().Dispose();
        }
        Assert.AreEqual("2", Text("SELECT count(*) FROM \"Fruit bowl\""));
        Assert.AreEqual("1", Text("SELECT string_agg(fruit::text, ',') FROM seed"));
        Assert.IsFalse(_session.IsInTransaction);
    }

    [TestMethod]
    public void One_that_has_failed_at_its_end_leaves_the_next_transaction_alone()
    {
        Run("CREATE TABLE seed (fruit int REFERENCES \"Fruit bowl\" DEFERRABLE INITIALLY DEFERRED)");
        BulkInsert insert = _session.BeginInsert("seed");
        insert.Write(7);
        Assert.AreEqual("23503", Assert.ThrowsExactly<PhantomDbException>(() => insert.Complete()).SqlState);
        Run("BEGIN");
        Run("INSERT INTO \"Fruit bowl\" VALUES (3)");
        insert.Dispose();
        Run("COMMIT");
        Assert.AreEqual("3", Text("SELECT string_agg(id::text, ',') FROM \"Fruit bowl\""));
    }

    [TestMethod]
    public void A_constraint_that_is_checked_at_the_end_takes_all_back()
    {
        Run("CREATE TABLE seed (fruit int REFERENCES \"Fruit bowl\" DEFERRABLE INITIALLY DEFERRED)");
        Assert.AreEqual("23503", Assert.ThrowsExactly<PhantomDbException>(() => _session.Insert("seed", [1, 2], ("fruit", id => id))).SqlState);
        Assert.AreEqual("0", Text("SELECT count(*) FROM seed"));
        Assert.IsFalse(_session.IsInTransaction);
    }

    [TestMethod]
    public void Misuse_is_refused_before_anything_is_written()
    {
        Assert.AreEqual("42P01", Assert.ThrowsExactly<PhantomDbException>(() => _session.BeginInsert("nothing")).SqlState);
        Assert.AreEqual("42703", Assert.ThrowsExactly<PhantomDbException>(() => _session.BeginInsert("\"Fruit bowl\"", "colour")).SqlState);
        Assert.ThrowsExactly<PhantomDbException>(() => _session.BeginInsert("\"Fruit bowl\"; DROP TABLE \"Fruit bowl\""));
        Assert.ThrowsExactly<ArgumentException>(() => _session.BeginInsert(" "));
        Assert.ThrowsExactly<ArgumentException>(() => _session.Insert("\"Fruit bowl\"", [1]));
        using DataTable empty = new() { Locale = CultureInfo.InvariantCulture };
        Assert.ThrowsExactly<ArgumentException>(() => _session.Insert("\"Fruit bowl\"", empty));
        Assert.IsFalse(_session.IsInTransaction);
        using (QueryResult open = _session.Execute("SELECT * FROM generate_series(1, 10000)"))
        {
            open.Read();
            PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => _session.BeginInsert("\"Fruit bowl\""));
            Assert.AreEqual("55006", error.SqlState);
            Assert.Contains("Rows", error.Hint!);
        }
        BulkInsert insert = _session.BeginInsert("\"Fruit bowl\"", "id");
        insert.Write(1);
        _session.Dispose();
        insert.Dispose();
        using Session other = _database.OpenSession();
        using QueryResult count = other.Execute("SELECT count(*) FROM \"Fruit bowl\"");
        Assert.AreEqual(0, count.Rows(row => row.GetInt64(0)).Single());
    }

    [TestMethod]
    public async Task Awaited_rows_are_durable()
    {
        SimulatedDisk disk = new();
        DatabaseOptions options = new() { DataDirectory = "/data", FileSystem = disk };
        Database database = Database.Open("shop", options);
        using (Session session = database.OpenSession())
        {
            session.Execute("CREATE TABLE t (a int)").Dispose();
            using BulkInsert insert = session.BeginInsert("t");
            for (int i = 0; i < 100; i++)
            {
                insert.Write(i);
            }
            Assert.AreEqual(100, await insert.CompleteAsync().ConfigureAwait(false));
        }
        using Database again = Database.Open("shop", options with { IsReadOnly = true });   // as if the first had been killed
        using Session reader = again.OpenSession();
        Assert.AreEqual(100, reader.Execute("SELECT count(*) FROM t").Rows(row => row.GetInt64(0)).Single());
        database.Dispose();
    }

    [TestMethod]
    public void Rows_that_are_not_all_asked_for_end_with_the_enumeration()
    {
        IEnumerable<int> rows = _session.Execute("SELECT i FROM generate_series(1, 100000) AS i").Rows(row => row.GetInt32(0));
        CollectionAssert.AreEqual(new[] { 1, 2, 3 }, rows.Take(3).ToArray());
        Run("CREATE TABLE t (a int)");   // would be refused beside an open result
        Assert.ThrowsExactly<ObjectDisposedException>(() => rows.First());
    }

    private void Run(string sql) => _session.Execute(sql).Dispose();

    private string Text(string sql) => _session.Execute(sql).Rows(row => row.GetText(0)).Single();
}
