using PhantomDb.Shell.Output;

namespace PhantomDb.Shell.Editing;

/// <summary>How reading a text has ended.</summary>
internal enum EditEnd
{
    /// <summary>A text was entered.</summary>
    Entered,

    /// <summary>What was typed was dropped (Ctrl-C).</summary>
    Dropped,

    /// <summary>There will be no more (Ctrl-D on an empty line).</summary>
    Closed,
}

/// <summary>What a place of reading looks like, and knows.</summary>
internal sealed class EditSettings
{
    /// <summary>Whether Enter at the end of a text enters it, or begins another line.</summary>
    public required Func<string, bool> IsComplete { get; init; }

    /// <summary>Of an entered text, how much of its beginning was not meant: it stays to be typed on.</summary>
    public Func<string, int> DraftLength { get; init; } = _ => 0;

    /// <summary>What to say where Enter begins another line, and the person may have meant something else; null: nothing.</summary>
    public Func<string, string?> Advice { get; init; } = _ => null;

    /// <summary>How a text can go on at a place.</summary>
    public Func<string, int, Completion> Complete { get; init; } = (_, _) => Completion.None;

    /// <summary>Null: without colours.</summary>
    public Highlighter? Highlighter { get; init; }
}

/// <summary>
/// Lets a person type a text of one line or several: with the keys of Emacs and readline, and the arrows, Home and End of other editors. Enter enters what is complete; earlier
/// entries are found by the arrows, by what they begin with, and with Ctrl-R by what is in them; Tab goes on with a word, or shows what there is to choose from.
/// </summary>
internal sealed class LineEditor(ITerminal terminal, EditHistory history, EditSettings settings)
{
    private readonly EditBuffer _buffer = new();
    private readonly EditScreen _screen = new(terminal);
    private readonly KeyReader _keys = new(terminal);
    private readonly Lock _drawing = new();   // a window that gets another size is drawn anew on another thread
    private string _prompt = "";
    private string _continuation = "";
    private int _historyIndex;
    private string _typed = "";       // before the first look into the history
    private Completion _completion = Completion.None;
    private CompletionMenu? _menu;
    private string? _advice;          // below the text, until the next key
    private string _draft = "";       // what the next text begins with

    /// <summary>Reads a text.</summary>
    /// <param name="prompt">Before its first line.</param>
    /// <param name="continuation">Before each further one.</param>
    /// <param name="text">What is entered, without the last line break; empty where nothing is.</param>
    public EditEnd Read(string prompt, string continuation, out string text)
    {
        (_prompt, _continuation) = (prompt, continuation);
        _buffer.Clear();
        _buffer.Insert(_draft);
        (_historyIndex, _typed, _menu, _advice, _draft) = (history.Entries.Count, "", null, null, "");
        terminal.BeginKeys();
        try
        {
            using IDisposable? watch = terminal.WatchSize(Redraw);
            return ReadKeys(out text);
        }
        finally
        {
            terminal.EndKeys();
        }
    }

    private EditEnd ReadKeys(out string text)
    {
        while (true)
        {
            if (!_keys.HasKey)   // a paste is drawn at its end
            {
                lock (_drawing)
                {
                    Draw();
                }
            }
            ConsoleKeyInfo? key = _keys.Read(out string pasted);
            lock (_drawing)
            {
                if (Handle(key, pasted) is { } end)
                {
                    text = Finish(end);
                    return end;
                }
            }
        }
    }

    private string Finish(EditEnd end)
    {
        (_menu, _advice) = (null, null);
        _buffer.End();
        Draw();
        _screen.Leave();
        if (end != EditEnd.Entered)
        {
            return "";
        }
        int draftLength = settings.DraftLength(_buffer.Text);
        _draft = _buffer.Text[..draftLength];
        string text = _buffer.Text[draftLength..];
        history.Add(text);
        return text;
    }

    private EditEnd? Handle(ConsoleKeyInfo? key, string pasted)
    {
        _advice = null;
        if (key is { } pressed)
        {
            return Handle(pressed);
        }
        _menu = null;
        _buffer.Insert(pasted);
        return null;
    }

    private EditEnd? Handle(ConsoleKeyInfo key)
    {
        bool isControl = key.Modifiers.HasFlag(ConsoleModifiers.Control), isAlt = key.Modifiers.HasFlag(ConsoleModifiers.Alt);
        if (_menu is not null && HandleMenu(key))
        {
            return null;
        }
        switch (key.Key)
        {
            case ConsoleKey.C when isControl:
                return EditEnd.Dropped;
            case ConsoleKey.D when isControl && _buffer.Text.Length == 0:
                return EditEnd.Closed;
            case ConsoleKey.Enter:
                return Enter(isAlt);
            case ConsoleKey.Tab when !_keys.HasKey:
                Complete(key.Modifiers.HasFlag(ConsoleModifiers.Shift) ? -1 : 1);
                return null;
            case ConsoleKey.R when isControl:
                return Search();
            case ConsoleKey.L when isControl:
                _screen.Clear();
                return null;
        }
        if (!Move(key, isControl, isAlt) && !Change(key, isControl, isAlt) && !isControl && !isAlt && (key.KeyChar >= ' ' || key.KeyChar == '\t') && key.KeyChar != '\x7f')
        {
            _buffer.Insert(key.KeyChar.ToString());
        }
        return null;
    }

    // Enter behind a complete text enters it, wherever the cursor stands; else it begins another line.
    private EditEnd? Enter(bool isAlt)
    {
        if (!isAlt && settings.IsComplete(_buffer.Text))
        {
            return EditEnd.Entered;
        }
        _advice = isAlt ? null : settings.Advice(_buffer.Text);
        _buffer.Insert("\n");
        return null;
    }

    private bool Move(ConsoleKeyInfo key, bool isControl, bool isAlt)
    {
        switch (key.Key)
        {
            case ConsoleKey.LeftArrow when isControl || isAlt:
            case ConsoleKey.B when isAlt:
                _buffer.WordLeft();
                return true;
            case ConsoleKey.RightArrow when isControl || isAlt:
            case ConsoleKey.F when isAlt:
                _buffer.WordRight();
                return true;
            case ConsoleKey.LeftArrow:
            case ConsoleKey.B when isControl:
                _buffer.Left();
                return true;
            case ConsoleKey.RightArrow:
            case ConsoleKey.F when isControl:
                _buffer.Right();
                return true;
            case ConsoleKey.Home when isControl:
                _buffer.Start();
                return true;
            case ConsoleKey.End when isControl:
                _buffer.End();
                return true;
            case ConsoleKey.Home:
            case ConsoleKey.A when isControl:
                _buffer.LineStart();
                return true;
            case ConsoleKey.End:
            case ConsoleKey.E when isControl:
                _buffer.LineEnd();
                return true;
            case ConsoleKey.UpArrow:
            case ConsoleKey.P when isControl:
                if (!_buffer.Vertical(isUp: true))
                {
                    Recall(isUp: true);
                }
                return true;
            case ConsoleKey.DownArrow:
            case ConsoleKey.N when isControl:
                if (!_buffer.Vertical(isUp: false))
                {
                    Recall(isUp: false);
                }
                return true;
            case ConsoleKey.PageUp:
                Recall(isUp: true);
                return true;
            case ConsoleKey.PageDown:
                Recall(isUp: false);
                return true;
            default:
                return false;
        }
    }

    private bool Change(ConsoleKeyInfo key, bool isControl, bool isAlt)
    {
        switch (key.Key)
        {
            case ConsoleKey.Backspace when isControl || isAlt:
            case ConsoleKey.W when isControl:
                _buffer.CutWordLeft();
                return true;
            case ConsoleKey.Delete when isControl || isAlt:
            case ConsoleKey.D when isAlt:
                _buffer.CutWordRight();
                return true;
            case ConsoleKey.Backspace:
            case ConsoleKey.H when isControl:
                _buffer.DeleteLeft();
                return true;
            case ConsoleKey.Delete:
            case ConsoleKey.D when isControl:
                _buffer.DeleteRight();
                return true;
            case ConsoleKey.U when isControl:
                _buffer.CutToLineStart();
                return true;
            case ConsoleKey.K when isControl:
                _buffer.CutToLineEnd();
                return true;
            case ConsoleKey.Y when isControl:
                _buffer.Paste();
                return true;
            case ConsoleKey.T when isControl:
                _buffer.Swap();
                return true;
            case ConsoleKey.Z when isControl:
            case ConsoleKey.Oem2 or ConsoleKey.OemMinus or ConsoleKey.Subtract when isControl:
                _buffer.Undo();
                return true;
            case var _ when key.KeyChar == '\x1f':   // Ctrl-_
                _buffer.Undo();
                return true;
            default:
                return false;
        }
    }

    // To the entry before or behind that begins with what was typed; behind the last stands what was typed.
    private void Recall(bool isUp)
    {
        if (_historyIndex == history.Entries.Count)
        {
            _typed = _buffer.Text;
        }
        bool IsWanted(string entry) => entry.StartsWith(_typed, StringComparison.OrdinalIgnoreCase) && entry != _buffer.Text;
        int index = isUp ? history.FindBefore(_historyIndex, IsWanted) : history.FindAfter(_historyIndex, IsWanted);
        if (index >= 0)
        {
            _historyIndex = index;
            _buffer.Set(history.Entries[index]);
        }
        else if (!isUp && _historyIndex < history.Entries.Count)
        {
            _historyIndex = history.Entries.Count;
            _buffer.Set(_typed);
        }
    }

    // What is typed is looked for, from the newest entry on; Ctrl-R goes on to older ones. Another key takes what was found, Ctrl-G and Escape what was there before.
    private EditEnd? Search()
    {
        string before = _buffer.Text, wanted = "";
        int found = history.Entries.Count;
        while (true)
        {
            string shown = found < history.Entries.Count ? history.Entries[found] : before;
            int place = Math.Max(shown.IndexOf(wanted, StringComparison.OrdinalIgnoreCase), 0);
            bool isFound = wanted.Length == 0 || found < history.Entries.Count;
            _screen.Draw($"({(isFound ? "" : "not found: ")}search `{wanted}') ", _continuation, shown, place, settings.Highlighter?.Colours(shown), []);
            if (_keys.Read(out string pasted) is not { } key)
            {
                wanted += pasted.Split('\n')[0];
                found = Find(Math.Min(found + 1, history.Entries.Count));
                continue;
            }
            bool isControl = key.Modifiers.HasFlag(ConsoleModifiers.Control);
            if (key.Key == ConsoleKey.R && isControl)
            {
                found = Find(found);
            }
            else if (key.Key == ConsoleKey.Backspace)
            {
                wanted = wanted.Length == 0 ? "" : wanted[..^1];
                found = Find(history.Entries.Count);
            }
            else if ((key.Key == ConsoleKey.G && isControl) || key.Key == ConsoleKey.Escape)
            {
                return null;
            }
            else if (!isControl && key.KeyChar >= ' ' && key.KeyChar != '\x7f')
            {
                wanted += key.KeyChar;
                found = Find(Math.Min(found + 1, history.Entries.Count));
            }
            else
            {
                if (found < history.Entries.Count)
                {
                    _buffer.Set(history.Entries[found]);
                    _historyIndex = found;
                }
                return key.Key == ConsoleKey.Tab ? null : Handle(key);
            }
        }

        int Find(int from) => wanted.Length == 0 ? history.Entries.Count
            : history.FindBefore(from, entry => entry.Contains(wanted, StringComparison.OrdinalIgnoreCase)) is >= 0 and int index ? index : from < history.Entries.Count ? from : history.Entries.Count;
    }

    // What all candidates begin with is put in; where that is nothing new, they are shown.
    private void Complete(int direction)
    {
        _completion = settings.Complete(_buffer.Text, _buffer.Cursor);
        if (_completion.Candidates.Count == 0)
        {
            return;
        }
        if (_completion.Candidates.Count == 1)
        {
            _buffer.Replace(_completion.Start, _completion.Candidates[0].Text);
            return;
        }
        string common = _completion.CommonStart;
        if (common.Length > _buffer.Cursor - _completion.Start)
        {
            _buffer.Replace(_completion.Start, common);
            return;
        }
        _menu = new CompletionMenu(_completion);
        _menu.Move(direction);
    }

    // True where the key was the menu's. Any other takes no choice but what is chosen already, and is itself again.
    private bool HandleMenu(ConsoleKeyInfo key)
    {
        switch (key.Key)
        {
            case ConsoleKey.Tab:
                _menu!.Move(key.Modifiers.HasFlag(ConsoleModifiers.Shift) ? -1 : 1);
                return true;
            case ConsoleKey.DownArrow:
                _menu!.Move(1);
                return true;
            case ConsoleKey.UpArrow:
                _menu!.Move(-1);
                return true;
            case ConsoleKey.Enter:
                _buffer.Replace(_completion.Start, _menu!.Choice!.Value.Text);
                _menu = null;
                return true;
            case ConsoleKey.Escape:
                _menu = null;
                return true;
            default:
                _menu = null;
                return false;
        }
    }

    private void Draw() => _screen.Draw(
        _prompt, _continuation, _buffer.Text, _buffer.Cursor, settings.Highlighter?.Colours(_buffer.Text), _menu?.Rows(terminal.Width, settings.Highlighter is not null) ?? AdviceRows());

    private string[] AdviceRows() => _advice is null ? [] : [TextWidth.Cut(_advice, Math.Max(terminal.Width - 1, 1))];

    // The window has got another size. Where a key is being looked after, that draws; where Ctrl-R searches, its next key.
    private void Redraw()
    {
        if (_drawing.TryEnter())
        {
            try
            {
                Draw();
            }
            finally
            {
                _drawing.Exit();
            }
        }
    }
}
