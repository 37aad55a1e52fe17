using System.Data.Common;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Data;

namespace PhantomDb.Tests.Data;

/// <summary>
/// What each way to read gives for each type of column: nothing, empty, zero, one, the smallest and the largest value. Each value stands with all that it can be read as, a
/// value for each type of .NET; as any other type it is an InvalidCastException, and an OverflowException where it is a number too large for a type of whole numbers.
/// </summary>
[TestClass]
public sealed class ConversionTests : DataTest
{
    private static readonly Getter[] Getters =
    [
        Getter.OfValue(reader => reader.GetBoolean(0)), Getter.OfValue(reader => reader.GetByte(0)), Getter.OfValue<sbyte>(), Getter.OfValue(reader => reader.GetInt16(0)),
        Getter.OfValue<ushort>(), Getter.OfValue(reader => reader.GetInt32(0)), Getter.OfValue<uint>(), Getter.OfValue(reader => reader.GetInt64(0)), Getter.OfValue<ulong>(),
        Getter.OfValue(reader => reader.GetDecimal(0)), Getter.OfValue(reader => reader.GetDouble(0)), Getter.OfValue(reader => reader.GetFloat(0)), Getter.OfValue(reader => reader.GetChar(0)),
        Getter.OfValue(reader => reader.GetGuid(0)), Getter.OfValue(reader => reader.GetDateTime(0)), Getter.OfValue(reader => reader.GetDateTimeOffset(0)),
        Getter.OfValue(reader => reader.GetDateOnly(0)), Getter.OfValue(reader => reader.GetTimeOnly(0)), Getter.OfValue(reader => reader.GetTimeSpan(0)),
        Getter.OfReference(reader => reader.GetString(0)), Getter.OfReference<byte[]>(), Getter.OfReference<char[]>(),
        Getter.OfReference(reader => BytesOf(reader.GetStream(0)), reader => BytesOf(reader.GetFieldValue<Stream>(0)), async reader => BytesOf(await reader.GetFieldValueAsync<Stream>(0))),
        Getter.OfReference(reader => reader.GetTextReader(0).ReadToEnd(), reader => reader.GetFieldValue<TextReader>(0).ReadToEnd(), async reader => await (await reader.GetFieldValueAsync<TextReader>(0)).ReadToEndAsync()),
    ];

    private static readonly Type[] WholeNumbers = [typeof(sbyte), typeof(byte), typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long), typeof(ulong)];

    /// <summary>SQL type, type of GetValue, and of each value its text in SQL and what it can be read as, what GetValue gives first.</summary>
    public static IEnumerable<object[]> Columns =>
    [
        ["boolean", typeof(bool), Values(("false", [false]), ("true", [true]))],
        ["smallint", typeof(short), Values(("0", Whole((short)0)), ("1", Whole((short)1)), ("-32768", Whole(short.MinValue)), ("32767", Whole(short.MaxValue)))],
        ["integer", typeof(int), Values(("0", Whole(0)), ("1", Whole(1)), ("-2147483648", Whole(int.MinValue)), ("2147483647", Whole(int.MaxValue)))],
        ["bigint", typeof(long), Values(("0", Whole(0L)), ("1", Whole(1L)), ("-9223372036854775808", Whole(long.MinValue)), ("9223372036854775807", Whole(long.MaxValue)))],
        [
            "numeric(38,15)", typeof(decimal), Values(
                ("0", Whole(0m)), ("1", Whole(1m)), ("0.000000000000001", [0.000000000000001m, 0.000000000000001, 0.000000000000001f]), ("-1.5", [-1.5m, -1.5, -1.5f]),
                ("99999999999999999999.999999999999999", [99999999999999999999.999999999999999m, 1e20, 1e20f]), ("18446744073709551615", Whole(18446744073709551615m))),
        ],
        ["real", typeof(float), Values(("0", [0f, 0.0]), ("1", [1f, 1.0]), ("1.18e-38", [1.18e-38f, 1.1799999457746311E-38]), ("3.40e38", [3.40e38f, 3.3999999521443642E+38]))],
        ["double precision", typeof(double), Values(("0", [0.0]), ("1", [1.0]), ("2.23e-308", [2.23e-308]), ("1.79e308", [1.79e308]))],
        ["text", typeof(string), Values(("", Text("")), ("0", Text("0")), ("1", Text("1")), ("ä😀", Text("ä😀")))],
        ["varchar(10)", typeof(string), Values(("", Text("")), ("abc", Text("abc")))],
        ["bytea", typeof(byte[]), Values(("", [Array.Empty<byte>()]), (@"\x00", [new byte[] { 0 }]), (@"\x11", [new byte[] { 0x11 }]), (@"\x01ff", [new byte[] { 1, 255 }]))],
        ["date", typeof(DateOnly), Values(("1111-11-11", Day(1111, 11, 11)), ("0001-01-01", Day(1, 1, 1)), ("9999-12-31", Day(9999, 12, 31)))],
        ["time", typeof(TimeOnly), Values(("00:00:00", Time(TimeSpan.Zero)), ("11:11:11.111", Time(new TimeSpan(0, 11, 11, 11, 111))), ("23:59:59.999", Time(new TimeSpan(0, 23, 59, 59, 999))))],
        [
            "timestamp", typeof(DateTime), Values(
                ("1111-11-11 11:11:11.111", [new DateTime(1111, 11, 11, 11, 11, 11, 111)]), ("9999-12-31 23:59:59.999", [new DateTime(9999, 12, 31, 23, 59, 59, 999)]),
                ("0001-01-01 00:00:00", [DateTime.MinValue])),
        ],
        [
            "timestamptz", typeof(DateTime), Values(
                ("1111-11-11 11:11:11.111+11:11", Instant(new DateTimeOffset(1111, 11, 11, 11, 11, 11, 111, new TimeSpan(11, 11, 0)))), ("0001-01-01 00:00:00+00", Instant(DateTimeOffset.MinValue)),
                ("9999-12-31 23:59:59.999+14:00", Instant(new DateTimeOffset(9999, 12, 31, 23, 59, 59, 999, TimeSpan.FromHours(14))))),
        ],
        ["interval", typeof(TimeSpan), Values(("0", [TimeSpan.Zero]), ("-1 day -01:01:01.5", [-new TimeSpan(1, 1, 1, 1, 500)]))],
        [
            "uuid", typeof(Guid), Values(
                ("00000000-0000-0000-0000-000000000000", [Guid.Empty]), ("33221100-5544-7766-9988-aabbccddeeff", [new Guid("33221100-5544-7766-9988-aabbccddeeff")]),
                ("ccddeeff-aabb-8899-7766-554433221100", [new Guid("ccddeeff-aabb-8899-7766-554433221100")])),
        ],
    ];

    [TestMethod]
    [DynamicData(nameof(Columns))]
    public async Task A_value_is_read_as_what_holds_it_and_as_nothing_else(string sqlType, Type type, (string Text, object[] Reads)[] values)
    {
        await using PhantomDbConnection connection = Open();
        foreach ((string text, object[] reads) in values)
        {
            await using PhantomDbCommand command = Command(connection, $"SELECT '{text}'::{sqlType}");
            await using PhantomDbDataReader reader = command.ExecuteReader();
            Assert.IsTrue(reader.Read());
            string where = $"{sqlType} '{text}'";
            Assert.AreEqual(type, reader.GetFieldType(0), where);
            AssertSame(reads[0], reader.GetValue(0), where);
            AssertSame(reads[0], reader.GetFieldValue<object>(0), where);
            Assert.IsFalse(reader.IsDBNull(0), where);
            Assert.ThrowsExactly<InvalidCastException>(() => reader.GetFieldValue<DBNull>(0), where);
            foreach (Getter getter in Getters)
            {
                object expected = Expected(sqlType, reads, getter.Type);
                foreach (Func<PhantomDbDataReader, Task<object?>> read in getter.Ways)
                {
                    AssertSame(expected, await Try(read, reader), $"{where} as {getter.Type.Name}");
                }
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Columns))]
    public async Task NULL_is_read_as_DBNull_and_as_nullable_types_alone(string sqlType, Type type, (string Text, object[] Reads)[] values)
    {
        Assert.IsNotEmpty(values);
        await using PhantomDbConnection connection = Open();
        await using PhantomDbCommand command = Command(connection, $"SELECT NULL::{sqlType}");
        await using PhantomDbDataReader reader = command.ExecuteReader();
        Assert.IsTrue(reader.Read());
        Assert.AreEqual(type, reader.GetFieldType(0));
        Assert.IsTrue(reader.IsDBNull(0));
        Assert.IsTrue(await reader.IsDBNullAsync(0));
        Assert.AreSame(DBNull.Value, reader.GetValue(0));
        Assert.AreSame(DBNull.Value, reader.GetFieldValue<object>(0));
        Assert.AreSame(DBNull.Value, reader.GetFieldValue<DBNull>(0));
        Assert.ThrowsExactly<InvalidCastException>(() => reader.GetBytes(0, 0, null, 0, 0));
        Assert.ThrowsExactly<InvalidCastException>(() => reader.GetChars(0, 0, null, 0, 0));
        foreach (Getter getter in Getters)
        {
            foreach (Func<PhantomDbDataReader, Task<object?>> read in getter.Ways)
            {
                AssertSame(read == getter.Nullable ? null : typeof(InvalidCastException), await Try(read, reader), $"NULL::{sqlType} as {getter.Type.Name}");
            }
        }
    }

    [TestMethod]
    [DataRow("interval '1 month'", "1 mon")]
    [DataRow("interval '106751992 days'", "106751992 days")]
    [DataRow("'NaN'::numeric", "NaN")]
    [DataRow("1e37::numeric", "10000000000000000000000000000000000000")]
    [DataRow("timestamptz 'infinity'", "infinity")]
    [DataRow("timestamp '0044-03-15 12:00:00 BC'", "0044-03-15 12:00:00 BC")]
    [DataRow("date '-infinity'", "-infinity")]
    [DataRow("time '24:00'", "24:00:00")]
    public void A_value_that_its_type_of_NET_cannot_hold_is_read_as_text(string sql, string text) => OnRow($"SELECT {sql}", reader =>
    {
        Assert.Contains("read its text instead", Assert.ThrowsExactly<OverflowException>(() => reader.GetValue(0)).Message);
        Assert.AreEqual(text, reader.GetString(0));
        Assert.AreEqual(text, reader.GetFieldValue<string>(0));
        Assert.AreEqual(text, reader.GetTextReader(0).ReadToEnd());
        Assert.AreEqual(text, reader.GetFieldValue<TextReader>(0).ReadToEnd());
        char[] characters = new char[text.Length];
        Assert.AreEqual(text.Length, reader.GetChars(0, 0, characters, 0, text.Length));
        Assert.AreEqual(text, new string(characters));
        Assert.ThrowsExactly<InvalidCastException>(() => reader.GetChar(0));
    });

    [TestMethod]
    [DataRow("1")]
    [DataRow("now()")]
    [DataRow("gen_random_uuid()")]
    public void Only_texts_have_characters_and_only_bytea_has_bytes(string sql) => OnRow($"SELECT {sql}, 'text', '\\x01'::bytea", reader =>
    {
        Assert.AreEqual(typeof(InvalidCastException), Record(() => reader.GetChars(0, 0, null, 0, 0)));
        Assert.AreEqual(typeof(InvalidCastException), Record(() => reader.GetBytes(0, 0, null, 0, 0)));
        Assert.AreEqual(typeof(InvalidCastException), Record(() => reader.GetBytes(1, 0, null, 0, 0)));
        Assert.AreEqual(typeof(InvalidCastException), Record(() => reader.GetChars(2, 0, null, 0, 0)));
    });

    [TestMethod]
    [DataRow("79228162514264337593543950336")]
    [DataRow("NaN")]
    [DataRow("Infinity")]
    public void A_number_outside_decimal_is_an_overflow_however_it_is_read(string text) => OnRow($"SELECT '{text}'::numeric", reader =>
    {
        Assert.AreEqual(typeof(OverflowException), Record(() => reader.GetDecimal(0)));
        Assert.AreEqual(typeof(OverflowException), Record(() => reader.GetValue(0)));
        Assert.AreEqual(typeof(OverflowException), Record(() => reader.GetFieldValue<decimal>(0)));
        Assert.AreEqual(typeof(OverflowException), Record(() => reader.GetInt64(0)));
        Assert.AreEqual(typeof(OverflowException), Record(() => reader.GetFieldValue<ulong?>(0)));
    });

    private static (string Text, object[] Reads)[] Values(params (string Text, object[] Reads)[] values) => values;

    // As each type of number that holds it; as bytes a smallint alone, which is what bytes are kept as.
    private static object[] Whole<T>(T value)
        where T : struct, System.Numerics.INumber<T>
    {
        decimal number = decimal.CreateChecked(value);
        List<object> reads = [value, number, (double)number, (float)number];
        void Add<TWhole>()
            where TWhole : struct, System.Numerics.IBinaryInteger<TWhole>, System.Numerics.IMinMaxValue<TWhole>
        {
            if (number >= decimal.CreateChecked(TWhole.MinValue) && number <= decimal.CreateChecked(TWhole.MaxValue))
            {
                reads.Add(TWhole.CreateChecked(number));
            }
        }

        if (value is short)
        {
            Add<sbyte>();
            Add<byte>();
        }
        Add<short>();
        Add<ushort>();
        Add<int>();
        Add<uint>();
        Add<long>();
        Add<ulong>();
        return [.. reads];
    }

    private static object[] Text(string text) => text.Length > 0 ? [text, text.ToCharArray(), text[0]] : [text, Array.Empty<char>()];

    private static object[] Day(int year, int month, int day) => [new DateOnly(year, month, day), new DateTime(year, month, day)];

    private static object[] Time(TimeSpan time) => [TimeOnly.FromTimeSpan(time), time];

    private static object[] Instant(DateTimeOffset time) => [time.UtcDateTime, time];

    // The value, or the type of the exception.
    private static object Expected(string sqlType, object[] reads, Type type)
    {
        if (Array.Find(reads, read => read.GetType() == type) is { } value)
        {
            return value;
        }
        bool isByte = type == typeof(byte) || type == typeof(sbyte);
        bool overflows = WholeNumbers.Contains(type) && (!isByte || sqlType == "smallint") && Array.Find(reads, read => read is decimal) is decimal number && number == decimal.Truncate(number);
        return overflows ? typeof(OverflowException) : typeof(InvalidCastException);
    }

    private static void AssertSame(object? expected, object? actual, string where)
    {
        if (expected is Array values && actual is Array read)
        {
            CollectionAssert.AreEqual(values, read, where);
            Assert.AreEqual(values.GetType(), read.GetType(), where);
        }
        else
        {
            Assert.AreEqual(expected, actual, where);
        }
    }

    private static async Task<object?> Try(Func<PhantomDbDataReader, Task<object?>> read, PhantomDbDataReader reader)
    {
        try
        {
            return await read(reader);
        }
        catch (Exception error)
        {
            return error.GetType();
        }
    }

    private static Type? Record(Action work)
    {
        try
        {
            work();
            return null;
        }
        catch (Exception error)
        {
            return error.GetType();
        }
    }

    private static byte[] BytesOf(Stream stream)
    {
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    /// <summary>The ways to read a column as a type: its getter, GetFieldValue, GetFieldValueAsync, and GetFieldValue of the nullable type where it is another one.</summary>
    private sealed record Getter(Type Type, Func<PhantomDbDataReader, Task<object?>>[] Ways, Func<PhantomDbDataReader, Task<object?>>? Nullable)
    {
        public static Getter OfValue<T>(Func<PhantomDbDataReader, T>? getter = null)
            where T : struct
        {
            Func<PhantomDbDataReader, Task<object?>> nullable = reader => Task.FromResult<object?>(reader.GetFieldValue<T?>(0));
            Getter others = OfReference(getter, null, null);
            return others with { Ways = [.. others.Ways, nullable], Nullable = nullable };
        }

        public static Getter OfReference<T>(Func<PhantomDbDataReader, T>? getter = null, Func<DbDataReader, T>? getFieldValue = null, Func<DbDataReader, Task<T>>? getFieldValueAsync = null)
        {
            getFieldValue ??= reader => reader.GetFieldValue<T>(0);
            getFieldValueAsync ??= reader => reader.GetFieldValueAsync<T>(0);
            return new Getter(typeof(T), [reader => Task.FromResult<object?>((getter ?? getFieldValue)(reader)), reader => Task.FromResult<object?>(getFieldValue(reader)), async reader => await getFieldValueAsync(reader)], null);
        }
    }
}
