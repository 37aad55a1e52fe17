using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>What is said of input and values that cannot be taken: never a silent change, never a bare .NET exception.</summary>
[TestClass]
public sealed class InputErrorTests
{
    [TestMethod]
    [DataRow(@"a\ud800b", "0xed 0xa0 0x80", 1)]
    [DataRow(@"a\udfff", "0xed 0xbf 0xbf", 1)]
    [DataRow(@"\ud83d\ude00\ud83d", "0xed 0xa0 0xbd", 2)]
    public void Half_a_surrogate_pair_is_refused(string escaped, string bytes, int place)
    {
        string text = Regex.Unescape(escaped);   // an attribute cannot hold it
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        string message = $"invalid byte sequence for encoding \"UTF8\": {bytes}";
        PhantomDbException inSql = Assert.ThrowsExactly<PhantomDbException>(() => session.Execute($"SELECT '{text}'"));
        Assert.AreEqual(("22021", message, 8 + place), (inSql.SqlState, inSql.Message, inSql.Position));
        Assert.AreEqual("22021", Assert.ThrowsExactly<PhantomDbException>(() => session.ExecuteScript($"SELECT 1; SELECT '{text}'").ToList()).SqlState);
        Assert.AreEqual("22021", Assert.ThrowsExactly<PhantomDbException>(() => session.Prepare($"SELECT '{text}'")).SqlState);
        using PreparedStatement statement = session.Prepare("SELECT $1::text");
        PhantomDbException inValue = Assert.ThrowsExactly<PhantomDbException>(() => statement.Bind(1, text));
        Assert.AreEqual(("22021", message), (inValue.SqlState, inValue.Message));
        statement.Bind(1, "\ud83d\ude00");
        using QueryResult result = statement.Execute();
        Assert.IsTrue(result.Read());
        Assert.AreEqual("\ud83d\ude00", result.GetString(0));
    }

    [TestMethod]
    [DataRow("1e30::numeric", "1000000000000000000000000000000")]
    [DataRow("'NaN'::numeric", "NaN")]
    [DataRow("'-Infinity'::numeric", "-Infinity")]
    public void A_numeric_that_no_decimal_holds_is_named_with_its_column(string value, string text)
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        using QueryResult result = session.Execute($"SELECT {value} AS price");
        Assert.IsTrue(result.Read());
        string message = $"Column \"price\": numeric {text} is outside the range of decimal; read its text instead";
        Assert.AreEqual(message, Assert.ThrowsExactly<OverflowException>(() => result.GetDecimal(0)).Message);
        Assert.AreEqual(message, Assert.ThrowsExactly<OverflowException>(() => result.GetValue(0)).Message);
        Assert.AreEqual(text, result.GetText(0));
    }

    [TestMethod]
    public void A_column_beyond_the_result_is_refused_with_their_number()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        using QueryResult result = session.Execute("SELECT 1 AS a, 'x' AS b");
        Assert.IsTrue(result.Read());
        foreach (int column in (int[])[2, 5, -1])
        {
            foreach (Action get in (Action[])[() => result.GetInt32(column), () => result.GetText(column), () => result.IsNull(column), () => result.GetValue(column)])
            {
                ArgumentOutOfRangeException error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(get);
                StringAssert.Contains(error.Message, "The result has 2 columns, counted from 0.");
                Assert.AreEqual(column, error.ActualValue);
            }
        }
    }

    [TestMethod]
    public void A_parameter_beyond_the_statement_is_refused_with_their_number()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        using PreparedStatement one = session.Prepare("SELECT $1::int");
        using PreparedStatement none = session.Prepare("SELECT 1");
        foreach (int parameter in (int[])[0, 2, -1, int.MinValue])
        {
            ArgumentOutOfRangeException error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => one.Bind(parameter, 5));
            StringAssert.StartsWith(error.Message, "The statement has 1 parameter, counted from 1.");
            Assert.AreEqual(parameter, error.ActualValue);
            StringAssert.StartsWith(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => none.BindNull(parameter)).Message, "The statement has no parameters.");
        }
    }

    [TestMethod]
    public void A_column_asked_for_as_another_type_is_refused_in_words()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        using QueryResult result = session.Execute("SELECT 1 AS v, 'x'::text AS t");
        Assert.IsTrue(result.Read());
        foreach ((Action get, string type) in ((Action, string)[])[
            (() => result.GetGuid(0), "a uuid"), (() => result.GetBoolean(0), "a boolean"), (() => result.GetInt16(0), "a short"),
            (() => result.GetFloat(0), "a float"), (() => result.GetTimeSpan(0), "an interval"), (() => result.GetDateTimeOffset(0), "a timestamp with time zone"), (() => result.GetDate(0), "a date")])
        {
            Assert.AreEqual($"Column \"v\" is integer, not {type}.", Assert.ThrowsExactly<InvalidCastException>(get).Message);
        }
        Assert.AreEqual("Column \"t\" is text, not an int.", Assert.ThrowsExactly<InvalidCastException>(() => result.GetInt32(1)).Message);
    }

    [TestMethod]
    public void A_stream_that_fails_ends_COPY_with_an_io_error()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        session.Execute("CREATE TABLE t (id integer)").Dispose();
        session.Execute("INSERT INTO t VALUES (1)").Dispose();
        MemoryStream closed = new();
        closed.Dispose();
        foreach (Stream stream in (Stream[])[closed, new FailingStream()])
        {
            session.CopyInput = stream;
            session.CopyOutput = stream;
            PhantomDbException read = Assert.ThrowsExactly<PhantomDbException>(() => session.Execute("COPY t FROM STDIN"));
            Assert.AreEqual("58030", read.SqlState);
            StringAssert.StartsWith(read.Message, "could not read from COPY file: ", StringComparison.Ordinal);
            Assert.IsNotNull(read.InnerException);
            PhantomDbException write = Assert.ThrowsExactly<PhantomDbException>(() => session.Execute("COPY t TO STDOUT"));
            Assert.AreEqual("58030", write.SqlState);
            StringAssert.StartsWith(write.Message, "could not write to COPY file: ", StringComparison.Ordinal);
            Assert.IsNotNull(write.InnerException);
        }
        using QueryResult count = session.Execute("SELECT count(*) FROM t");
        Assert.IsTrue(count.Read());
        Assert.AreEqual(1, count.GetInt64(0));
    }

    [TestMethod]
    [DataRow("COPY t TO STDOUT (FORMAT csv, NULL ',')", "0A000", "COPY delimiter must not appear in the NULL specification")]
    [DataRow("COPY t TO STDOUT (FORMAT csv, NULL '\"')", "0A000", "CSV quote character must not appear in the NULL specification")]
    [DataRow("COPY t TO STDOUT (ENCODING 'nosuch')", "22023", "argument to option \"encoding\" must be a valid encoding name")]
    [DataRow("SELECT 'x' ~ '('", "2201B", "invalid regular expression: parentheses () not balanced")]
    [DataRow("SELECT 'x' ~ 'a)'", "2201B", "invalid regular expression: parentheses () not balanced")]
    [DataRow("SELECT 'x' ~ '[a'", "2201B", "invalid regular expression: brackets [] not balanced")]
    [DataRow("SELECT 'x' ~ '*a'", "2201B", "invalid regular expression: quantifier operand invalid")]
    [DataRow("SELECT 'x' ~ 'a**'", "2201B", "invalid regular expression: quantifier operand invalid")]
    [DataRow("SELECT 'x' ~ 'a(?<n>b)'", "2201B", "invalid regular expression: quantifier operand invalid")]
    [DataRow("SELECT 'x' ~ '(a)\\2'", "2201B", "invalid regular expression: invalid backreference number")]
    [DataRow("SELECT 'x' ~ 'a\\'", "2201B", "invalid regular expression: invalid escape \\ sequence")]
    [DataRow("SELECT 'x' ~ 'a{3,2}'", "2201B", "invalid regular expression: invalid repetition count(s)")]
    [DataRow("SELECT 'x' ~ 'a{256}'", "2201B", "invalid regular expression: invalid repetition count(s)")]
    [DataRow("SELECT 'x' ~ 'a{1x}'", "2201B", "invalid regular expression: invalid repetition count(s)")]
    [DataRow("SELECT 'x' ~ 'a{1'", "2201B", "invalid regular expression: braces {} not balanced")]
    [DataRow("SELECT 'x' ~ '[z-a]'", "2201B", "invalid regular expression: invalid character range")]
    [DataRow("ALTER TABLE t CLUSTER ON nosuch", "42704", "index \"nosuch\" for table \"t\" does not exist")]
    [DataRow("ALTER TABLE t SET (fillfactor = 5)", "22023", "value 5 out of bounds for option \"fillfactor\"")]
    [DataRow("ALTER TABLE t SET (fillfactor = 'x')", "22023", "invalid value for integer option \"fillfactor\": x")]
    [DataRow("ALTER TABLE t SET (nosuch = 5)", "22023", "unrecognized parameter \"nosuch\"")]
    [DataRow("CREATE TABLE u (a int) WITH (fillfactor = 101)", "22023", "value 101 out of bounds for option \"fillfactor\"")]
    public void Errors_are_those_of_PostgreSQL(string sql, string sqlState, string message)
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        session.Execute("CREATE TABLE t (id integer PRIMARY KEY)").Dispose();
        session.CopyOutput = new MemoryStream();
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() =>
        {
            using QueryResult result = session.Execute(sql);
            result.Read();
        });
        Assert.AreEqual((sqlState, message), (error.SqlState, error.Message));
    }

    [TestMethod]
    [DataRow("ALTER TABLE t ENABLE TRIGGER x", "ALTER TABLE ENABLE TRIGGER is not supported")]
    [DataRow("ALTER TABLE t DISABLE TRIGGER ALL", "ALTER TABLE DISABLE TRIGGER is not supported")]
    [DataRow("CREATE TYPE mood AS ENUM ('sad', 'ok')", "CREATE TYPE is not supported")]
    [DataRow("CREATE TYPE pair AS (a integer, b text)", "CREATE TYPE is not supported")]
    [DataRow("DROP MATERIALIZED VIEW v", "DROP MATERIALIZED VIEW is not supported")]
    public void What_is_not_there_is_named_in_words_of_SQL(string sql, string message)
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        session.Execute("CREATE TABLE t (id integer PRIMARY KEY)").Dispose();
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => session.Execute(sql));
        Assert.AreEqual(("0A000", message), (error.SqlState, error.Message));
    }

    [TestMethod]
    public void Right_storage_parameters_and_repetitions_are_taken()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        session.Execute("CREATE TABLE t (id integer PRIMARY KEY) WITH (fillfactor = 70)").Dispose();
        session.Execute("ALTER TABLE t SET (fillfactor = 100)").Dispose();
        session.Execute("ALTER TABLE t RESET (fillfactor)").Dispose();
        session.Execute("ALTER TABLE t CLUSTER ON t_pkey").Dispose();
        session.Execute("ALTER TABLE t SET WITHOUT CLUSTER").Dispose();
        using QueryResult result = session.Execute("SELECT 'aaa' ~ '^a{3}$', 'aaa' ~ '^a{1,}$', 'aaa' ~ '^a{1,255}$', 'a{x' ~ 'a{x'");
        Assert.IsTrue(result.Read());
        Assert.AreEqual("t t t t", string.Join(' ', Enumerable.Range(0, 4).Select(result.GetText)));
    }

    private sealed class FailingStream : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new IOException("the line is cut");

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new IOException("the line is cut");
    }
}
