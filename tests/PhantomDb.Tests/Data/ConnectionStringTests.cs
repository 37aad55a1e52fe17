using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Data;

namespace PhantomDb.Tests.Data;

[TestClass]
public sealed partial class ConnectionStringTests : DataTest
{
    [TestMethod]
    [DataRow("Data Source=shop")]
    [DataRow("DataSource=shop")]
    [DataRow("filename = shop")]
    [DataRow("Database=shop")]
    public void A_keyword_is_known_by_its_synonyms_in_any_case(string text)
    {
        PhantomDbConnectionStringBuilder builder = new(text);
        Assert.AreEqual("shop", builder.DataSource);
        Assert.AreEqual("shop", builder["data source"]);
        Assert.AreEqual("Data Source=shop", builder.ConnectionString);
    }

    [TestMethod]
    public void Values_are_typed_and_have_units()
    {
        PhantomDbConnectionStringBuilder builder = new("Memory Limit=64MB;Sync=interval;Sync Interval=250ms;Snapshots=off;Log Retention Count=none;Mode=readonly;Default Timeout=5");
        Assert.AreEqual(64L << 20, builder.MemoryLimit);
        Assert.AreEqual(SyncPolicy.Interval, builder.SyncPolicy);
        Assert.AreEqual(TimeSpan.FromMilliseconds(250), builder.SyncInterval);
        Assert.IsFalse(builder.SnapshotEnabled);
        Assert.IsNull(builder.LogRetentionCount);
        Assert.AreEqual(PhantomDbOpenMode.ReadOnly, builder.Mode);
        Assert.AreEqual(5, builder.CommandTimeout);
    }

    [TestMethod]
    public void What_is_not_said_has_the_defaults_of_the_engine()
    {
        PhantomDbConnectionStringBuilder builder = new();
        DatabaseOptions options = new();
        Assert.AreEqual(options.MemoryLimit, builder.MemoryLimit);
        Assert.AreEqual(options.SyncPolicy, builder.SyncPolicy);
        Assert.AreEqual(options.SnapshotRetentionCount, builder.SnapshotRetentionCount);
        Assert.AreEqual(options.LogRetentionAge, builder.LogRetentionAge);
        Assert.AreEqual(30, builder.CommandTimeout);
        Assert.AreEqual("", builder.ConnectionString);
        Assert.IsFalse(builder.ContainsKey("Mode"));
    }

    [TestMethod]
    [DataRow("Data Sorce=x", "Did you mean \"Data Source\"?")]
    [DataRow("syncpolciy=None", "Did you mean \"Sync Policy\"?")]
    [DataRow("Nothing Like It=x", "There are: Data Source, ")]
    public void An_unknown_keyword_is_an_error_that_names_those_that_are_near(string text, string hint)
    {
        ArgumentException error = Assert.ThrowsExactly<ArgumentException>(() => new PhantomDbConnectionStringBuilder(text));
        StringAssert.Contains(error.Message, hint);
        Assert.AreEqual(hint.StartsWith("There", StringComparison.Ordinal), !error.Message.Contains("Did you mean", StringComparison.Ordinal));
    }

    [TestMethod]
    public void Every_keyword_can_be_written_and_read_back()
    {
        PhantomDbConnectionStringBuilder builder = new()
        {
            DataSource = "a;b=c", Mode = PhantomDbOpenMode.Memory, FollowInterval = null, SlowStatementTime = TimeSpan.FromMilliseconds(250), SnapshotPeriod = TimeSpan.FromHours(30), LogRetentionSize = 7,
            SearchPath = "a, \"B c\"", Pooling = false,
        };
        PhantomDbConnectionStringBuilder again = new(builder.ConnectionString);
        Assert.AreEqual("a;b=c", again.DataSource);
        Assert.IsNull(again.FollowInterval);
        Assert.AreEqual(TimeSpan.FromMilliseconds(250), again.ToDatabaseOptions().SlowStatementTime);
        Assert.AreEqual(TimeSpan.FromHours(30), again.SnapshotPeriod);
        Assert.AreEqual(7, again.LogRetentionSize);
        Assert.AreEqual("a, \"B c\"", again.SearchPath);
        Assert.IsFalse(again.Pooling);
        Assert.IsTrue(again.EquivalentTo(builder));
        again.Remove("database");
        Assert.AreEqual("", again.DataSource);
    }

    [TestMethod]
    [DataRow("Data Sorce=x", "Data Source")]
    [DataRow("MemoryLimt=1GB", "Memory Limit")]
    [DataRow("xyzzy=1", "There are: Data Source")]
    [DataRow("Sync Interval=5", "unit")]
    [DataRow("Sync Interval=0ms", "Sync Interval")]
    [DataRow("Memory Limit=1kB", "Memory Limit")]
    [DataRow("Mode=sometimes", "ReadWriteCreate")]
    [DataRow("Mode=1", "ReadWriteCreate")]
    [DataRow("Snapshot Retention Count=1", "Snapshot Retention Count")]
    [DataRow("Command Timeout=-1", "Command Timeout")]
    [DataRow("Data Source=file::memory:", ":memory:")]
    public void What_is_wrong_is_told_with_the_way_out(string text, string part)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => new PhantomDbConnectionStringBuilder(text));
        Assert.Contains(part, error.Message);
        using PhantomDbConnection connection = new();
        Assert.Throws<ArgumentException>(() => connection.ConnectionString = text);
    }

    [TestMethod]
    [DataRow("Log Segment Size=banana", "\"banana\" is no value for the keyword \"Log Segment Size\": It is a number of bytes, at least 4kB, alone or with a unit (4096, 64kB, 16MB, 1GB).")]
    [DataRow("Log Segment Size=-1", "\"-1\" is no value for the keyword \"Log Segment Size\": It is a number of bytes, at least 4kB, alone or with a unit (4096, 64kB, 16MB, 1GB).")]
    [DataRow("Memory Limit=1kB", "\"1kB\" is no value for the keyword \"Memory Limit\": It is a number of bytes, at least 1MB, alone or with a unit (4096, 64kB, 16MB, 1GB).")]
    [DataRow("Memory Limit=9999999999TB", "\"9999999999TB\" is no value for the keyword \"Memory Limit\": It is a number of bytes, at least 1MB, alone or with a unit (4096, 64kB, 16MB, 1GB).")]
    [DataRow("Log Retention Size=much", "\"much\" is no value for the keyword \"Log Retention Size\": It is a number of bytes, at least 0, alone or with a unit (4096, 64kB, 16MB, 1GB), or none.")]
    [DataRow("Plan Cache Size=few", "\"few\" is no value for the keyword \"Plan Cache Size\": It is a whole number, at least 0, at most 2147483647.")]
    [DataRow("Snapshot Retention Count=1", "\"1\" is no value for the keyword \"Snapshot Retention Count\": It is a whole number, at least 2, at most 2147483647, or none.")]
    [DataRow("Sync Interval=2d", "\"2d\" is no value for the keyword \"Sync Interval\": It is a time, at least 1ms, at most 1d, with a unit (250ms, 1s, 5min, 2h, 7d) or as hh:mm:ss.")]
    [DataRow("Log Retention Age=-5", "\"-5\" is no value for the keyword \"Log Retention Age\": It is a time with a unit (250ms, 1s, 5min, 2h, 7d) or as hh:mm:ss, or none.")]
    [DataRow("Command Timeout=soon", "\"soon\" is no value for the keyword \"Command Timeout\": It is a whole number of seconds, at least 0; 0 is no limit.")]
    [DataRow("Pooling=maybe", "\"maybe\" is no value for the keyword \"Pooling\": It is true or false.")]
    [DataRow("Sync=1", "\"1\" is no value for the keyword \"Sync Policy\": It is one of Always, Interval, None.")]
    public void A_value_that_is_none_is_told_with_what_is_allowed(string text, string message)
    {
        ArgumentException error = Assert.ThrowsExactly<ArgumentException>(() => new PhantomDbConnectionStringBuilder(text));
        Assert.AreEqual($"{message} (Parameter '{error.ParamName}')", error.Message);
    }

    [TestMethod]
    public void What_is_allowed_is_what_the_engine_takes()
    {
        int ranges = 0;
        foreach (ConnectionKeyword keyword in ConnectionKeyword.All)
        {
            foreach (Match limit in Limits().Matches(keyword.Allowed))
            {
                PhantomDbConnectionStringBuilder builder = new() { [keyword.Name] = limit.Groups["value"].Value };
                object value = builder[keyword.Name];
                object? beyond = (value, limit.Groups["end"].Value) switch
                {
                    (TimeSpan time, "least") => time - TimeSpan.FromTicks(1),
                    (TimeSpan time, _) => time + TimeSpan.FromTicks(1),
                    (_, "least") => Convert.ToInt64(value, CultureInfo.InvariantCulture) - 1,
                    _ => Convert.ToInt64(value, CultureInfo.InvariantCulture) + 1,
                };
                Assert.ThrowsExactly<ArgumentException>(() => builder[keyword.Name] = beyond, $"{keyword.Name}: {beyond}");
                ranges++;
            }
        }
        Assert.IsGreaterThan(20, ranges);
    }

    [GeneratedRegex("at (?<end>least|most) (?<value>[0-9a-zA-Z]+)")]
    private static partial Regex Limits();
}
