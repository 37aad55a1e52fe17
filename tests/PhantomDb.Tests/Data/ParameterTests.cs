using System.Collections;
using System.Data;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Data;

namespace PhantomDb.Tests.Data;

[TestClass]
public sealed class ParameterTests : DataTest
{
    private enum Size : short
    {
        Small = 1,
        Large = 3,
    }

    [TestMethod]
    public void A_value_comes_back_as_what_it_was()
    {
        using PhantomDbConnection connection = Open();
        object[] values =
        [
            1, 1L << 40, (short)7, true, 12.50m, 1.5, 0.1f, "text", "", new DateOnly(2024, 2, 29), new TimeOnly(23, 59, 58, 123), Guid.NewGuid(),
            new DateTime(2024, 2, 29, 1, 2, 3), new DateTime(2024, 2, 29, 1, 2, 3, DateTimeKind.Utc), new TimeSpan(3, 4, 5, 6), -new TimeSpan(3, 4, 5, 6),
            double.NaN, double.PositiveInfinity, long.MinValue,
        ];
        foreach (object value in values)
        {
            Assert.AreEqual(value, Scalar(connection, "SELECT @p", ("p", value)));
            Assert.AreEqual(value, Scalar(connection, "SELECT $1", (null, value)));
        }
        CollectionAssert.AreEqual(new byte[] { 1, 0, 255 }, (byte[])Scalar(connection, "SELECT @p", ("p", new byte[] { 1, 0, 255 }))!);
        CollectionAssert.AreEqual(new byte[] { 5, 6 }, (byte[])Scalar(connection, "SELECT @p", ("p", new MemoryStream([5, 6])))!);
        Assert.AreEqual("read", Scalar(connection, "SELECT @p", ("p", new StringReader("read"))));
        Assert.AreEqual("c", Scalar(connection, "SELECT @p", ("p", 'c')));
        Assert.AreEqual((short)3, Scalar(connection, "SELECT @p", ("p", Size.Large)));
        Assert.AreEqual(18446744073709551615m, Scalar(connection, "SELECT @p", ("p", ulong.MaxValue)));
        Assert.AreEqual(
            new DateTime(2024, 1, 1, 10, 0, 0, DateTimeKind.Utc),
            Scalar(connection, "SELECT @p", ("p", new DateTimeOffset(2024, 1, 1, 12, 0, 0, TimeSpan.FromHours(2)))));
        Assert.AreSame(DBNull.Value, Scalar(connection, "SELECT @p", ("p", null)));
        Assert.AreSame(DBNull.Value, Scalar(connection, "SELECT @p::integer", ("p", DBNull.Value)));
    }

    [TestMethod]
    public void A_byte_is_kept_as_a_smallint_and_comes_back()
    {
        using PhantomDbConnection connection = Open();
        using PhantomDbCommand command = Command(connection, "SELECT @byte, @sbyte", ("byte", byte.MaxValue), ("sbyte", sbyte.MinValue));
        using PhantomDbDataReader reader = command.ExecuteReader();
        Assert.IsTrue(reader.Read());
        Assert.AreEqual("smallint,smallint", $"{reader.GetDataTypeName(0)},{reader.GetDataTypeName(1)}");
        Assert.AreEqual(byte.MaxValue, reader.GetByte(0));
        Assert.AreEqual(sbyte.MinValue, reader.GetFieldValue<sbyte>(1));
        Assert.Throws<OverflowException>(() => reader.GetByte(1));
    }

    [TestMethod]
    public void A_name_is_found_with_or_without_its_mark_and_in_any_case()
    {
        using PhantomDbConnection connection = Open();
        Assert.AreEqual(3, Scalar(connection, "SELECT @a + :B", ("@A", 1), (":b", 2)));
        Assert.AreEqual(3, Scalar(connection, "SELECT $2 - $1", ("x", 1), ("y", 4)));
        Assert.AreEqual(5, Scalar(connection, "SELECT @a - @A", ("a", 7), ("A", 2)));
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(100)]     // so many that they have an index
    [DataRow(20_000)]
    public void However_many_there_are_a_name_is_found_by_the_same_rules(int count)
    {
        using PhantomDbConnection connection = Open();
        (string?, object?)[] others = [.. Enumerable.Range(1, count).Select(i => ((string?)$"@n{i}", (object?)i))];
        string more = string.Concat(Enumerable.Range(1, count).Select(i => $", @N{i}, :n{i}"));
        using PhantomDbCommand command = Command(connection, $"SELECT concat(@a, @A, :B) WHERE -1 IN (-1{more})", [("b", "first b"), .. others, ("@A", "A "), ("a", "a "), (":a", "second a "), ("B", "B")]);
        Assert.AreEqual("a A B", command.ExecuteScalar());
        command.Parameters["a"].ParameterName = "";          // the next of that name is :a
        Assert.AreEqual("second a A B", command.ExecuteScalar());
        command.Parameters.RemoveAt("a");                    // in another case then: @A
        command.Parameters[command.Parameters.Count - 1].ParameterName = "c";
        Assert.AreEqual("A A first b", command.ExecuteScalar());
        command.Parameters["A"].ParameterName = "";
        Assert.Contains("there is no value for parameter @a", Assert.ThrowsExactly<PhantomDbException>(command.ExecuteScalar).Message);
    }

    [TestMethod]
    public void A_text_is_read_as_what_the_statement_wants()
    {
        using PhantomDbConnection connection = Open();
        Run(connection, "CREATE TABLE t (id integer, at date, uid uuid)");
        Assert.AreEqual(1, Run(connection, "INSERT INTO t VALUES (@id, @at, @uid)", ("id", "5"), ("at", "2024-02-29"), ("uid", Guid.Empty.ToString())));
        Assert.AreEqual(1L, Scalar(connection, "SELECT count(*) FROM t WHERE at = @at AND id = @id", ("at", new DateOnly(2024, 2, 29)), ("id", 5L)));
        Assert.AreEqual(0L, Scalar(connection, "SELECT count(*) FROM t WHERE id = @id", ("id", 5.5m)));
        Assert.AreEqual(0L, Scalar(connection, "SELECT count(*) FROM t WHERE at = @at", ("at", new DateTime(2024, 2, 29, 12, 0, 0))));
        Assert.AreEqual("22P02", Assert.Throws<PhantomDbException>(() => Run(connection, "SELECT * FROM t WHERE id = @id", ("id", "five"))).SqlState);
    }

    [TestMethod]
    public void A_DbType_decides_the_type_of_the_parameter()
    {
        using PhantomDbConnection connection = Open();
        (DbType Type, object? Value, object Expected)[] cases =
        [
            (DbType.Int64, 5, 5L), (DbType.Int32, "12", 12), (DbType.String, 5, "5"), (DbType.Decimal, 1.5, 1.5m), (DbType.Double, 2, 2.0),
            (DbType.Date, new DateTime(2024, 1, 2, 3, 4, 5), new DateOnly(2024, 1, 2)), (DbType.Time, new TimeSpan(1, 2, 3), new TimeOnly(1, 2, 3)),
            (DbType.Boolean, "true", true), (DbType.Int32, null, DBNull.Value), (DbType.DateTime2, new DateOnly(2024, 1, 2), new DateTime(2024, 1, 2)),
        ];
        foreach ((DbType type, object? value, object expected) in cases)
        {
            using PhantomDbCommand command = Command(connection, "SELECT @p");
            command.Parameters.Add("p", type).Value = value;
            Assert.AreEqual(expected, command.ExecuteScalar(), $"{type} {value}");
        }
    }

    [TestMethod]
    public void A_size_cuts_the_value()
    {
        using PhantomDbConnection connection = Open();
        using PhantomDbCommand command = Command(connection, "SELECT @t || length(@b)", ("t", "abcdef"), ("b", new byte[] { 1, 2, 3 }));
        command.Parameters[0].Size = 3;
        command.Parameters["b"].Size = 2;
        Assert.AreEqual("abc2", command.ExecuteScalar());
    }

    [TestMethod]
    public void What_has_no_type_and_what_is_missing_says_so()
    {
        using PhantomDbConnection connection = Open();
        Assert.Throws<NotSupportedException>(() => Scalar(connection, "SELECT @p", ("p", new object())));
        PhantomDbException array = Assert.Throws<PhantomDbException>(() => Scalar(connection, "SELECT @p", ("p", new[] { 1, 2 })));
        Assert.AreEqual("0A000", array.SqlState);
        Assert.IsNotNull(array.Hint);
        PhantomDbException missing = Assert.Throws<PhantomDbException>(() => Scalar(connection, "SELECT @p"));
        Assert.AreEqual("42P02", missing.SqlState);
        Assert.Contains("@p", missing.Message);
        Assert.AreEqual("42P02", Assert.Throws<PhantomDbException>(() => Scalar(connection, "SELECT $2", (null, 1))).SqlState);
    }

    [TestMethod]
    public void A_value_that_was_never_set_is_not_taken_for_NULL()
    {
        using PhantomDbConnection connection = Open();
        using PhantomDbCommand command = Command(connection, "SELECT @p::integer");
        PhantomDbParameter parameter = command.Parameters.Add("@p", DbType.Int32);
        Assert.IsNull(parameter.Value);
        InvalidOperationException error = Assert.ThrowsExactly<InvalidOperationException>(() => command.ExecuteNonQuery());
        Assert.Contains("@p", error.Message);
        parameter.Value = null;
        Assert.AreSame(DBNull.Value, command.ExecuteScalar());
    }

    [TestMethod]
    public void A_parameter_without_a_name_is_none_of_a_name_and_one_too_many_is_left_alone()
    {
        using PhantomDbConnection connection = Open();
        Assert.AreEqual("42P02", Assert.Throws<PhantomDbException>(() => Run(connection, "SELECT @p", (null, 1))).SqlState);
        Assert.AreEqual(1, Scalar(connection, "SELECT 1", ("@unknown", 7)));
    }

    [TestMethod]
    public void A_new_parameter_is_for_input_and_without_a_value()
    {
        PhantomDbParameter parameter = new();
        Assert.AreEqual("", parameter.ParameterName);
        Assert.AreEqual("", parameter.SourceColumn);
        Assert.AreEqual(DbType.String, parameter.DbType);
        Assert.AreEqual(ParameterDirection.Input, parameter.Direction);
        Assert.AreEqual(DataRowVersion.Current, parameter.SourceVersion);
        Assert.AreEqual(0, parameter.Size);
        Assert.IsNull(parameter.Value);
        Assert.IsFalse(parameter.IsNullable);
        Assert.AreEqual((byte)0, parameter.Precision);
        Assert.AreEqual((byte)0, parameter.Scale);
        parameter.ParameterName = null;
        Assert.AreEqual("", parameter.ParameterName);
        parameter.SourceColumn = null;
        Assert.AreEqual("", parameter.SourceColumn);
        parameter.DbType = DbType.Int64;
        parameter.ResetDbType();
        Assert.AreEqual(DbType.String, parameter.DbType);
        Assert.Throws<NotSupportedException>(() => parameter.Direction = ParameterDirection.Output);
        Assert.Throws<ArgumentOutOfRangeException>(() => parameter.DbType = (DbType)999);
    }

    [TestMethod]
    public void A_collection_is_a_list_that_knows_names()
    {
        PhantomDbParameterCollection parameters = new PhantomDbCommand().Parameters;
        PhantomDbParameter a = parameters.AddWithValue("a", 1);
        Assert.AreEqual(1, parameters.Add((object)new PhantomDbParameter("@b", 2)));
        Assert.HasCount(2, parameters);
        Assert.IsTrue(parameters.Contains("B"));
        Assert.IsTrue(parameters.Contains(a));
        Assert.AreEqual(1, parameters.IndexOf(":b"));
        Assert.AreEqual(-1, parameters.IndexOf("c"));
        parameters.Insert(0, new PhantomDbParameter("c", 3));
        Assert.AreSame(a, parameters["a"]);
        parameters.RemoveAt("c");
        parameters.Remove(a);
        Assert.AreEqual("@b", parameters[0].ParameterName);
        parameters[0] = a;
        Assert.AreSame(a, parameters[0]);
        Assert.Throws<IndexOutOfRangeException>(() => parameters["x"]);
        Assert.Throws<IndexOutOfRangeException>(() => parameters[5]);
        Assert.Throws<InvalidCastException>(() => parameters.Add((object)5));
        parameters.Clear();
        Assert.IsEmpty(parameters);
    }

    [TestMethod]
    public void A_collection_has_no_null_and_no_place_outside()
    {
        PhantomDbParameterCollection parameters = new PhantomDbCommand().Parameters;
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => parameters.RemoveAt(0));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => parameters.Insert(1, new PhantomDbParameter()));
        PhantomDbParameter parameter = parameters.AddWithValue("@a", 1);
        Assert.ThrowsExactly<ArgumentNullException>(() => parameters.Add((object)null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => parameters.Add((PhantomDbParameter)null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => parameters.Insert(0, null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => parameters.Remove(null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => parameters[0] = null!);
        Assert.ThrowsExactly<ArgumentNullException>(() => parameters["@a"] = null!);
        Assert.ThrowsExactly<ArgumentNullException>(() => ((IList)parameters)[0] = null);
        Assert.ThrowsExactly<ArgumentNullException>(() => ((IDataParameterCollection)parameters)["@a"] = null!);
        Assert.IsFalse(parameters.Contains((object)null!));
        Assert.IsFalse(parameters.Contains((string)null!));
        Assert.AreEqual(-1, parameters.IndexOf((object)null!));
        Assert.AreEqual(-1, parameters.IndexOf((string)null!));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => parameters.RemoveAt(-1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => parameters.Insert(-1, new PhantomDbParameter()));
        Assert.AreSame(parameter, parameters.Cast<object>().Single());
        parameters.RemoveAt(0);
        Assert.IsEmpty(parameters);
    }

    [TestMethod]
    public void A_command_that_is_cloned_has_parameters_of_its_own()
    {
        using PhantomDbCommand command = new("SELECT @a");
        command.Parameters.AddWithValue("a", 1);
        using PhantomDbCommand clone = command.Clone();

        clone.Parameters[0].Value = 2;

        Assert.AreEqual(1, command.Parameters[0].Value);
        Assert.AreEqual("a", clone.Parameters[0].ParameterName);
    }
}
