using System.Data;
using System.Data.Common;
using System.Diagnostics;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Data;

namespace PhantomDb.Tests.Data;

[TestClass]
public sealed class CommandTests : DataTest
{
    private const string Endless = "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b WHERE a.a + b.b = 0";
    private static readonly CancellationToken Cancelled = new(canceled: true);

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public void A_new_command_is_empty_and_of_type_text()
    {
        using PhantomDbCommand command = new();
        command.Cancel();
        Assert.AreEqual("", command.CommandText);
        command.CommandText = null;
        Assert.AreEqual("", command.CommandText);
        Assert.AreEqual(CommandType.Text, command.CommandType);
        Assert.AreEqual(30, command.CommandTimeout);
        PhantomDbParameterCollection parameters = command.Parameters;
        Assert.AreSame(parameters, command.Parameters);
        Assert.IsNotNull(command.CreateParameter());
        Assert.IsNull(command.Connection);
        Assert.Throws<NotSupportedException>(() => command.CommandType = CommandType.StoredProcedure);
    }

    [TestMethod]
    public async Task Without_an_open_connection_or_text_nothing_runs()
    {
        using PhantomDbConnection closed = new(Memory);
        using PhantomDbConnection open = Open();
        foreach (PhantomDbCommand command in new[] { new PhantomDbCommand("SELECT 1"), new PhantomDbCommand("SELECT 1", closed), new PhantomDbCommand("", open) })
        {
            Assert.Throws<InvalidOperationException>(() => command.ExecuteNonQuery());
            Assert.Throws<InvalidOperationException>(() => command.ExecuteScalar());
            Assert.Throws<InvalidOperationException>(() => command.ExecuteReader());
            Assert.Throws<InvalidOperationException>(command.Prepare);
            await Assert.ThrowsAsync<InvalidOperationException>(() => command.ExecuteNonQueryAsync(TestContext.CancellationToken));
            await Assert.ThrowsAsync<InvalidOperationException>(() => command.ExecuteScalarAsync(TestContext.CancellationToken));
            await Assert.ThrowsAsync<InvalidOperationException>(() => ((DbCommand)command).ExecuteReaderAsync(TestContext.CancellationToken));
        }
    }

    [TestMethod]
    public void An_open_reader_keeps_commands_and_changes_out()
    {
        using PhantomDbConnection connection = Open();
        using PhantomDbCommand command = Command(connection, "SELECT 1");
        using (PhantomDbDataReader reader = command.ExecuteReader())
        {
            Assert.Throws<InvalidOperationException>(() => command.ExecuteReader());
            Assert.Throws<InvalidOperationException>(() => Scalar(connection, "SELECT 2"));
            Assert.Throws<InvalidOperationException>(() => command.CommandText = "SELECT 3");
            Assert.Throws<InvalidOperationException>(() => command.Connection = null);
            Assert.Throws<InvalidOperationException>(() => connection.BeginTransaction());
        }
        Assert.AreEqual(2, Scalar(connection, "SELECT 2"));
        command.Connection = null;
        Assert.IsNull(command.Connection);
    }

    [TestMethod]
    [DataRow("SELECT 1", 1)]
    [DataRow("SELECT 42; SELECT 43", 42)]
    [DataRow("SELECT 42, 43", 42)]
    [DataRow("SELECT 42 UNION ALL SELECT 43", 42)]
    [DataRow("SELECT 42 UNION SELECT 43", 42)]
    [DataRow("SELECT 'test'", "test")]
    [DataRow("SELECT 1 WHERE false", null)]
    [DataRow("CREATE TABLE t (id integer)", null)]
    [DataRow("CREATE TABLE t (id integer); INSERT INTO t VALUES (7) RETURNING id", 7)]
    [DataRow("-- nothing", null)]
    public void A_scalar_is_the_first_value_of_the_first_result(string sql, object? expected)
    {
        using PhantomDbConnection connection = Open();
        Assert.AreEqual(expected, Scalar(connection, sql));
    }

    [TestMethod]
    public void A_scalar_may_be_null_and_exact()
    {
        using PhantomDbConnection connection = Open();
        Assert.AreSame(DBNull.Value, Scalar(connection, "SELECT NULL"));
        Assert.AreEqual(3.14m, Scalar(connection, "SELECT 3.14"));
    }

    [TestMethod]
    public void Changed_rows_are_counted_over_all_statements()
    {
        using PhantomDbConnection connection = Open();
        Assert.AreEqual(-1, Run(connection, "CREATE TABLE t (id integer PRIMARY KEY, name text)"));
        Assert.AreEqual(-1, Run(connection, "SELECT 1"));
        Assert.AreEqual(3, Run(connection, "INSERT INTO t VALUES (1, 'a'), (2, 'b'); SELECT * FROM t; INSERT INTO t VALUES (3, 'c')"));
        Assert.AreEqual(2, Run(connection, "UPDATE t SET name = 'x' WHERE id < 3"));
        Assert.AreEqual(0, Run(connection, "DELETE FROM t WHERE id = 99"));
        Assert.AreEqual(1, Run(connection, "DELETE FROM t WHERE id = @id RETURNING *", ("id", 3)));
    }

    [TestMethod]
    public void A_query_whose_rows_nobody_reads_runs_all_the_same()
    {
        using PhantomDbConnection connection = Open();
        Run(connection, "CREATE SEQUENCE s");
        Run(connection, "SELECT nextval('s') FROM generate_series(1, 3)");
        Assert.AreEqual(4L, Scalar(connection, "SELECT nextval('s')"));
    }

    [TestMethod]
    public void An_error_tells_its_place_in_the_whole_text()
    {
        using PhantomDbConnection connection = Open();
        const string Sql = "SELECT 1; SELECT @longname + nothere";
        PhantomDbException error = Assert.Throws<PhantomDbException>(() => Run(connection, Sql, ("longname", 1)));
        Assert.AreEqual("42703", error.SqlState);
        Assert.AreEqual(Sql.IndexOf("nothere", StringComparison.Ordinal), error.Position);
    }

    [TestMethod]
    public void Statements_are_prepared_again_when_definitions_have_changed()
    {
        using PhantomDbConnection connection = Open();
        Run(connection, "CREATE TABLE t (id integer PRIMARY KEY, name text); INSERT INTO t VALUES (1, 'a')");
        using PhantomDbCommand command = Command(connection, "SELECT * FROM t WHERE id = @id", ("id", 1));
        for (int i = 0; i < 3; i++)
        {
            using PhantomDbDataReader before = command.ExecuteReader();
            Assert.AreEqual("1,a", Rows(before));
        }
        Run(connection, "ALTER TABLE t ADD COLUMN n integer DEFAULT 5");
        using PhantomDbDataReader after = command.ExecuteReader();
        Assert.AreEqual("1,a,5", Rows(after));
    }

    [TestMethod]
    public void Preparing_finds_errors_and_runs_nothing()
    {
        using PhantomDbConnection connection = Open();
        Run(connection, "CREATE TABLE t (id integer)");
        using PhantomDbCommand command = Command(connection, "INSERT INTO t VALUES (@id)", ("id", 1));
        command.Prepare();
        Assert.AreEqual(0L, Scalar(connection, "SELECT count(*) FROM t"));
        command.ExecuteNonQuery();
        Assert.AreEqual(1L, Scalar(connection, "SELECT count(*) FROM t"));
        using PhantomDbCommand wrong = Command(connection, "SELECT wrong FROM t");
        Assert.AreEqual("42703", Assert.Throws<PhantomDbException>(wrong.Prepare).SqlState);
    }

    [TestMethod]
    public async Task A_token_that_is_cancelled_already_runs_nothing()
    {
        using PhantomDbConnection connection = Open();
        Run(connection, "CREATE TABLE t (id integer)");
        using PhantomDbCommand command = Command(connection, "INSERT INTO t VALUES (1)");
        foreach (Task task in new Task[] { command.ExecuteNonQueryAsync(Cancelled), command.ExecuteScalarAsync(Cancelled), command.ExecuteReaderAsync(Cancelled) })
        {
            await Assert.ThrowsAsync<OperationCanceledException>(() => task);
            Assert.IsTrue(task.IsCanceled);
        }
        Assert.AreEqual(0L, Scalar(connection, "SELECT count(*) FROM t"));
    }

    [TestMethod]
    public void A_token_stops_what_runs_and_the_connection_goes_on()
    {
        using PhantomDbConnection connection = Open();
        using PhantomDbCommand command = Command(connection, Endless);
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(100));
        Task<object?> task = command.ExecuteScalarAsync(source.Token);
        Assert.IsTrue(task.IsCanceled);
        Assert.AreEqual(1, Scalar(connection, "SELECT 1"));
    }

    [TestMethod]
    public async Task Cancel_stops_what_runs_from_another_thread()
    {
        using PhantomDbConnection connection = Open();
        using PhantomDbCommand command = Command(connection, Endless);
        Task<object?> running = Task.Run(command.ExecuteScalar, TestContext.CancellationToken);
        while (!running.IsCompleted)
        {
            command.Cancel();
            await Task.WhenAny(running, Task.Delay(20, TestContext.CancellationToken));
        }
        Assert.AreEqual("57014", (await Assert.ThrowsAsync<PhantomDbException>(() => running)).SqlState);
        Assert.AreEqual(1, Scalar(connection, "SELECT 1"));
    }

    [TestMethod]
    public void A_command_that_takes_too_long_is_stopped()
    {
        using PhantomDbConnection connection = Open();
        using PhantomDbCommand command = Command(connection, Endless);
        command.CommandTimeout = 1;
        long start = Stopwatch.GetTimestamp();
        PhantomDbException error = Assert.Throws<PhantomDbException>(() => command.ExecuteScalar());
        Assert.AreEqual("57014", error.SqlState);
        Assert.IsInstanceOfType<TimeoutException>(error.InnerException);
        Assert.IsGreaterThan(TimeSpan.FromSeconds(0.9), Stopwatch.GetElapsedTime(start));
        Assert.AreEqual(1, Scalar(connection, "SELECT 1"));
    }

    [TestMethod]
    public void A_command_is_part_of_its_connections_transaction_whether_it_says_so_or_not()
    {
        using PhantomDbConnection connection = Open();
        Run(connection, "CREATE TABLE t (id integer)");
        using (PhantomDbTransaction transaction = connection.BeginTransaction())
        {
            using PhantomDbCommand command = connection.CreateCommand();
            Assert.IsNull(command.Transaction);
            Assert.AreSame(connection, command.Connection);
            command.CommandText = "INSERT INTO t VALUES (1)";
            command.ExecuteNonQuery();
            transaction.Rollback();
        }
        Assert.AreEqual(0L, Scalar(connection, "SELECT count(*) FROM t"));
    }

    [TestMethod]
    public void A_command_that_is_disposed_of_keeps_what_it_is()
    {
        PhantomDbCommand command = new();
        command.Dispose();
        Assert.AreEqual("", command.CommandText);
        Assert.AreEqual(CommandType.Text, command.CommandType);
        Assert.IsNotNull(command.Parameters);
    }

    [TestMethod]
    public async Task A_wrong_statement_is_an_error_however_it_is_run()
    {
        using PhantomDbConnection connection = Open();
        using PhantomDbCommand command = Command(connection, "INVALID;");
        Assert.AreEqual("42601", Assert.ThrowsExactly<PhantomDbException>(() => command.ExecuteReader()).SqlState);
        await Assert.ThrowsExactlyAsync<PhantomDbException>(() => command.ExecuteReaderAsync(TestContext.CancellationToken));
        await Assert.ThrowsExactlyAsync<PhantomDbException>(() => command.ExecuteScalarAsync(TestContext.CancellationToken));
        await Assert.ThrowsExactlyAsync<PhantomDbException>(() => command.ExecuteNonQueryAsync(TestContext.CancellationToken));
    }

    [TestMethod]
    public void A_command_of_another_transaction_does_not_run()
    {
        using PhantomDbConnection connection = Open();
        using PhantomDbConnection other = Open();
        using PhantomDbTransaction transaction = other.BeginTransaction();
        using PhantomDbCommand command = new("SELECT 1", connection, transaction);
        Assert.Throws<InvalidOperationException>(() => command.ExecuteScalar());
    }

    [TestMethod]
    public void A_point_select_that_is_run_again_allocates_next_to_nothing()
    {
        using PhantomDbConnection connection = Open();
        Run(connection, "CREATE TABLE t (id integer PRIMARY KEY, n integer); INSERT INTO t SELECT i, i FROM generate_series(1, 1000) g(i)");
        using PhantomDbCommand command = Command(connection, "SELECT n FROM t WHERE id = @id", ("id", 7));
        for (int i = 0; i < 100; i++)
        {
            Assert.AreEqual(7, command.ExecuteScalar());
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            command.ExecuteScalar();
        }
        long each = (GC.GetAllocatedBytesForCurrentThread() - before) / 1000;
        TestContext.WriteLine($"{each} bytes for each ExecuteScalar");
        Assert.IsLessThanOrEqualTo(160, each);
    }

    [TestMethod]
    public void A_batch_runs_its_commands_each_with_its_own_parameters_and_count()
    {
        using PhantomDbConnection connection = Open();
        Run(connection, "CREATE TABLE t (id integer)");
        using PhantomDbBatch batch = connection.CreateBatch();
        batch.BatchCommands.Add("INSERT INTO t VALUES (@a), (@a + 1)").Parameters.AddWithValue("a", 1);
        batch.BatchCommands.Add("SELECT count(*) FROM t WHERE id = $1").Parameters.AddWithValue(2);
        batch.BatchCommands.Add("DELETE FROM t");
        Assert.AreEqual(1L, batch.ExecuteScalar());
        Assert.AreEqual("2,-1,2", string.Join(',', batch.BatchCommands.Select(command => command.RecordsAffected)));
        using DbDataReader reader = batch.ExecuteReader();
        Assert.AreEqual("1", Rows(reader));
        reader.Close();
        Assert.AreEqual(4, reader.RecordsAffected);
        Assert.AreEqual(0L, Scalar(connection, "SELECT count(*) FROM t"));
    }

    [TestMethod]
    public async Task An_error_tells_which_command_of_a_batch_has_failed()
    {
        await using PhantomDbConnection connection = Open();
        Run(connection, "CREATE TABLE t (id integer PRIMARY KEY)");
        await using PhantomDbBatch batch = connection.CreateBatch();
        batch.BatchCommands.Add("SELECT 1");
        PhantomDbBatchCommand wrong = batch.BatchCommands.Add("INSERT INTO t VALUES (1), (1)");
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => batch.ExecuteNonQuery());
        Assert.AreEqual("23505", error.SqlState);
        Assert.AreSame(wrong, ((DbException)error).BatchCommand);
        Assert.AreSame(wrong, (await Assert.ThrowsExactlyAsync<PhantomDbException>(() => batch.ExecuteScalarAsync(TestContext.CancellationToken))).BatchCommand);
        using (DbDataReader reader = batch.ExecuteReader())
        {
            Assert.AreEqual("1", Rows(reader));
            Assert.AreSame(wrong, Assert.ThrowsExactly<PhantomDbException>(() => reader.NextResult()).BatchCommand);
        }
        wrong.CommandText = "SELECT 1 / (id - id) FROM generate_series(1, 2) g(id)";
        using (DbDataReader reader = batch.ExecuteReader())
        {
            Assert.AreSame(wrong, Assert.ThrowsExactly<PhantomDbException>(() => reader.NextResult() && reader.Read()).BatchCommand);
        }
        wrong.CommandText = "SELECT nothing";
        Assert.AreSame(wrong, Assert.ThrowsExactly<PhantomDbException>(batch.Prepare).BatchCommand);
        using PhantomDbCommand single = Command(connection, "SELECT nothing");
        Assert.IsNull(Assert.ThrowsExactly<PhantomDbException>(() => single.ExecuteNonQuery()).BatchCommand);
    }

    [TestMethod]
    public void The_factory_makes_all_that_there_is()
    {
        DbProviderFactory factory = PhantomDbFactory.Instance;
        using DbConnection connection = factory.CreateConnection()!;
        Assert.IsInstanceOfType<PhantomDbConnection>(connection);
        using DbCommand command = factory.CreateCommand()!;
        Assert.IsInstanceOfType<PhantomDbCommand>(command);
        Assert.IsInstanceOfType<PhantomDbParameter>(factory.CreateParameter());
        Assert.IsInstanceOfType<PhantomDbConnectionStringBuilder>(factory.CreateConnectionStringBuilder());
        Assert.IsTrue(factory.CanCreateBatch);
        Assert.IsTrue(factory.CanCreateDataAdapter);
        Assert.IsInstanceOfType<PhantomDbDataAdapter>(factory.CreateDataAdapter());
        Assert.IsTrue(factory.CanCreateCommandBuilder);
        Assert.IsInstanceOfType<PhantomDbCommandBuilder>(factory.CreateCommandBuilder());
        Assert.IsFalse(factory.CanCreateDataSourceEnumerator);
        Assert.IsNull(factory.CreateDataSourceEnumerator());
        Assert.IsInstanceOfType<PhantomDbBatchCommand>(factory.CreateBatchCommand());
        using DbDataSource source = factory.CreateDataSource(Memory);
        Assert.IsInstanceOfType<PhantomDbDataSource>(source);
        Assert.AreSame(factory, DbProviderFactories.GetFactory(connection));
    }
}
