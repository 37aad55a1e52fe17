using System.Data;
using System.Data.Common;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Data;

namespace PhantomDb.Tests.Data;

[TestClass]
public sealed class ConnectionTests : DataTest
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow("SELECT pg_sleep(100)")]
    [DataRow("SELECT count(*) FROM generate_series(1, 100000000000) g(i)")]
    public async Task Closing_a_connection_stops_the_command_that_another_thread_runs_and_leaves_nothing_of_its_session(string sql)
    {
        using PhantomDbDataSource source = new($"Data Source=closing{sql.Length};Mode=Memory");
        using PhantomDbConnection other = source.OpenConnection();
        Run(other, "CREATE TABLE t (id int PRIMARY KEY)");
        Run(other, "INSERT INTO t VALUES (1)");
        PhantomDbConnection connection = source.OpenConnection();
        using PhantomDbTransaction transaction = connection.BeginTransaction();
        Run(connection, "UPDATE t SET id = 2");
        Task<object?> running = Task.Run(() => Scalar(connection, sql));
        while (!Equals(Scalar(other, "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'"), 2L))
        {
            await Task.Delay(1);
        }

        connection.Dispose();

        Assert.AreEqual(ConnectionState.Closed, connection.State);
        await Assert.ThrowsAsync<Exception>(() => running.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.AreEqual(1L, Scalar(other, "SELECT count(*) FROM pg_stat_activity"));
        Assert.AreEqual(1, Run(other, "UPDATE t SET id = 3 WHERE id = 1"));
    }

    [TestMethod]
    public async Task A_second_command_beside_one_that_is_awaited_is_refused_and_harms_it_not()
    {
        using TemporaryFolder folder = new();
        using (PhantomDbConnection setup = Open($"Data Source=shop;Data Directory={folder.Path}"))
        {
            Run(setup, "CREATE TABLE t (id int PRIMARY KEY)");
        }
        int refusedCount = 0;
        using (PhantomDbConnection connection = Open($"Data Source=shop;Data Directory={folder.Path}"))
        {
            for (int i = 0; i < 100; i++)
            {
                Task<int> first = Command(connection, $"INSERT INTO t VALUES ({i})").ExecuteNonQueryAsync();
                try
                {
                    await Command(connection, $"INSERT INTO t VALUES ({1000 + i})").ExecuteNonQueryAsync();
                }
                catch (Exception error) when (error is InvalidOperationException or PhantomDbException { SqlState: "55000" })
                {
                    refusedCount++;
                }
                Assert.AreEqual(1, await first);
            }
            Assert.AreEqual(200L - refusedCount, Scalar(connection, "SELECT count(*) FROM t"));
        }
        using (PhantomDbConnection again = Open($"Data Source=shop;Data Directory={folder.Path}"))
        {
            Assert.AreEqual(100L, Scalar(again, "SELECT count(*) FROM t WHERE id < 100"));
        }
    }

    [TestMethod]
    public void A_transaction_that_is_disposed_of_takes_a_bulk_insert_with_it()
    {
        using PhantomDbConnection connection = Open();
        Run(connection, "CREATE TABLE t (id int PRIMARY KEY)");
        BulkInsert insert;
        using (PhantomDbTransaction transaction = connection.BeginTransaction())
        {
            insert = connection.Session.BeginInsert("t");
            insert.Write(1);
            Assert.ThrowsExactly<PhantomDbException>(() => insert.Write(1));
        }
        Assert.ThrowsExactly<InvalidOperationException>(() => insert.Write(2));
        Assert.ThrowsExactly<InvalidOperationException>(() => insert.Complete());
        insert.Dispose();

        using (PhantomDbTransaction transaction = connection.BeginTransaction())
        {
            insert = connection.Session.BeginInsert("t");
            insert.Write(1);
        }
        Assert.ThrowsExactly<InvalidOperationException>(() => insert.Write(2));
        Assert.AreEqual(0L, Scalar(connection, "SELECT count(*) FROM t"));
        Assert.ThrowsExactly<ArgumentNullException>(() => connection.Session.BeginInsert("t", new string[2]));
    }

    [TestMethod]
    public void A_connection_is_closed_until_it_is_opened_and_tells_of_both()
    {
        using PhantomDbConnection connection = new(Memory);
        List<string> states = [];
        connection.StateChange += (sender, change) => states.Add($"{change.OriginalState}>{change.CurrentState}");
        Assert.AreEqual(ConnectionState.Closed, connection.State);
        connection.Close();
        connection.Open();
        Assert.AreEqual(ConnectionState.Open, connection.State);
        Assert.Throws<InvalidOperationException>(connection.Open);
        Assert.Throws<InvalidOperationException>(() => connection.ConnectionString = Memory);
        connection.Close();
        connection.Close();
        Assert.AreEqual("Closed>Open,Open>Closed", string.Join(',', states));
    }

    [TestMethod]
    public void Disposing_closes_and_tells_of_it()
    {
        int count = 0;
        PhantomDbConnection connection = Open();
        connection.Disposed += (_, _) => count++;
        connection.Dispose();
        Assert.AreEqual(1, count);
        connection.Dispose();
        Assert.AreEqual(ConnectionState.Closed, connection.State);
    }

    [TestMethod]
    public async Task Disposing_asynchronously_closes_and_tells_of_it_too()
    {
        int count = 0;
        PhantomDbConnection connection = Open();
        connection.Disposed += (_, _) => count++;
        await connection.DisposeAsync();
        Assert.AreEqual(1, count);
        Assert.AreEqual(ConnectionState.Closed, connection.State);
    }

    [TestMethod]
    public void A_connection_without_a_data_source_cannot_be_opened()
    {
        using PhantomDbConnection connection = new();
        Assert.AreEqual("", connection.ConnectionString);
        Assert.Throws<InvalidOperationException>(connection.Open);
        connection.ConnectionString = null;
        Assert.AreEqual("", connection.ConnectionString);
        Assert.AreEqual("", connection.Database);
        Assert.AreEqual("", connection.DataSource);
        Assert.Throws<InvalidOperationException>(() => connection.ServerVersion);
        connection.ConnectionString = Memory;
        connection.Open();
        Assert.AreNotEqual("", connection.ServerVersion);
        Assert.AreEqual("phantomdb", connection.Database);
    }

    [TestMethod]
    public void A_database_in_memory_is_each_connections_own_unless_it_has_a_name()
    {
        using PhantomDbConnection first = Open();
        using PhantomDbConnection second = Open();
        Run(first, "CREATE TABLE t (id integer)");
        Assert.Throws<PhantomDbException>(() => Run(second, "SELECT * FROM t"));

        string named = $"Data Source={Guid.NewGuid():N};Mode=Memory";
        using PhantomDbConnection third = Open(named);
        Run(third, "CREATE TABLE t (id integer)");
        using (PhantomDbConnection fourth = Open(named))
        {
            Assert.AreEqual(2, Run(fourth, "INSERT INTO t VALUES (1), (2)"));
        }
        Assert.AreEqual(2L, Scalar(third, "SELECT count(*) FROM t"));
        third.Close();
        using PhantomDbConnection later = Open(named);
        Assert.AreEqual("42P01", Assert.Throws<PhantomDbException>(() => Run(later, "SELECT * FROM t")).SqlState);
    }

    [TestMethod]
    public async Task Connections_to_one_file_share_its_database_and_the_last_closes_it()
    {
        using TemporaryFolder folder = new();
        string text = $"Data Source=shop;Data Directory={folder.Path}";
        await using PhantomDbConnection first = new(text);
        await first.OpenAsync(TestContext.CancellationToken);
        Run(first, "CREATE TABLE t (id integer)");
        using (PhantomDbConnection second = Open($"Data Source={Path.Combine(folder.Path, "shop.db")}"))
        {
            Assert.AreSame(first.OpenDatabase, second.OpenDatabase);
            Assert.AreEqual("shop", second.Database);
            Run(second, "INSERT INTO t VALUES (1)");
        }
        PhantomDbException other = Assert.Throws<PhantomDbException>(() => Open(text + ";Sync=None"));
        Assert.AreEqual("55006", other.SqlState);
        Assert.Contains("Sync Policy is Always", other.Message);
        first.Close();
        using (PhantomDbConnection again = Open(text + ";Mode=ReadWrite;Sync=None"))
        {
            Assert.AreEqual(1L, Scalar(again, "SELECT count(*) FROM t"));
        }
        using PhantomDbConnection reader = Open(text + ";Mode=ReadOnly");
        Assert.AreEqual("25006", Assert.Throws<PhantomDbException>(() => Run(reader, "INSERT INTO t VALUES (2)")).SqlState);
    }

    [TestMethod]
    public void A_database_that_is_not_there_is_begun_only_where_the_mode_says_so()
    {
        using TemporaryFolder folder = new();
        string text = $"Data Source=shop;Data Directory={folder.Path}";
        Assert.AreEqual("58P01", Assert.Throws<PhantomDbException>(() => Open(text + ";Mode=ReadWrite")).SqlState);
        Assert.AreEqual("58P01", Assert.Throws<PhantomDbException>(() => Open(text + ";Mode=ReadOnly")).SqlState);
        using PhantomDbConnection created = Open(text);
        Assert.AreEqual(1, Scalar(created, "SELECT 1"));
    }

    [TestMethod]
    public void A_database_of_the_program_is_not_closed_with_its_connection()
    {
        using Database database = Database.CreateInMemory();
        using (PhantomDbConnection connection = new(database))
        {
            connection.Open();
            Run(connection, "CREATE TABLE t (id integer)");
        }
        using PhantomDbConnection second = new(database);
        second.Open();
        Assert.AreEqual(0L, Scalar(second, "SELECT count(*) FROM t"));
        Assert.AreSame(database, second.OpenDatabase);
    }

    [TestMethod]
    public void A_data_source_keeps_its_database_between_connections()
    {
        using PhantomDbDataSource source = new(Memory);
        using (PhantomDbConnection connection = source.OpenConnection())
        {
            Run(connection, "CREATE TABLE t (id integer)");
        }
        using (PhantomDbCommand insert = source.CreateCommand("INSERT INTO t VALUES (1)"))
        {
            Assert.AreEqual(1, insert.ExecuteNonQuery());
            Assert.AreEqual(1, insert.ExecuteNonQuery());
        }
        using PhantomDbCommand select = source.CreateCommand("SELECT count(*) FROM t");
        using (PhantomDbDataReader reader = select.ExecuteReader())
        {
            Assert.AreEqual("2", Rows(reader));
        }
        using (DbBatch batch = source.CreateBatch())
        {
            DbBatchCommand sum = batch.CreateBatchCommand();
            sum.CommandText = "SELECT count(*) + 40 FROM t";
            batch.BatchCommands.Add(sum);
            Assert.AreEqual(42L, batch.ExecuteScalar());
        }
        Assert.AreEqual(Memory, source.ConnectionString);
        using PhantomDbConnection closed = source.CreateConnection();
        Assert.AreEqual(ConnectionState.Closed, closed.State);
        source.Dispose();
        Assert.Throws<ObjectDisposedException>(() => source.OpenConnection());
    }

    [TestMethod]
    public void Commands_of_a_connection_that_is_disposed_of_do_not_run()
    {
        PhantomDbConnection connection = Open();
        using PhantomDbCommand command = Command(connection, "SELECT 1");
        PhantomDbDataReader reader = command.ExecuteReader();
        connection.Dispose();
        Assert.IsTrue(reader.IsClosed);
        Assert.Throws<InvalidOperationException>(() => reader.Read());
        Assert.Throws<InvalidOperationException>(() => command.ExecuteScalar());
        Assert.Throws<InvalidOperationException>(command.Prepare);
        Assert.Throws<InvalidOperationException>(() => connection.BeginTransaction());
        Assert.Throws<InvalidOperationException>(() => connection.GetSchema());
        connection.Open();
        Assert.AreEqual(1, command.ExecuteScalar());
        connection.Dispose();
    }

    [TestMethod]
    public void Settings_of_the_session_are_set_when_it_is_opened()
    {
        using PhantomDbConnection connection = Open(Memory + ";Search Path=a, public;Application Name=it's me;Time Zone=Europe/Berlin");
        Assert.AreEqual("a, public", Scalar(connection, "SHOW search_path"));
        Assert.AreEqual("it's me", Scalar(connection, "SHOW application_name"));
        Assert.AreEqual("Europe/Berlin", Scalar(connection, "SHOW timezone"));
    }

    [TestMethod]
    public void Notices_are_given_on()
    {
        using PhantomDbConnection connection = Open();
        List<string> notices = [];
        connection.Notice += (_, notice) => notices.Add(notice.Message);
        Run(connection, "CREATE TABLE t (id integer); CREATE TABLE IF NOT EXISTS t (id integer)");
        Assert.AreEqual("relation \"t\" already exists, skipping", string.Join('|', notices));
    }

    [TestMethod]
    public async Task A_token_that_is_cancelled_already_opens_nothing()
    {
        await using PhantomDbConnection connection = new(Memory);
        Task task = connection.OpenAsync(new CancellationToken(canceled: true));
        await Assert.ThrowsAsync<OperationCanceledException>(() => task);
        Assert.IsTrue(task.IsCanceled);
        Assert.AreEqual(ConnectionState.Closed, connection.State);
    }

    [TestMethod]
    public void What_a_connection_does_not_do_says_so()
    {
        using PhantomDbConnection connection = Open();
        Assert.AreEqual("0A000", Assert.Throws<PhantomDbException>(() => connection.ChangeDatabase("other")).SqlState);
        using System.Transactions.CommittableTransaction distributed = new();
        Assert.AreEqual("0A000", Assert.Throws<PhantomDbException>(() => connection.EnlistTransaction(distributed)).SqlState);
    }
}
