using System.Collections.ObjectModel;
using System.Data;
using System.Data.Common;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Data;

namespace PhantomDb.Tests.Data;

[TestClass]
public sealed class ReaderTests : DataTest
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public void Rows_and_results_come_one_after_the_other()
    {
        using PhantomDbConnection connection = Open();
        using PhantomDbCommand command = Command(connection, "SELECT 1 AS a UNION ALL SELECT 2; CREATE TABLE t (id integer); INSERT INTO t VALUES (1), (2); SELECT 'x', NULL; -- end");
        using PhantomDbDataReader reader = command.ExecuteReader();
        Assert.AreEqual("a", reader.GetName(0));
        Assert.AreEqual("1|2", Rows(reader));
        Assert.IsFalse(reader.Read());
        Assert.IsTrue(reader.NextResult());
        Assert.AreEqual(2, reader.FieldCount);
        Assert.AreEqual("x,", Rows(reader));
        Assert.IsFalse(reader.NextResult());
        Assert.IsFalse(reader.NextResult());
        Assert.IsFalse(reader.IsClosed);
        Assert.AreEqual(0, reader.FieldCount);
        Assert.AreEqual(2, reader.RecordsAffected);
        Assert.AreEqual(0, reader.Depth);
    }

    [TestMethod]
    public void Whether_there_are_rows_is_known_before_the_first_is_read()
    {
        using PhantomDbConnection connection = Open();
        using PhantomDbCommand command = Command(connection, "SELECT 1 WHERE false; SELECT 5; -- nothing");
        using PhantomDbDataReader reader = command.ExecuteReader();
        Assert.IsFalse(reader.HasRows);
        Assert.IsFalse(reader.Read());
        reader.NextResult();
        Assert.IsTrue(reader.HasRows);
        Assert.Throws<InvalidOperationException>(() => reader.GetValue(0));
        Assert.IsTrue(reader.Read());
        Assert.AreEqual(5, reader.GetInt32(0));
        Assert.IsFalse(reader.Read());
        Assert.IsTrue(reader.HasRows);
    }

    [TestMethod]
    public void Closing_runs_the_statements_that_are_left()
    {
        using PhantomDbConnection connection = Open();
        Run(connection, "CREATE TABLE t (id integer)");
        using PhantomDbCommand command = Command(connection, "SELECT 1; INSERT INTO t VALUES (1)");
        PhantomDbDataReader reader = command.ExecuteReader(CommandBehavior.CloseConnection | CommandBehavior.SingleResult);
        Assert.IsFalse(reader.NextResult());
        reader.Close();
        reader.Close();
        Assert.IsTrue(reader.IsClosed);
        Assert.AreEqual(1, reader.RecordsAffected);
        Assert.AreEqual(ConnectionState.Closed, connection.State);
    }

    [TestMethod]
    public void A_behaviour_limits_what_is_given()
    {
        using PhantomDbConnection connection = Open();
        using PhantomDbCommand command = Command(connection, "SELECT 1 UNION ALL SELECT 2; SELECT 3");
        using (PhantomDbDataReader row = command.ExecuteReader(CommandBehavior.SingleRow))
        {
            Assert.AreEqual("1", Rows(row));
            Assert.IsFalse(row.NextResult());
        }
        using (PhantomDbDataReader result = command.ExecuteReader(CommandBehavior.SingleResult))
        {
            Assert.AreEqual("1|2", Rows(result));
            Assert.IsFalse(result.NextResult());
        }
        using (PhantomDbDataReader schema = command.ExecuteReader(CommandBehavior.SchemaOnly))
        {
            Assert.AreEqual(typeof(int), schema.GetFieldType(0));
            Assert.IsFalse(schema.HasRows);
            Assert.IsFalse(schema.Read());
            Assert.IsTrue(schema.NextResult());
            Assert.IsFalse(schema.NextResult());
        }
        using PhantomDbDataReader sequential = command.ExecuteReader(CommandBehavior.SequentialAccess);
        Assert.AreEqual("1|2", Rows(sequential));
    }

    [TestMethod]
    public void Integers_are_read_as_any_type_that_holds_them()
    {
        OnRow("SELECT 7::smallint, 7, 7::bigint, 7::numeric, 300, -1, 5000000000, 1.5", reader =>
        {
            Assert.AreEqual((byte)7, reader.GetByte(0));
            for (int i = 0; i < 4; i++)
            {
                Assert.AreEqual((short)7, reader.GetInt16(i));
                Assert.AreEqual(7, reader.GetInt32(i));
                Assert.AreEqual(7L, reader.GetInt64(i));
                Assert.AreEqual(7m, reader.GetDecimal(i));
                Assert.AreEqual(7.0, reader.GetDouble(i));
                Assert.AreEqual(7f, reader.GetFloat(i));
                Assert.AreEqual(7UL, reader.GetFieldValue<ulong>(i));
                Assert.AreEqual((ushort)7, reader.GetFieldValue<ushort?>(i));
            }
            Assert.Throws<InvalidCastException>(() => reader.GetByte(4));
            Assert.Throws<OverflowException>(() => reader.GetFieldValue<uint>(5));
            Assert.Throws<OverflowException>(() => reader.GetInt32(6));
            Assert.Throws<InvalidCastException>(() => reader.GetInt32(7));
        });
    }

    [TestMethod]
    public void A_value_is_not_converted_to_a_type_of_another_kind()
    {
        OnRow("SELECT 1, 'a', true, 1.5::double precision, now(), '2024-01-02'::date, gen_random_uuid(), '\\x01'::bytea", reader =>
        {
            Assert.Throws<InvalidCastException>(() => reader.GetString(0));
            Assert.Throws<InvalidCastException>(() => reader.GetBoolean(0));
            Assert.Throws<InvalidCastException>(() => reader.GetChar(0));
            Assert.Throws<InvalidCastException>(() => reader.GetGuid(1));
            Assert.Throws<InvalidCastException>(() => reader.GetInt32(1));
            Assert.Throws<InvalidCastException>(() => reader.GetDouble(1));
            Assert.Throws<InvalidCastException>(() => reader.GetDateTime(1));
            Assert.Throws<InvalidCastException>(() => reader.GetInt32(2));
            Assert.Throws<InvalidCastException>(() => reader.GetFloat(3));
            Assert.Throws<InvalidCastException>(() => reader.GetDecimal(3));
            Assert.Throws<InvalidCastException>(() => reader.GetFieldValue<DateOnly>(4));
            Assert.Throws<InvalidCastException>(() => reader.GetFieldValue<DateTimeOffset>(5));
            Assert.Throws<InvalidCastException>(() => reader.GetString(6));
            Assert.Throws<InvalidCastException>(() => reader.GetString(7));
            Assert.Throws<InvalidCastException>(() => reader.GetFieldValue<DayOfWeek>(0));
            Assert.Throws<InvalidCastException>(() => reader.GetStream(0));
            Assert.Throws<InvalidCastException>(() => reader.GetTextReader(0));
        });
    }

    [TestMethod]
    public void Values_are_given_as_the_type_that_fits_them()
    {
        OnRow("SELECT true, 1::smallint, 2, 3::bigint, 4.5, 5.5::real, 6.5::double precision, 'text', 'vc'::varchar(5), '\\x0102'::bytea, "
            + "'2024-01-02'::date, '03:04:05'::time, '2024-01-02 03:04:05'::timestamp, '2024-01-02 03:04:05+00'::timestamptz, '1 day 02:00'::interval, "
            + "'00000000-0000-0000-0000-000000000001'::uuid", reader =>
        {
            object[] expected =
            [
                true, (short)1, 2, 3L, 4.5m, 5.5f, 6.5, "text", "vc", new byte[] { 1, 2 }, new DateOnly(2024, 1, 2), new TimeOnly(3, 4, 5),
                new DateTime(2024, 1, 2, 3, 4, 5), new DateTime(2024, 1, 2, 3, 4, 5, DateTimeKind.Utc), new TimeSpan(1, 2, 0, 0),
                new Guid("00000000-0000-0000-0000-000000000001"),
            ];
            Assert.AreEqual(expected.Length, reader.FieldCount);
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.AreEqual(expected[i].GetType(), reader.GetFieldType(i));
                Assert.IsInstanceOfType(reader.GetValue(i), expected[i].GetType());
                if (expected[i] is not byte[])
                {
                    Assert.AreEqual(expected[i], reader[i]);
                }
            }
            Assert.AreEqual(new DateTime(2024, 1, 2), reader.GetDateTime(10));
            Assert.AreEqual(new TimeSpan(3, 4, 5), reader.GetFieldValue<TimeSpan>(11));
            Assert.AreEqual(new DateTimeOffset(2024, 1, 2, 3, 4, 5, TimeSpan.Zero), reader.GetFieldValue<DateTimeOffset>(13));
            Assert.AreEqual(DateTimeKind.Utc, reader.GetDateTime(13).Kind);
            Assert.AreEqual("character varying", reader.GetDataTypeName(8));
        });
    }

    [TestMethod]
    public void NULL_is_null_where_the_type_has_one_and_an_error_elsewhere()
    {
        OnRow("SELECT NULL::integer, NULL::text, NULL::bytea, 1", reader =>
        {
            Assert.IsTrue(reader.IsDBNull(0));
            Assert.IsFalse(reader.IsDBNull(3));
            Assert.AreSame(DBNull.Value, reader.GetValue(0));
            Assert.AreSame(DBNull.Value, reader.GetFieldValue<object>(0));
            Assert.AreSame(DBNull.Value, reader.GetFieldValue<DBNull>(0));
            Assert.IsNull(reader.GetFieldValue<int?>(0));
            Assert.AreEqual(1, reader.GetFieldValue<int?>(3));
            Assert.Throws<InvalidCastException>(() => reader.GetInt32(0));
            Assert.Throws<InvalidCastException>(() => reader.GetFieldValue<int>(0));
            Assert.Throws<InvalidCastException>(() => reader.GetString(1));
            Assert.Throws<InvalidCastException>(() => reader.GetFieldValue<string>(1));
            Assert.Throws<InvalidCastException>(() => reader.GetTextReader(1));
            Assert.Throws<InvalidCastException>(() => reader.GetFieldValue<TextReader>(1));
            Assert.Throws<InvalidCastException>(() => reader.GetFieldValue<Stream>(2));
            Assert.Throws<InvalidCastException>(() => reader.GetFieldValue<DBNull>(3));
        });
    }

    [TestMethod]
    public void Bytes_and_characters_are_copied_in_parts()
    {
        OnRow("SELECT '\\x01020304'::bytea, 'abcd'", reader =>
        {
            Assert.AreEqual(4, reader.GetBytes(0, 0, null, 0, 0));
            Assert.AreEqual(4, reader.GetBytes(0, 1, null, 0, 0));
            byte[] bytes = new byte[5];
            Assert.AreEqual(2, reader.GetBytes(0, 1, bytes, 2, 2));
            CollectionAssert.AreEqual(new byte[] { 0, 0, 2, 3, 0 }, bytes);
            Assert.AreEqual(0, reader.GetBytes(0, 6, bytes, 0, 4));
            Assert.AreEqual(0, reader.GetBytes(0, 0, bytes, 5, 0));
            Assert.AreEqual(4, reader.GetBytes(0, 0, new byte[6], 0, 6));
            Assert.Throws<ArgumentOutOfRangeException>(() => reader.GetBytes(0, -1, bytes, 0, 4));
            Assert.Throws<ArgumentOutOfRangeException>(() => reader.GetBytes(0, 0, bytes, -1, 4));
            Assert.Throws<ArgumentOutOfRangeException>(() => reader.GetBytes(0, 0, bytes, 6, 0));
            Assert.Throws<ArgumentException>(() => reader.GetBytes(0, 0, bytes, 3, 3));
            char[] chars = new char[5];
            Assert.AreEqual(4, reader.GetChars(1, 0, null, 0, 0));
            Assert.AreEqual(4, reader.GetChars(1, 1, null, 0, 0));
            Assert.AreEqual(0, reader.GetChars(1, 6, chars, 0, 4));
            Assert.AreEqual(0, reader.GetChars(1, 0, chars, 5, 0));
            Assert.Throws<ArgumentOutOfRangeException>(() => reader.GetChars(1, -1, chars, 0, 4));
            Assert.Throws<ArgumentOutOfRangeException>(() => reader.GetChars(1, 0, chars, -1, 4));
            Assert.Throws<ArgumentOutOfRangeException>(() => reader.GetChars(1, 0, chars, 6, 0));
            Assert.Throws<ArgumentException>(() => reader.GetChars(1, 0, chars, 3, 3));
            Assert.AreEqual(2, reader.GetChars(1, 1, chars, 2, 2));
            Assert.AreEqual("\0\0bc\0", new string(chars));
            Assert.AreEqual('a', reader.GetChar(1));
            Assert.AreEqual(0x01, reader.GetStream(0).ReadByte());
            Assert.AreEqual(0x01, reader.GetFieldValue<Stream>(0).ReadByte());
            Assert.AreEqual("abcd", reader.GetTextReader(1).ReadToEnd());
            Assert.AreEqual("abcd", reader.GetFieldValue<TextReader>(1).ReadToEnd());
        });
    }

    [TestMethod]
    public void Columns_are_found_by_name_and_place()
    {
        OnRow("SELECT 1 AS id, 2 AS \"Id\", 'ä😀' AS text", reader =>
        {
            Assert.AreEqual(0, reader.GetOrdinal("id"));
            Assert.AreEqual(1, reader.GetOrdinal("Id"));
            Assert.AreEqual(0, reader.GetOrdinal("ID"));
            Assert.AreEqual("ä😀", reader["text"]);
            Assert.Throws<IndexOutOfRangeException>(() => reader.GetOrdinal("name"));
            Assert.Throws<IndexOutOfRangeException>(() => reader.GetName(3));
            Assert.Throws<IndexOutOfRangeException>(() => reader.GetFieldType(3));
            Assert.Throws<IndexOutOfRangeException>(() => reader.GetDataTypeName(3));
            Assert.Throws<IndexOutOfRangeException>(() => reader.GetValue(-1));
            object[] wide = new object[5];
            Assert.AreEqual(3, reader.GetValues(wide));
            Assert.AreEqual(0, reader.GetValues([]));
            Assert.Throws<ArgumentNullException>(() => reader.GetValues(null!));
        });
    }

    [TestMethod]
    public void Before_the_first_row_behind_the_last_and_when_closed_there_are_no_values()
    {
        using PhantomDbConnection connection = Open();
        using PhantomDbCommand command = Command(connection, "SELECT 1");
        PhantomDbDataReader reader = command.ExecuteReader();
        Assert.Throws<InvalidOperationException>(() => reader.GetValue(0));
        Assert.Throws<InvalidOperationException>(() => reader.IsDBNull(0));
        Assert.Throws<InvalidOperationException>(() => reader.GetFieldValue<int>(0));
        Assert.Throws<InvalidOperationException>(() => reader.GetFieldValue<DBNull>(0));
        Assert.Throws<InvalidOperationException>(() => reader.GetStream(0));
        Assert.Throws<InvalidOperationException>(() => reader.GetTextReader(0));
        Assert.IsTrue(reader.Read());
        Assert.IsNotNull(reader.GetEnumerator());
        Assert.IsFalse(reader.Read());
        Assert.IsFalse(reader.Read());
        Assert.Throws<InvalidOperationException>(() => reader.GetInt32(0));
        Assert.Throws<InvalidOperationException>(() => reader.GetFieldValue<DBNull>(0));
        Assert.Throws<InvalidOperationException>(() => reader.IsDBNull(0));
        reader.Dispose();
        Assert.Throws<InvalidOperationException>(() => reader.Read());
        Assert.Throws<InvalidOperationException>(() => reader.NextResult());
        Assert.Throws<InvalidOperationException>(() => reader.FieldCount);
        Assert.Throws<InvalidOperationException>(() => reader.HasRows);
        Assert.Throws<InvalidOperationException>(() => reader.GetName(0));
        Assert.Throws<InvalidOperationException>(() => reader.GetOrdinal("a"));
        Assert.Throws<InvalidOperationException>(() => reader.GetSchemaTable());
        Assert.Throws<InvalidOperationException>(() => reader.GetFieldType(0));
        Assert.Throws<InvalidOperationException>(() => reader.GetDataTypeName(0));
        Assert.Throws<InvalidOperationException>(() => reader.GetValue(0));
        Assert.Throws<InvalidOperationException>(() => reader.IsDBNull(0));
        Assert.AreEqual(-1, reader.RecordsAffected);
    }

    [TestMethod]
    public void A_statement_without_columns_has_no_result()
    {
        using PhantomDbConnection connection = Open();
        Run(connection, "CREATE TABLE t (id integer)");
        using PhantomDbCommand command = Command(connection, "DELETE FROM t");
        using PhantomDbDataReader reader = command.ExecuteReader();
        Assert.AreEqual(0, reader.FieldCount);
        Assert.IsFalse(reader.HasRows);
        Assert.IsFalse(reader.Read());
        Assert.IsFalse(reader.NextResult());
        Assert.IsEmpty(reader.GetColumnSchema());
        Assert.IsNull(reader.GetSchemaTable());
        Assert.Throws<InvalidOperationException>(() => reader.GetName(0));
        Assert.Throws<InvalidOperationException>(() => reader.GetValues(new object[1]));
        Assert.AreEqual(0, reader.RecordsAffected);
        Action<PhantomDbDataReader>[] getters =
        [
            row => row.GetBoolean(0), row => row.GetByte(0), row => row.GetBytes(0, 0, new byte[1], 0, 1), row => row.GetChar(0), row => row.GetChars(0, 0, new char[1], 0, 1),
            row => row.GetDateTime(0), row => row.GetDecimal(0), row => row.GetDouble(0), row => row.GetFieldType(0), row => row.GetFieldValue<object>(0), row => row.GetFloat(0),
            row => row.GetGuid(0), row => row.GetInt16(0), row => row.GetInt32(0), row => row.GetInt64(0), row => row.GetDataTypeName(0), row => row.GetStream(0),
            row => row.GetString(0), row => row.GetTextReader(0), row => row.GetValue(0), row => row.IsDBNull(0), row => row.IsDBNullAsync(0).GetAwaiter().GetResult(),
            row => row.GetFieldValueAsync<object>(0).GetAwaiter().GetResult(),
        ];
        foreach (Action<PhantomDbDataReader> getter in getters)
        {
            Assert.ThrowsExactly<InvalidOperationException>(() => getter(reader));
        }
    }

    [TestMethod]
    public void The_schema_tells_names_types_and_sizes()
    {
        using PhantomDbConnection connection = Open();
        Run(connection, "CREATE TABLE t (id bigint, name varchar(20), price numeric(10,2), note text, photo bytea)");
        using PhantomDbCommand command = Command(connection, "SELECT * FROM t");
        using PhantomDbDataReader reader = command.ExecuteReader();
        ReadOnlyCollection<DbColumn> columns = reader.GetColumnSchema();
        Assert.AreEqual("id,name,price,note,photo", string.Join(',', columns.Select(column => column.ColumnName)));
        Assert.AreEqual("Int64,String,Decimal,String,Byte[]", string.Join(',', columns.Select(column => column.DataType!.Name)));
        Assert.AreEqual(20, columns[1].ColumnSize);
        Assert.AreEqual(10, columns[2].NumericPrecision);
        Assert.AreEqual(2, columns[2].NumericScale);
        Assert.AreEqual("numeric(10,2)", columns[2].DataTypeName);
        Assert.IsTrue(columns.All(column => column.IsLong == false));   // what is long, a command builder does not compare
        DataTable table = reader.GetSchemaTable()!;
        Assert.HasCount(5, table.Rows);
        Assert.IsTrue(table.Rows.Cast<DataRow>().All(row => !(bool)row[SchemaTableColumn.IsLong]));
        Assert.AreEqual("price", table.Rows[2][SchemaTableColumn.ColumnName]);
        Assert.AreEqual((short)2, table.Rows[2][SchemaTableColumn.NumericScale]);
        Assert.AreEqual(typeof(decimal), table.Rows[2][SchemaTableColumn.DataType]);
    }

    [TestMethod]
    public async Task Asynchronous_reading_is_as_reading_and_heeds_its_token()
    {
        await using PhantomDbConnection connection = Open();
        await using PhantomDbCommand command = Command(connection, "SELECT 1; SELECT 2");
        await using PhantomDbDataReader reader = await command.ExecuteReaderAsync(TestContext.CancellationToken);
        CancellationToken cancelled = new(canceled: true);
        Assert.IsTrue(reader.ReadAsync(cancelled).IsCanceled);
        Assert.IsTrue(await reader.ReadAsync(TestContext.CancellationToken));
        Assert.IsTrue(reader.GetFieldValueAsync<int>(0, cancelled).IsCanceled);
        Assert.IsTrue(reader.IsDBNullAsync(0, cancelled).IsCanceled);
        Assert.IsTrue(reader.NextResultAsync(cancelled).IsCanceled);
        Assert.AreEqual(1, await reader.GetFieldValueAsync<int>(0, TestContext.CancellationToken));
        Assert.IsFalse(await reader.ReadAsync(TestContext.CancellationToken));
        Assert.IsTrue(await reader.NextResultAsync(TestContext.CancellationToken));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task Reading_asynchronously_allocates_nothing_for_a_row(bool withToken)
    {
        const int RowCount = 20_000;
        await using PhantomDbConnection connection = Open();
        await using PhantomDbCommand command = Command(connection, $"SELECT i FROM generate_series(1, {RowCount}) g(i)");
        CancellationToken token = withToken ? TestContext.CancellationToken : CancellationToken.None;
        Assert.AreEqual(withToken, token.CanBeCanceled);
        long[] allocated = new long[3];
        for (int run = 0; run < allocated.Length; run++)   // the first to warm up, the second as Read does it
        {
            await using PhantomDbDataReader reader = command.ExecuteReader();
            long before = GC.GetAllocatedBytesForCurrentThread();
            int count = 0;
            while (run == 1 ? reader.Read() : await reader.ReadAsync(token))
            {
                count++;
            }
            allocated[run] = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.AreEqual(RowCount, count);
        }
        double each = (allocated[2] - allocated[1]) / (double)RowCount;
        TestContext.WriteLine($"{each} bytes more for each ReadAsync than for each Read");
        Assert.IsLessThanOrEqualTo(1.0, each);
    }

    [TestMethod]
    public async Task An_error_while_reading_asynchronously_is_the_tasks()
    {
        await using PhantomDbConnection connection = Open();
        await using PhantomDbCommand command = Command(connection, "SELECT 1 / (3 - i) FROM generate_series(1, 3) g(i)");
        foreach (CancellationToken token in new[] { CancellationToken.None, TestContext.CancellationToken })
        {
            await using PhantomDbDataReader reader = command.ExecuteReader();
            Task<bool> task = Task.FromResult(true);
            while (task.IsCompletedSuccessfully && await task)
            {
                task = reader.ReadAsync(token);
            }
            Assert.AreEqual("22012", (await Assert.ThrowsExactlyAsync<PhantomDbException>(() => task)).SqlState);
        }
    }

    [TestMethod]
    public void A_reader_can_be_enumerated_and_fills_a_table()
    {
        using PhantomDbConnection connection = Open();
        using PhantomDbCommand command = Command(connection, "SELECT i AS id, 'n' || i AS name FROM generate_series(1, 3) g(i)");
        using (PhantomDbDataReader reader = command.ExecuteReader())
        {
            Assert.AreEqual(6, reader.Cast<IDataRecord>().Sum(record => record.GetInt32(0)));
        }
        using PhantomDbDataReader again = command.ExecuteReader();
        DataTable table = new();
        table.Load(again);
        Assert.AreEqual("n3", table.Rows[2]["name"]);
    }

    [TestMethod]
    public void A_reader_outlives_its_command()
    {
        using PhantomDbConnection connection = Open();
        PhantomDbCommand command = Command(connection, "SELECT 'test'");
        using PhantomDbDataReader reader = command.ExecuteReader();
        command.Dispose();
        Assert.AreEqual("test", Rows(reader));
    }
}
