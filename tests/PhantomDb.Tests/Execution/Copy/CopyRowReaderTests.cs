using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Execution.Copy;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Tests.Execution.Copy;

/// <summary>Expected fields are what COPY of PostgreSQL 15 makes of the same input.</summary>
[TestClass]
public sealed class CopyRowReaderTests
{
    private static readonly CopyOptions Text = new(IsCsv: false) { Delimiter = '\t', Null = "\\N" };
    private static readonly CopyOptions Csv = new(IsCsv: true) { Delimiter = ',', Null = "" };

    [TestMethod]
    [DataRow("a\tb\nc\td\n", "a|b;c|d")]
    [DataRow("a\tb", "a|b")]
    [DataRow("", "")]
    [DataRow("\n", "")]
    [DataRow("\\N\t\n", "NULL|")]
    [DataRow("\\\\N\tx\\ty\n", "\\N|x\ty")]
    [DataRow("\\101\\x42\\n\\q\n", "AB\nq")]
    [DataRow("a\\\nb\n", "a\nb")]
    [DataRow("a\r\nb\r\n", "a;b")]
    [DataRow("a\rb\r", "a;b")]
    [DataRow("a\n\\.\nb\n", "a")]
    [DataRow("\ta\n", "|a")]
    public void Text_format_splits_as_PostgreSQL_does(string input, string expected) => AssertRows(input, Text, expected);

    [TestMethod]
    [DataRow("a,b\nc,d\n", "a|b;c|d")]
    [DataRow("\"a\",\"b\"\"c\"\n", "a|b\"c")]
    [DataRow(",\"\"\n", "NULL|")]
    [DataRow("\"a\nb\",c\nd,e", "a\nb|c;d|e")]
    [DataRow("x\"y,z\"w,v\n", "xy,zw|v")]
    [DataRow("a\r\n\"b\r\nc\"\r\n", "a;b\r\nc")]
    [DataRow("a\n\\.\nb\n", "a")]
    [DataRow("\\.", "")]
    [DataRow("a,\\.\n", "a|\\.")]
    public void Csv_format_splits_as_PostgreSQL_does(string input, string expected) => AssertRows(input, Csv, expected);

    [TestMethod]
    [DataRow("a\nb\r\n", "literal carriage return found in data")]
    [DataRow("a\r\nb\n", "literal newline found in data")]
    [DataRow("\\.x\n", "end-of-copy marker corrupt")]
    public void Text_format_refuses_what_PostgreSQL_refuses(string input, string message) => AssertError(input, Text, message, "22P04");

    [TestMethod]
    [DataRow("\"a", "unterminated CSV quoted field")]
    [DataRow("a\nb\r\n", "unquoted carriage return found in data")]
    public void Csv_format_refuses_what_PostgreSQL_refuses(string input, string message) => AssertError(input, Csv, message, "22P04");

    [TestMethod]
    public void Invalid_utf8_is_refused_with_the_byte()
    {
        using MemoryStream stream = new([(byte)'a', 0xff, (byte)'\n']);
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => CopyRowReader.Create(stream, Csv).Read());
        Assert.AreEqual("22021", error.SqlState);
        StringAssert.Contains(error.Message, "0xff");
    }

    [TestMethod]
    public void Separate_escape_character_escapes_quotes_and_itself()
    {
        AssertRows("\"a\\\"b\\\\c\\d\"\n", Csv with { Escape = '\\' }, "a\"b\\c\\d");
    }

    [TestMethod]
    public void Line_numbers_count_lines_inside_quotes()
    {
        using MemoryStream stream = new(Encoding.UTF8.GetBytes("a\n\"b\nc\n\"\nd\n"));
        CopyRowReader reader = CopyRowReader.Create(stream, Csv);
        List<long> lines = [];
        while (reader.Read())
        {
            lines.Add(reader.LineNumber);
        }
        CollectionAssert.AreEqual(new long[] { 1, 2, 5 }, lines);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Rows_do_not_depend_on_where_reads_of_the_stream_end(bool isCsv)
    {
        const string text = "a\tb\\tc\\101\nd\\\\\t\\N\ne\tf\n";
        const string csv = "a,\"b\"\"c\n\"\nd,\ne,\"f\"\n";
        (string input, CopyOptions options) = isCsv ? (csv, Csv) : (text, Text);
        string whole = Rows(new MemoryStream(Encoding.UTF8.GetBytes(input)), options);
        for (int size = 1; size < input.Length; size++)
        {
            Assert.AreEqual(whole, Rows(new SlowStream(Encoding.UTF8.GetBytes(input), size), options), $"reads of {size} bytes");
        }
    }

    [TestMethod]
    public void A_row_longer_than_the_buffer_is_read_whole()
    {
        string large = new('x', 1_000_000);
        AssertRows($"a,{large}\nb,\"{large}\"\n", Csv, $"a|{large};b|{large}");
    }

    private static void AssertRows(string input, CopyOptions options, string expected) =>
        Assert.AreEqual(expected, Rows(new MemoryStream(Encoding.UTF8.GetBytes(input)), options));

    private static void AssertError(string input, CopyOptions options, string message, string sqlState)
    {
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(
            () => Rows(new MemoryStream(Encoding.UTF8.GetBytes(input)), options));
        Assert.AreEqual(message, error.Message);
        Assert.AreEqual(sqlState, error.SqlState);
    }

    private static string Rows(Stream stream, CopyOptions options)
    {
        CopyRowReader reader = CopyRowReader.Create(stream, options);
        List<string> rows = [];
        while (reader.Read())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount)
                .Select(i => reader.IsNull(i) ? "NULL" : Encoding.UTF8.GetString(reader[i]))));
        }
        return string.Join(';', rows);
    }

    private sealed class SlowStream(byte[] bytes, int size) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, size));
    }
}
