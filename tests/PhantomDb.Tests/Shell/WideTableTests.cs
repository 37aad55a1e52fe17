using System.Buffers;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Shell.Output;

namespace PhantomDb.Tests.Shell;

/// <summary>Tables on a screen that is too narrow for them.</summary>
[TestClass]
public sealed class WideTableTests
{
    private static readonly string[] Words = ["name", "remark"];

    [TestMethod]
    public void A_long_value_is_cut_to_the_screen_and_the_footer_says_so()
    {
        Assert.AreEqual(
            """
             name  │     remark
            ───────┼────────────────
             apple │ red or green …
             fig   │ NULL
            (2 rows; 1 column cut: .width off shows all)

            """,
            Write(new RowView(true, 24, false), Words, ["apple", "red or green or yellow"], ["fig", null]));
    }

    [TestMethod]
    public void A_value_is_cut_where_its_characters_take_the_place_and_not_where_they_are_counted()
    {
        string written = Write(new RowView(true, 12, false), ["a"], ["日本語日本語日本語"], ["e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301"]);
        StringAssert.Contains(written, "\n 日本語日…\n");
        StringAssert.Contains(written, "\n e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301\n");
    }

    [TestMethod]
    public void Columns_that_do_not_fit_are_hidden_and_no_line_is_wider_than_the_screen()
    {
        foreach (bool isBoxed in new[] { false, true })
        {
            string[] columns = [.. Enumerable.Range(1, 9).Select(i => $"column_{i}_")];
            string written = Write(new RowView(true, 40, false), columns, isBoxed, [[.. columns.Select(column => column + "!!!")]]);
            foreach (string line in written.TrimEnd('\n').Split('\n').SkipLast(1))
            {
                Assert.IsLessThanOrEqualTo(40, line.Length, line);
            }
            StringAssert.EndsWith(written, "\n(1 row; 3 columns cut, 6 hidden: .width off shows all)\n");
        }
    }

    [TestMethod]
    public void A_screen_of_no_limit_and_no_screen_cut_nothing()
    {
        string value = new('x', 200);
        StringAssert.EndsWith(Write(new RowView(true, 0, false), ["a"], [value]), $" {value}\n(1 row)\n");
        StringAssert.EndsWith(Write(RowView.Whole, ["a"], [value]), $" {value}\n");
    }

    [TestMethod]
    public void A_table_that_is_too_wide_is_written_a_value_a_line_where_that_was_asked_for()
    {
        RowView view = new(true, 20, true);
        Assert.AreEqual("  name = apple\nremark = red or green or yellow\n(1 row)\n", Write(view, Words, ["apple", "red or green or yellow"]));
        StringAssert.Contains(Write(view, Words, ["apple", "red"]), " apple │ red\n");
    }

    [TestMethod]
    public void A_screen_of_any_width_shows_something()
    {
        for (int width = 1; width < 60; width++)
        {
            string written = Write(new RowView(true, width, false), Words, ["an apple, and another", "red or green or yellow"]);
            StringAssert.EndsWith(written, ")\n");
            Assert.IsLessThanOrEqualTo(Math.Max(width, 2), written.Split('\n')[2].Length, $"width {width}:\n{written}");
        }
    }

    [TestMethod]
    public void Numbers_are_never_cut_behind_the_rows_that_widths_are_measured_on_and_on_a_narrow_screen()
    {
        string written = Write(new RowView(true, 80, false), isBoxed: false, new Numbers(["g"], [.. Later([["1"]], ["99999"])]));
        StringAssert.EndsWith(written, "\n 99999\n(1001 rows)\n");
        string digits = new('7', 50);
        StringAssert.EndsWith(Write(new RowView(true, 40, false), isBoxed: false, new Numbers(["g", "h"], [[digits, "1"]])), $"\n {digits}\n(1 row; 1 column hidden: .width off shows all)\n");
        StringAssert.Contains(Write(new RowView(true, 40, false), isBoxed: true, new Numbers(["g", "h"], [["1", digits]])), "\n│ 1 │\n");
        string name = new('n', 40);
        StringAssert.StartsWith(Write(new RowView(true, 60, false), isBoxed: false, new Numbers([name, name], [["1", "2"]])), $" {name[..26]}… │ {name[..26]}…\n");
    }

    [TestMethod]
    public void A_later_text_is_cut_beyond_the_room_that_its_row_has_on_the_screen()
    {
        string[] first = ["apple", "red"];   // " apple │ red" and the name "remark" leave 12 of the 28 columns
        StringAssert.EndsWith(Write(new RowView(true, 28, false), Words, [.. Later([first], ["an apple", "green or yellow"])]), "\n an apple │ green or yellow\n(1001 rows)\n");
        string cut = Write(new RowView(true, 28, false), Words, [.. Later([first], ["an apple", "green or yellow or red"])]);
        StringAssert.EndsWith(cut, "\n an apple │ green or yello…\n(1001 rows; 1 column cut: .width off shows all)\n");
        string boxed = Write(new RowView(true, 28, false), Words, isBoxed: true, [.. Later([first], ["an apple, and another, and more", "green"])]);
        StringAssert.EndsWith(boxed, "\n│ an apple, and … │ green  │\n└───────┴────────┘\n(1001 rows; 1 column cut: .width off shows all)\n");
    }

    [TestMethod]
    public void Control_characters_are_shown_at_a_terminal_and_go_as_they_are_to_a_program()
    {
        string?[] row = ["\e[31mred\a", "a\tb\nc\r\u009b\u007f"];
        string written = Write(new RowView(true, 80, false), ["a\e", "b"], row);
        StringAssert.StartsWith(written, "      a\\x1B      │");
        StringAssert.Contains(written, "\n \\x1B[31mred\\x07 │ a       b    +\n                 │ c\\r\\u009B\\x7F\n");
        StringAssert.Contains(Write(RowView.Whole, ["a", "b"], row), "\e[31mred\a");
    }

    [TestMethod]
    public void Dates_and_times_are_not_cut_where_texts_can_be()
    {
        string written = Write(new RowView(true, 44, false), isBoxed: false, new Numbers(["when", "what"], [["2021-01-02 03:04:05.678", new string('x', 60)]], ColumnKind.Moment, ColumnKind.Text));
        StringAssert.Contains(written, "\n 2021-01-02 03:04:05.678 │ xxxxxxxxxxxxxxx…\n");
    }

    [TestMethod]
    public void A_part_of_a_description_has_a_footer_only_where_something_is_cut()
    {
        RowView view = new(true, 20, false) { CountsRows = false };
        StringAssert.EndsWith(Write(view, Words, ["apple", "red"]), " apple │ red\n");
        StringAssert.EndsWith(Write(view, Words, ["apple", "red or green or yellow"]), "(1 row; 1 column cut: .width off shows all)\n");
    }

    [TestMethod]
    public void Rows_alone_have_no_names_above_them_and_NULL_is_what_was_chosen()
    {
        RowStyle style = new() { HasHeader = false, NullText = "(none)" };
        Assert.AreEqual(" fig │ (none)\n", WriteStyled(new TableWriter(new RowView(true, 40, false), false) { Style = style }, ["fig", null]));
        Assert.AreEqual("┌─────┬────────┐\n│ fig │ (none) │\n└─────┴────────┘\n", WriteStyled(new TableWriter(new RowView(true, 40, false), true) { Style = style }, ["fig", null]));
        Assert.AreEqual("fig,(none)\n", WriteStyled(new CsvWriter { Style = style }, ["fig", null]));
        Assert.AreEqual("fig;(none)\n", WriteStyled(new ListWriter { Style = style with { Separator = ";" } }, ["fig", null]));
        Assert.AreEqual("fig\t\\N\n", WriteStyled(new TsvWriter { Style = style }, ["fig", null]));
    }

    [TestMethod]
    public void A_tab_goes_to_the_next_eighth_column_of_its_line() =>
        Assert.AreEqual("a       b\n漢字    c       d", TextWidth.ExpandTabs("a\tb\n漢字\tc\td"));

    [TestMethod]
    public void Lines_are_broken_between_words() =>
        CollectionAssert.AreEqual(new[] { "one two", "three", "a-long-word", "x" }, TextWidth.Wrap("one two three a-long-word x", 8).ToArray());

    private static string WriteStyled(RowWriter writer, string?[] row)
    {
        using MemoryStream stream = new();
        using OutputSink sink = new(stream);
        writer.Write(new TextRows(Words, [row]), sink);
        sink.Flush();
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static IEnumerable<string?[]> Later(string?[][] first, string?[] last) => Enumerable.Repeat(first[0], 1000).Append(last);

    private static string Write(RowView view, string[] columns, params string?[][] rows) => Write(view, columns, false, rows);

    private static string Write(RowView view, string[] columns, bool isBoxed, string?[][] rows) => Write(view, isBoxed, new TextRows(columns, rows));

    private static string Write(RowView view, bool isBoxed, RowSource rows)
    {
        using MemoryStream stream = new();
        using OutputSink sink = new(stream);
        new TableWriter(view, isBoxed).Write(rows, sink);
        sink.Flush();
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private sealed class Numbers(string[] columns, string?[][] rows, params ColumnKind[] kinds) : RowSource
    {
        private readonly TextRows _rows = new(columns, rows);

        public override IReadOnlyList<RowColumn> Columns { get; } = [.. columns.Select((name, i) => new RowColumn(name, i < kinds.Length ? kinds[i] : ColumnKind.Number))];

        public override bool Read() => _rows.Read();

        public override bool IsNull(int column) => _rows.IsNull(column);

        public override void WriteText(int column, IBufferWriter<byte> output) => _rows.WriteText(column, output);
    }
}
