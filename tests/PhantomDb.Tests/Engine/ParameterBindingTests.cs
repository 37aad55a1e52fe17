using System.Globalization;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>What is bound as a number, a date or a time is what its text gives, errors included; a binding that fails leaves the one before.</summary>
[TestClass]
public sealed class ParameterBindingTests
{
    private static readonly decimal[] Numbers =
    [
        0, 1, -1, 12.5m, -12.345m, 99.994m, 99.995m, 999999.99m, -999999.995m, 1234567.891m, 0.00001m, 1.50m, 1.500m, -0.005m, 0.0049m,
        decimal.MaxValue, decimal.MinValue, 79228162514264337593543950.335m, 123456789012345678m, long.MaxValue, long.MinValue, int.MaxValue, 32768, 1e-28m,
    ];

    [TestMethod]
    [DataRow("numeric")]
    [DataRow("numeric(8, 2)")]
    [DataRow("numeric(18, 0)")]
    [DataRow("numeric(38, 5)")]
    [DataRow("smallint")]
    [DataRow("integer")]
    [DataRow("bigint")]
    [DataRow("real")]
    [DataRow("double precision")]
    [DataRow("text")]
    [DataRow("varchar(5)")]
    [DataRow("char(7)")]
    public void Numbers_are_what_their_text_is(string type)
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        session.Execute($"CREATE TABLE t (v {type})").Dispose();
        using PreparedStatement insert = session.Prepare("INSERT INTO t VALUES ($1) RETURNING v, $1");
        foreach (decimal number in Numbers)
        {
            string text = number.ToString(CultureInfo.InvariantCulture);
            Assert.AreEqual(Outcome(() => insert.Bind(1, text)), Outcome(() => insert.Bind(1, number)), $"{type}: {text}");
            if (number == decimal.Truncate(number) && number is >= long.MinValue and <= long.MaxValue)
            {
                long whole = (long)number;
                Assert.AreEqual(Outcome(() => insert.Bind(1, whole.ToString(CultureInfo.InvariantCulture))), Outcome(() => insert.Bind(1, whole)), $"{type}: {whole}");
            }
        }

        string Outcome(Action bind) => ParameterBindingTests.Outcome(insert, bind);
    }

    [TestMethod]
    [DataRow("timestamp")]
    [DataRow("timestamptz")]
    [DataRow("timestamp(2)")]
    [DataRow("date")]
    [DataRow("time")]
    [DataRow("text")]
    public void Dates_and_times_are_what_their_text_is(string type)
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        session.Execute("SET timezone = 'Europe/Vienna'").Dispose();
        session.Execute($"CREATE TABLE t (v {type})").Dispose();
        using PreparedStatement insert = session.Prepare("INSERT INTO t VALUES ($1) RETURNING v, $1");
        foreach (long ticks in new[] { 0, 9, 10, 630_822_816_000_000_000, 630_822_815_999_999_999, 638_900_000_123_456_789, DateTime.MaxValue.Ticks, 636_000_000_009_999_995 })
        {
            foreach (DateTimeKind kind in Enum.GetValues<DateTimeKind>())
            {
                DateTime time = new(ticks, kind);
                string text = time.ToString(kind == DateTimeKind.Utc ? "yyyy-MM-dd HH:mm:ss.FFFFFF'+00'" : "yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture);
                Assert.AreEqual(Outcome(insert, () => insert.Bind(1, text)), Outcome(insert, () => insert.Bind(1, time)), $"{type}: {text}");
            }
            DateOnly day = DateOnly.FromDateTime(new DateTime(ticks));
            string date = day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            Assert.AreEqual(Outcome(insert, () => insert.Bind(1, date)), Outcome(insert, () => insert.Bind(1, day)), $"{type}: {date}");
        }
    }

    [TestMethod]
    public void A_binding_that_fails_leaves_the_one_before()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        session.Execute("CREATE TABLE t (v varchar(20), n numeric(5, 2), made timestamp)").Dispose();
        using PreparedStatement insert = session.Prepare("INSERT INTO t VALUES ($1, $2, $3) RETURNING *");
        insert.Bind(1, "longer than twelve");
        insert.Bind(2, 12.25m);
        insert.Bind(3, "2020-02-03 04:05:06");
        foreach (Action fails in new Action[] { () => insert.Bind(2, "nothing"), () => insert.Bind(3, "2020-02-30"), () => insert.Bind(1, "\ud800"), () => insert.Bind(3, 5L) })
        {
            Assert.ThrowsExactly<PhantomDbException>(fails);
            Assert.AreEqual("longer than twelve|12.25|2020-02-03 04:05:06", Outcome(insert, () => { }));
        }
        insert.Bind(1, new string('y', 20));
        Assert.AreEqual($"{new string('y', 20)}|12.25|2020-02-03 04:05:06", Outcome(insert, () => { }));
    }

    private static string Outcome(PreparedStatement statement, Action bind)
    {
        try
        {
            bind();
            using QueryResult result = statement.Execute();
            Assert.IsTrue(result.Read());
            return string.Join('|', Enumerable.Range(0, result.Columns.Count).Select(result.GetText));
        }
        catch (PhantomDbException failure)
        {
            return $"{failure.SqlState} {failure.Message} {failure.Detail}";
        }
    }
}
