using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Shell.Editing;

namespace PhantomDb.Tests.Shell.Editing;

/// <summary>What a person sees and gets who types: keys go in, and the screen is looked at, or what was entered.</summary>
[TestClass]
public sealed class LineEditorTests
{
    private static readonly string[] Fruits = ["apple", "apricot", "banana"];

    private readonly EditHistory _history = new(null);
    private FakeTerminal _terminal = new();

    [TestMethod]
    [DataRow("SELECT 1;\n", "SELECT 1;")]
    [DataRow("SELECT 1\n  + 1;\n", "SELECT 1\n  + 1;")]
    [DataRow("SELECT 2;{Left}{Left}1\n", "SELECT 12;")]
    [DataRow("1;{Home}SELECT {Ctrl+A}({Ctrl+E})\n\n;\n", "(SELECT 1;)\n\n;")]
    [DataRow("a b c{Ctrl+W}{Ctrl+W}{Ctrl+Y};\n", "a b c;")]
    [DataRow("one two;{Alt+B}{Ctrl+K}x;\n", "one x;")]
    [DataRow("one two{Ctrl+U}three;\n", "three;")]
    [DataRow("abc;{Backspace}{Backspace}{Left}{Delete};\n", "a;")]
    [DataRow("one two three;{Ctrl+Left}{Ctrl+Left}{Alt+D}{Ctrl+Right};\n", "one  three;;")]
    [DataRow("ab{Ctrl+T};\n", "ba;")]
    [DataRow("abc def{Ctrl+W}{Ctrl+Z};\n", "abc def;")]
    [DataRow("abc{Ctrl+Z}x;\n", "x;")]
    [DataRow("one\ntwo\nthree{Up}{Up}X;{Ctrl+End};\n", "oneX;\ntwo\nthree;")]
    [DataRow("one\nt{Up}{End}2{Down};\n", "one2\nt;")]
    [DataRow("a;{Alt+Enter}b;\n", "a;\nb;")]
    [DataRow("e\u0301xe\u0301{Left}{Left}{Backspace}{End};\n", "xe\u0301;")]
    [DataRow("\ud83d\ude00x{Left}{Left}a{End};\n", "a\ud83d\ude00x;")]
    [DataRow("x{Ctrl+F}{Ctrl+B}{Ctrl+B}{Ctrl+D};\n", ";")]
    public void Keys_change_the_text_and_Enter_enters_it_when_it_is_whole(string keys, string entered) => Assert.AreEqual(entered, Enter(keys));

    [TestMethod]
    public void Ctrl_C_drops_what_was_typed_and_Ctrl_D_ends_only_where_nothing_is()
    {
        _terminal.Type("SELECT{Ctrl+C}");
        Assert.AreEqual(EditEnd.Dropped, Editor().Read("db=> ", "  -> ", out string text));
        Assert.AreEqual("", text);
        _terminal.Type("a;{Home}{Ctrl+D}{Ctrl+D}{Ctrl+D}");
        Assert.AreEqual(EditEnd.Closed, Editor().Read("db=> ", "  -> ", out _));
        Assert.IsEmpty(_history.Entries);
        Assert.AreEqual("db=> SELECT\ndb=>", _terminal.Shown);
        Assert.IsFalse(_terminal.IsReading);   // now Ctrl-C is a signal
    }

    [TestMethod]
    public void The_screen_shows_prompts_the_text_and_the_cursor()
    {
        Show("SELECT a,\nb{Left}");
        Assert.AreEqual("db=> SELECT a,\n  -> b", _terminal.Shown);
        Assert.AreEqual((1, 5), _terminal.Cursor);
        Assert.IsTrue(_terminal.IsCursorShown);
    }

    [TestMethod]
    public void A_line_that_is_too_long_goes_on_in_the_next_row()
    {
        Show("0123456789012345678901234567890123456789");
        Assert.AreEqual("db=> 01234567890123456789012345678901234\n56789", _terminal.Shown);
        Assert.AreEqual((1, 5), _terminal.Cursor);
    }

    [TestMethod]
    public void A_line_that_just_fits_has_its_cursor_in_the_next_row()
    {
        Show("01234567890123456789012345678901234");
        Assert.AreEqual("db=> 01234567890123456789012345678901234", _terminal.Shown);
        Assert.AreEqual((1, 0), _terminal.Cursor);
        Assert.AreEqual("01234567890123456789012345678901234;", Enter("01234567890123456789012345678901234;\n"));
    }

    [TestMethod]
    public void Wide_characters_take_two_columns_and_are_not_cut_in_two()
    {
        _terminal = new FakeTerminal(width: 10);
        Show("漢字漢");
        Assert.AreEqual("db=> 漢字\n漢", _terminal.Shown.Replace("\0", "", StringComparison.Ordinal));
    }

    [TestMethod]
    public void A_text_taller_than_the_screen_is_shown_around_the_cursor()
    {
        _terminal = new FakeTerminal(height: 4);
        Show("1\n2\n3\n4\n5\n6");
        Assert.AreEqual("  -> 3\n  -> 4\n  -> 5\n  -> 6", _terminal.Shown);
        _terminal = new FakeTerminal(height: 4);
        Show("1\n2\n3\n4\n5\n6{Ctrl+Home}");
        Assert.AreEqual("db=> 1\n  -> 2\n  -> 3\n  -> 4", _terminal.Shown);
        Assert.AreEqual((0, 5), _terminal.Cursor);
    }

    [TestMethod]
    [DataRow(12)]
    [DataRow(25)]
    [DataRow(60)]
    public void After_the_window_has_another_width_the_next_key_draws_it_anew(int width)
    {
        Show($"SELECT 0123456789012345678901234567890123456789{{Width={width}}}{{Left}}");
        string whole = "db=> SELECT 0123456789012345678901234567890123456789";
        Assert.AreEqual(string.Join('\n', whole.Chunk(width).Select(row => new string(row).TrimEnd())), _terminal.Shown);
    }

    [TestMethod]
    public void A_window_of_another_width_is_drawn_anew_at_once()
    {
        Show("SELECT 0123456789012345678901234567890123456789{Width=25}");
        Assert.AreEqual("db=> SELECT 0123456789012\n3456789012345678901234567\n89", _terminal.Shown);
    }

    [TestMethod]
    [DataRow("{Paste=SELECT\t1;\r\n\tSELECT 2;\rSELECT 3;\n}\n", "SELECT\t1;\n\tSELECT 2;\nSELECT 3;\n")]
    [DataRow("SELECT ;{Left}{Paste=1,\n2}{Ctrl+Z}{Paste=\u001b3\u0001}\n", "SELECT 3;")]
    [DataRow("{Esc}[200;\n", "[200;")]
    [DataRow("a\t{Paste=}\n;\n", "ap\n;")]
    public void What_is_pasted_is_text_with_its_lines_and_tabs_until_Enter_is_pressed(string keys, string entered) => Assert.AreEqual(entered, Enter(keys));

    [TestMethod]
    public void Ctrl_R_looks_for_what_is_pasted()
    {
        Remember("SELECT apple;", "SELECT pear;");
        Assert.AreEqual("SELECT apple;", Enter("{Ctrl+R}{Paste=apple\n}\n"));
    }

    [TestMethod]
    public void A_draft_stays_to_be_typed_on()
    {
        LineEditor editor = new(_terminal, _history, new EditSettings { IsComplete = TypedText.IsWhole, DraftLength = TypedText.DraftLength });
        _terminal.Type("SELECT *\nFROM \\d fruit\nfruit;\n");
        Assert.AreEqual(EditEnd.Entered, editor.Read("db=> ", "  -> ", out string command));
        Assert.AreEqual(EditEnd.Entered, editor.Read("db=> ", "  -> ", out string statement));
        Assert.AreEqual(("\\d fruit", "SELECT *\nFROM fruit;"), (command, statement));
        CollectionAssert.AreEqual(new[] { command, statement }, _history.Entries.ToArray());
    }

    [TestMethod]
    [DataRow("SELECT 1\n+ 2 \\d fruit", 13)]
    [DataRow("SELECT 1\n+ 2 \\g", 0)]
    [DataRow("SELECT 1\n+ 2 \\e", 0)]
    [DataRow("SELECT 1\n+ 2 \\e file.sql", 13)]
    [DataRow("SELECT 1; \\e", 0)]
    public void A_command_that_takes_what_is_typed_leaves_no_draft(string text, int length) => Assert.AreEqual(length, TypedText.DraftLength(text));

    [TestMethod]
    public void Advice_stands_below_until_the_next_key()
    {
        LineEditor editor = new(_terminal, _history, new EditSettings { IsComplete = TypedText.IsWhole, Advice = TypedText.Advice });
        _terminal.Type("SELECT 1\nquit\n");
        Assert.ThrowsExactly<NoMoreKeysException>(() => editor.Read("db=> ", "  -> ", out _));
        Assert.AreEqual("db=> SELECT 1\n  -> quit\n  ->\nThe statement above has no semicolon y…", _terminal.Shown);
        Assert.IsNull(TypedText.Advice("SELECT 1\nquitting"));
        Assert.IsNotNull(TypedText.Advice("SELECT 1\n.quit;"));
    }

    [TestMethod]
    [DataRow("SELECT 1;", true)]
    [DataRow("SELECT 1", false)]
    [DataRow("SELECT 1\n\\g", true)]
    [DataRow("SELECT 1 \\gx", true)]
    [DataRow("SELECT '\\g", false)]
    [DataRow("SELECT 1 -- \\g", false)]
    [DataRow("SELECT '\n\\g", false)]
    [DataRow("\\d fruit\nSELECT 1", false)]
    [DataRow("SELECT 1;\n.tables\nSELECT 2;", true)]
    [DataRow("copy t\nfrom stdin;\n1\tone's\n\\N\n\\.\nSELECT", false)]
    [DataRow("COPY t FROM stdin;\n1\tone's", true)]
    [DataRow("\\copy t from stdin csv\n1,'one\n\\.\nSELECT 1;", true)]
    [DataRow("Quit", true)]
    [DataRow(" EXIT ;", true)]
    [DataRow("help\n", true)]
    [DataRow("helper", false)]
    public void A_typed_text_is_whole(string text, bool isWhole) => Assert.AreEqual(isWhole, TypedText.IsWhole(text));

    [TestMethod]
    public void A_paste_is_drawn_once_and_its_tabs_are_blanks_of_the_text()
    {
        _terminal.IsPasting = true;
        string text = "SELECT\n\t1,\n\t2;";
        Assert.AreEqual(text, Enter(text + "\n"));
        Assert.IsLessThan(5, _terminal.WriteCount);
        Assert.AreEqual("db=> SELECT\n  ->  1,\n  ->  2;", _terminal.Shown);
    }

    [TestMethod]
    public void Arrows_go_through_earlier_entries_and_back_to_what_was_typed()
    {
        Remember("SELECT 1;", "INSERT\n2;", "SELECT 3;");
        Assert.AreEqual("SELECT 3;", Enter("{Up}\n"));
        Assert.AreEqual("SELECT 1;", Enter("sel{Up}{Up}\n"), "only those that begin so");
        Assert.AreEqual("sel4;", Enter("sel{Up}{Up}{Down}{Down}{Down}4;\n"));
        Assert.AreEqual("INSERT\n5;", Enter("{PageUp}{PageUp}{PageUp}{PageUp}{Up}{Down}{Ctrl+E}{Backspace}{Backspace}5;\n"));
        CollectionAssert.AreEqual(new[] { "SELECT 1;", "INSERT\n2;", "SELECT 3;", "SELECT 1;", "sel4;", "INSERT\n5;" }, _history.Entries.ToArray());
    }

    [TestMethod]
    public void Ctrl_R_finds_what_is_in_an_entry()
    {
        Remember("SELECT apple;", "SELECT pear;", "INSERT apple;");
        Assert.AreEqual("INSERT apple;", Enter("{Ctrl+R}APP\n"));
        Assert.AreEqual("SELECT apple;", Enter("{Ctrl+R}app{Ctrl+R}{Ctrl+R}\n"));
        Assert.AreEqual("SELECT pears;", Enter("{Ctrl+R}pear{Ctrl+E}{Backspace}s;\n"));
        Assert.AreEqual("x;", Enter("x;{Ctrl+R}nothing{Esc}\n"));
        Show("{Ctrl+R}nothing");
        Assert.EndsWith("(not found: search `nothing')", _terminal.Shown);
    }

    [TestMethod]
    public void Tab_puts_in_what_there_is_no_choice_about_and_shows_the_rest()
    {
        Assert.AreEqual("SELECT banana;", Enter("SELECT b\t;\n"));
        Assert.AreEqual("apricot;", Enter("a\t\t\t\n;\n"));
        Assert.AreEqual("apricot;", Enter("a\t\t{Down}\n;\n"));
        Assert.AreEqual("apricot;", Enter("a\t{Shift+Tab}\n;\n"));
        Assert.AreEqual("ap;", Enter("a\t\t{Esc};\n"));
        Assert.AreEqual("apx;", Enter("a\t\tx;\n"));
        _terminal = new FakeTerminal();
        Show("a\t\t");
        Assert.AreEqual("db=> ap\n> apple    fruit\n  apricot  fruit", _terminal.Shown);
        Assert.AreEqual((0, 7), _terminal.Cursor);
        Show("q\t");
        Assert.EndsWith("db=> q", _terminal.Shown);
    }

    [TestMethod]
    public void A_menu_of_many_is_a_window_that_moves_with_the_choice()
    {
        _terminal = new FakeTerminal(width: 12, height: 20);
        string[] many = [.. Enumerable.Range(10, 20).Select(i => $"n{i}_of_a_long_name")];
        LineEditor editor = Editor(many);
        _terminal.Type("\t\t{Up}");
        Assert.ThrowsExactly<NoMoreKeysException>(() => editor.Read("> ", "> ", out _));
        string[] rows = _terminal.Shown.Split('\n');
        Assert.HasCount(10, rows);
        Assert.AreEqual("  n22_of_a", rows[1]);
        Assert.StartsWith("> n29", rows[8]);
        Assert.AreEqual("  20 of 20", rows[9]);
        Assert.IsTrue(rows.All(row => row.Length <= 12));
    }

    [TestMethod]
    public void Ctrl_L_clears_the_screen_and_keeps_the_text()
    {
        Show("SELECT\n1{Ctrl+L}");
        Assert.AreEqual("db=> SELECT\n  -> 1", _terminal.Shown);
        Assert.AreEqual((1, 6), _terminal.Cursor);
    }

    private void Remember(params string[] entries)
    {
        foreach (string entry in entries)
        {
            _history.Add(entry);
        }
    }

    private string Enter(string keys)
    {
        _terminal.Type(keys);
        Assert.AreEqual(EditEnd.Entered, Editor().Read("db=> ", "  -> ", out string text));
        return text;
    }

    private void Show(string keys)
    {
        LineEditor editor = Editor();
        _terminal.Type(keys);
        Assert.ThrowsExactly<NoMoreKeysException>(() => editor.Read("db=> ", "  -> ", out _));
    }

    private LineEditor Editor(string[]? words = null) => new(_terminal, _history, new EditSettings
    {
        IsComplete = text => text.TrimEnd().EndsWith(';'),
        Complete = (text, cursor) =>
        {
            int start = text.LastIndexOf(' ', Math.Max(cursor - 1, 0)) + 1;
            return new Completion(start, [.. (words ?? Fruits).Where(word => word.StartsWith(text[start..cursor], StringComparison.Ordinal)).Select(word => new Candidate(word, "fruit"))]);
        },
    });
}
