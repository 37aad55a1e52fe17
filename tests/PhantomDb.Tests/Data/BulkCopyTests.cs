using System.Data;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Data;

namespace PhantomDb.Tests.Data;

[TestClass]
public sealed class BulkCopyTests : DataTest
{
    private sealed record Item(int Id, string? Name, decimal Price);

    private static readonly Func<Item, object?>[] Columns = [item => item.Id, item => item.Name, item => item.Price];

    [TestMethod]
    public void Objects_become_rows_with_defaults_for_the_columns_that_they_lack()
    {
        using PhantomDbConnection connection = OpenShop();
        PhantomDbBulkCopy copy = new(connection) { DestinationTableName = "\"Item list\"", DestinationColumns = { "id", "Name", "price" } };
        Assert.AreEqual(1000, copy.WriteToServer(Items(1000), Columns));
        Assert.AreEqual("1000,499500,333", Rows(connection, "SELECT count(*), sum(id), count(*) - count(\"Name\") - 1 FROM \"Item list\" WHERE made = '2026-11-22'"));
        Assert.AreEqual("7,item 7,0.70", Rows(connection, "SELECT id, \"Name\", price FROM \"Item list\" WHERE id = 7"));
        Assert.AreEqual(0, copy.WriteToServer<Item>([], Columns));
        Assert.IsFalse(connection.Session.IsInTransaction);
    }

    [TestMethod]
    public void A_DataTable_and_a_reader_give_what_they_have()
    {
        using PhantomDbConnection connection = OpenShop(), other = OpenShop();
        using DataTable table = new() { Locale = CultureInfo.InvariantCulture };
        table.Columns.Add("a", typeof(int));
        table.Columns.Add("b", typeof(string));
        table.Columns.Add("c", typeof(decimal));
        table.Columns.Add("d", typeof(DateOnly));
        table.Rows.Add(1, "one", 1.5m, new DateOnly(2026, 1, 1));
        table.Rows.Add(2, DBNull.Value, DBNull.Value, DBNull.Value);
        table.Rows.Add(3, "gone", 0m, DBNull.Value);
        table.AcceptChanges();
        table.Rows[2].Delete();
        PhantomDbBulkCopy copy = new(connection) { DestinationTableName = "\"Item list\"" };
        Assert.AreEqual(2, copy.WriteToServer(table));
        using PhantomDbCommand all = new("SELECT id + 10, \"Name\", price, made FROM \"Item list\" ORDER BY id", connection);
        using (PhantomDbDataReader reader = all.ExecuteReader())
        {
            Assert.AreEqual(2, new PhantomDbBulkCopy(other) { DestinationTableName = "public.\"Item list\"" }.WriteToServer(reader));
        }
        Assert.AreEqual("11,one,1.50,01/01/2026|12,,,", Rows(other, "SELECT * FROM \"Item list\" ORDER BY id"));
        using DataTable back = new() { Locale = CultureInfo.InvariantCulture };
        using (PhantomDbDataReader reader = all.ExecuteReader())
        {
            back.Load(reader);
        }
        Assert.AreEqual("12", string.Join(',', back.Rows[1].ItemArray.Where(value => value is not DBNull)));
    }

    [TestMethod]
    public async Task Rows_that_come_in_their_time_are_awaited()
    {
        using PhantomDbConnection connection = OpenShop(), other = OpenShop();
        PhantomDbBulkCopy copy = new(connection) { DestinationTableName = "\"Item list\"", DestinationColumns = { "id", "Name", "price" } };
        Assert.AreEqual(10, await copy.WriteToServerAsync(Later(Items(10)), Columns).ConfigureAwait(false));
        using PhantomDbCommand all = new("SELECT id, \"Name\", price FROM \"Item list\"", connection);
        using (PhantomDbDataReader reader = all.ExecuteReader())
        {
            PhantomDbBulkCopy second = new(other) { DestinationTableName = "\"Item list\"", DestinationColumns = { "id", "Name", "price" } };
            Assert.AreEqual(10, await second.WriteToServerAsync(reader).ConfigureAwait(false));
        }
        Assert.AreEqual("10", Rows(other, "SELECT count(*) FROM \"Item list\""));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_row_that_does_not_fit_takes_all_back_and_is_named(bool isInTransaction)
    {
        using PhantomDbConnection connection = OpenShop();
        using PhantomDbTransaction? transaction = isInTransaction ? connection.BeginTransaction() : null;
        Run(connection, "INSERT INTO \"Item list\" VALUES (500)");
        PhantomDbBulkCopy copy = new(connection) { DestinationTableName = "\"Item list\"", DestinationColumns = { "id", "Name", "price" } };
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => copy.WriteToServer(Items(1000), Columns));
        Assert.AreEqual(("23505", "row 501 of the bulk insert"), (error.SqlState, error.Where));
        Assert.AreEqual("500", Rows(connection, "SELECT id FROM \"Item list\""), "the transaction goes on");
        error = Assert.ThrowsExactly<PhantomDbException>(() => copy.WriteToServer([1, 2], id => id, id => "x", id => id == 2 ? "dear" : 1));
        Assert.AreEqual(("22P02", "row 2 of the bulk insert"), (error.SqlState, error.Where));
        Assert.ThrowsExactly<FormatException>(() => copy.WriteToServer(Items(3).Select(item => item.Id == 2 ? throw new FormatException() : item), Columns));
        Assert.AreEqual(3, copy.WriteToServer(Items(3), Columns));
        transaction?.Commit();
        Assert.AreEqual("4", Rows(connection, "SELECT count(*) FROM \"Item list\""));
    }

    [TestMethod]
    public void Progress_is_told_and_can_end_the_copy()
    {
        using PhantomDbConnection connection = OpenShop();
        List<long> told = [];
        PhantomDbBulkCopy copy = new(connection) { DestinationTableName = "\"Item list\"", DestinationColumns = { "id", "Name", "price" }, NotifyAfter = 30 };
        copy.RowsCopied += (_, progress) => told.Add(progress.RowsCopied);
        copy.WriteToServer(Items(100), Columns);
        CollectionAssert.AreEqual(new long[] { 30, 60, 90 }, told);
        copy.RowsCopied += (_, _) => throw new InvalidTimeZoneException();
        Assert.ThrowsExactly<InvalidTimeZoneException>(() => copy.WriteToServer(Items(200).Skip(100), Columns));
        Assert.AreEqual("100", Rows(connection, "SELECT count(*) FROM \"Item list\""));
    }

    [TestMethod]
    public async Task A_token_gives_it_up_between_rows_and_within_one()
    {
        using PhantomDbConnection connection = OpenShop();
        PhantomDbBulkCopy copy = new(connection) { DestinationTableName = "\"Item list\"", DestinationColumns = { "id", "Name", "price" }, NotifyAfter = 5 };
        using CancellationTokenSource source = new();
        copy.RowsCopied += (_, _) => source.Cancel();
        await Assert.ThrowsAsync<OperationCanceledException>(() => copy.WriteToServerAsync(Later(Items(100)), Columns, source.Token)).ConfigureAwait(false);
        await Assert.ThrowsAsync<OperationCanceledException>(() => copy.WriteToServerAsync(Later(Items(100)), Columns, new CancellationToken(canceled: true))).ConfigureAwait(false);
        Assert.AreEqual("0", Rows(connection, "SELECT count(*) FROM \"Item list\""));
        Assert.IsFalse(connection.Session.IsInTransaction);
    }

    [TestMethod]
    public void Misuse_is_refused_and_leaves_the_connection_as_it_was()
    {
        using PhantomDbConnection connection = OpenShop();
        PhantomDbBulkCopy copy = new(connection);
        Assert.ThrowsExactly<InvalidOperationException>(() => copy.WriteToServer(Items(1), Columns));
        copy.DestinationTableName = "\"Item list\"";
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => copy.WriteToServer(Items(1), Columns)).Message, "3 columns, and 4 are to be filled");
        copy.DestinationTableName = "nothing";
        Assert.AreEqual("42P01", Assert.ThrowsExactly<PhantomDbException>(() => copy.WriteToServer(Items(1), Columns)).SqlState);
        copy.DestinationTableName = "\"Item list\"; DROP TABLE \"Item list\"";
        Assert.ThrowsExactly<PhantomDbException>(() => copy.WriteToServer(Items(1), Columns));
        copy.DestinationTableName = "\"Item list\"";
        copy.DestinationColumns.Add("made");
        Assert.ThrowsExactly<InvalidOperationException>(() => copy.WriteToServer([1], id => Scalar(connection, "SELECT current_date")));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => copy.NotifyAfter = -1);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => copy.BulkCopyTimeout = -1);
        Assert.AreEqual(connection.CommandTimeout, copy.BulkCopyTimeout);
        Assert.AreEqual("0", Rows(connection, "SELECT count(*) FROM \"Item list\""));
        connection.Close();
        Assert.ThrowsExactly<InvalidOperationException>(() => copy.WriteToServer(Items(1), Columns));
    }

    [TestMethod]
    public void COPY_reads_and_writes_streams()
    {
        using PhantomDbConnection connection = OpenShop();
        using MemoryStream input = new(Encoding.UTF8.GetBytes("id,Name\n1,\"Smith, Jane\"\n2,\n"));
        Assert.AreEqual(2, connection.CopyFrom("COPY \"Item list\" (id, \"Name\") FROM STDIN (FORMAT csv, HEADER)", input));
        using MemoryStream output = new();
        Assert.AreEqual(2, connection.CopyTo("COPY (SELECT id, \"Name\" FROM \"Item list\" ORDER BY id DESC) TO STDOUT (FORMAT csv)", output));
        Assert.AreEqual("2,\n1,\"Smith, Jane\"\n", Encoding.UTF8.GetString(output.ToArray()));
        using MemoryStream bad = new(Encoding.UTF8.GetBytes("3\nx\n"));
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => connection.CopyFrom("COPY \"Item list\" (id) FROM STDIN", bad));
        Assert.AreEqual("22P02", error.SqlState);
        StringAssert.Contains(error.Where, "line 2");
        foreach (string statement in new[] { "SELECT 1", "COPY t TO STDOUT", "COPY t FROM STDIN; COPY t FROM STDIN", "INSERT INTO t SELECT 'STDIN'", "/* COPY t FROM STDIN */ SELECT 'STDIN'", "/* COPY t FROM STDIN", "COPYT FROM STDIN" })
        {
            Assert.ThrowsExactly<ArgumentException>(() => connection.CopyFrom(statement, input), statement);
        }
        Assert.AreEqual(0, connection.CopyFrom("/* of /* the */ shop */ -- nightly\n copy \"Item list\" FROM STDIN", Stream.Null));
        Assert.AreEqual(2, connection.CopyTo("-- all\nCOPY \"Item list\" TO STDOUT; -- and no more", Stream.Null));
        Assert.AreEqual("2", Rows(connection, "SELECT count(*) FROM \"Item list\""));
        error = Assert.ThrowsExactly<PhantomDbException>(() => Run(connection, "COPY \"Item list\" FROM STDIN"));
        Assert.AreEqual("0A000", error.SqlState, "the stream is the call's alone");
        StringAssert.StartsWith(error.Hint, "Use CopyFrom of the connection");
        StringAssert.StartsWith(Assert.ThrowsExactly<PhantomDbException>(() => Run(connection, "COPY \"Item list\" TO STDOUT")).Hint, "Use CopyTo of the connection");
    }

    [TestMethod]
    public async Task COPY_of_a_stream_may_be_awaited_and_the_token_ends_it()
    {
        using PhantomDbConnection connection = OpenShop();
        using MemoryStream input = new(Encoding.UTF8.GetBytes("1,a\n2,b\n"));
        Assert.AreEqual(2, await connection.CopyFromAsync("COPY \"Item list\" (id, \"Name\") FROM STDIN (FORMAT csv)", input));
        using MemoryStream output = new();
        Assert.AreEqual(2, await connection.CopyToAsync("COPY (SELECT id, \"Name\" FROM \"Item list\" ORDER BY id) TO STDOUT (FORMAT csv)", output));
        Assert.AreEqual("1,a\n2,b\n", Encoding.UTF8.GetString(output.ToArray()));

        using CancellationTokenSource reading = new(), writing = new();
        await Assert.ThrowsAsync<OperationCanceledException>(() => connection.CopyFromAsync("COPY \"Item list\" (id) FROM STDIN", new EndlessRows(reading), reading.Token));
        await Assert.ThrowsAsync<OperationCanceledException>(
            () => connection.CopyToAsync("COPY (SELECT * FROM generate_series(1, 100000000000)) TO STDOUT", new EndlessRows(writing), writing.Token));
        Assert.AreEqual("2", Rows(connection, "SELECT count(*) FROM \"Item list\""), "the connection goes on");
        await Assert.ThrowsExactlyAsync<ArgumentException>(() => connection.CopyFromAsync("SELECT 1", input));
    }

    /// <summary>Gives rows without end, and takes them; cancels when the first have gone through it.</summary>
    private sealed class EndlessRows(CancellationTokenSource stop) : MemoryStream
    {
        private int _next;

        public override int Read(Span<byte> buffer)
        {
            stop.Cancel();
            byte[] row = Encoding.UTF8.GetBytes($"{++_next + 10}\n");
            row.CopyTo(buffer);
            return row.Length;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer) => stop.Cancel();

        public override void Write(byte[] buffer, int offset, int count) => stop.Cancel();
    }

    private static IEnumerable<Item> Items(int count) => Enumerable.Range(0, count).Select(id => new Item(id, id % 3 == 0 ? null : $"item {id}", id / 10m));

    private static async IAsyncEnumerable<Item> Later(IEnumerable<Item> items, [EnumeratorCancellation] CancellationToken token = default)
    {
        foreach (Item item in items)
        {
            await Task.Yield();
            token.ThrowIfCancellationRequested();
            yield return item;
        }
    }

    private static PhantomDbConnection OpenShop()
    {
        PhantomDbConnection connection = Open();
        Run(connection, "CREATE TABLE \"Item list\" (id int PRIMARY KEY, \"Name\" text, price numeric(10,2), made date DEFAULT '2026-11-22')");
        return connection;
    }

    private static string Rows(PhantomDbConnection connection, string sql)
    {
        using PhantomDbCommand command = new(sql, connection);
        using PhantomDbDataReader reader = command.ExecuteReader();
        return Rows(reader);
    }
}
