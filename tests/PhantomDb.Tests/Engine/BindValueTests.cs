using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

[TestClass]
public sealed class BindValueTests
{
    private enum Small : byte
    {
        Two = 2,
    }

    private enum Large : ulong
    {
        Most = ulong.MaxValue,
    }

    [TestMethod]
    public void Values_of_all_kinds_are_what_they_are_in_SQL()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        session.Execute("SET TIME ZONE 'UTC'").Dispose();
        (object? Value, string Type, string? Text)[] cases =
        [
            (null, "integer", null), (DBNull.Value, "text", null),
            (1, "integer", "1"), (2L, "bigint", "2"), ((short)3, "smallint", "3"), ((byte)4, "integer", "4"), ((sbyte)-5, "integer", "-5"), ((ushort)6, "integer", "6"), (7u, "bigint", "7"),
            (ulong.MaxValue, "numeric", "18446744073709551615"), (1.5m, "numeric", "1.5"), (0.1, "double precision", "0.1"), (0.1f, "real", "0.1"), (true, "boolean", "t"),
            ("text", "text", "text"), ('c', "text", "c"), ("chars".ToCharArray(), "text", "chars"), (new StringReader("read"), "text", "read"),
            (new DateOnly(2026, 11, 22), "date", "2026-11-22"), (new TimeOnly(10, 20, 30, 400), "time", "10:20:30.4"), (new DateTime(2026, 11, 22, 1, 2, 3, DateTimeKind.Unspecified), "timestamp", "2026-11-22 01:02:03"),
            (new DateTimeOffset(2026, 11, 22, 1, 2, 3, TimeSpan.FromHours(1)), "timestamptz", "2026-11-22 00:02:03+00"), (new TimeSpan(-1, -2, -3), "interval", "-01:02:03"),
            (Guid.Parse("01234567-89ab-cdef-0123-456789abcdef"), "uuid", "01234567-89ab-cdef-0123-456789abcdef"),
            (new byte[] { 1, 2 }, "bytea", "\\x0102"), (new ReadOnlyMemory<byte>([3]), "bytea", "\\x03"), (new Memory<byte>([4]), "bytea", "\\x04"), (new ArraySegment<byte>([5, 6, 7], 1, 1), "bytea", "\\x06"),
            (new MemoryStream([8, 9]), "bytea", "\\x0809"), (Small.Two, "integer", "2"), (Large.Most, "numeric", "18446744073709551615"),
        ];
        foreach ((object? value, string type, string? text) in cases)
        {
            using PreparedStatement statement = session.Prepare($"SELECT $1::{type}");
            statement.BindValue(1, value);
            Assert.AreEqual(text, statement.Execute().Rows(row => row.IsNull(0) ? null : row.GetText(0)).Single(), $"{value?.GetType()} as {type}");
        }
    }

    [TestMethod]
    public void What_is_no_value_of_SQL_is_refused()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        using PreparedStatement statement = session.Prepare("SELECT $1::integer");
        Assert.AreEqual("0A000", Assert.ThrowsExactly<PhantomDbException>(() => statement.BindValue(1, new[] { 1, 2 })).SqlState);
        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => statement.BindValue(1, new StringBuilder())).Message, "StringBuilder");
        Assert.AreEqual("22P02", Assert.ThrowsExactly<PhantomDbException>(() => statement.BindValue(1, "one")).SqlState);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => statement.BindValue(2, 1));
    }
}
