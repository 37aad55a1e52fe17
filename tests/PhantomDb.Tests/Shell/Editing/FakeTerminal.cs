using System.Globalization;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Shell.Editing;

namespace PhantomDb.Tests.Shell.Editing;

/// <summary>A terminal with keys that are given beforehand, and a screen that can be looked at. It understands the escape sequences that the editor writes, and no others.</summary>
internal sealed class FakeTerminal(int width = 40, int height = 10) : ITerminal
{
    private readonly Queue<(ConsoleKeyInfo Key, int Width, bool IsAtOnce)> _keys = [];   // a width: the window gets that one before the key
    private int _nextWidth;
    private Action? _resized;
    private readonly List<char[]> _rows = [];
    private int _row;
    private int _column;

    public int Width { get; private set; } = width;

    public int Height { get; } = height;

    /// <summary>False: keys come one by one, with time between them; true: at once, as a paste does.</summary>
    public bool IsPasting { get; set; }

    public bool HasKey => _keys.TryPeek(out (ConsoleKeyInfo Key, int Width, bool IsAtOnce) next) && (IsPasting || next.IsAtOnce);

    public (int Row, int Column) Cursor => (_row, _column);

    public bool IsCursorShown { get; private set; } = true;

    /// <summary>How often something was written.</summary>
    public int WriteCount { get; private set; }

    /// <summary>What the screen shows, without blanks at the ends of rows, and without empty rows at its end.</summary>
    public string Shown => string.Join('\n', Enumerable.Range(0, _rows.Count).Select(i => new string(_rows[i]).TrimEnd())).TrimEnd('\n');

    /// <summary>Text as it is, and keys in braces: {Up}, {Ctrl+R}, {Alt+Enter}, {Shift+Tab}; {Width=12} is a window of that width from then on, {Paste=text} a text that is pasted between marks.</summary>
    public FakeTerminal Type(string keys)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            int end = keys[i] == '{' ? keys.IndexOf('}', i) : -1;
            if (end > i + 1)
            {
                string name = keys[(i + 1)..end];
                if (name.StartsWith("Paste=", StringComparison.Ordinal))
                {
                    foreach (char c in $"[200~{name[6..]}\e[201~".Prepend('\e'))
                    {
                        Enqueue(c == '\e' ? Key("Esc") : new ConsoleKeyInfo(c, ConsoleKey.None, false, false, false), isAtOnce: c != '\e');
                    }
                }
                else if (name.StartsWith("Width=", StringComparison.Ordinal))
                {
                    _nextWidth = int.Parse(name[6..], CultureInfo.InvariantCulture);
                }
                else
                {
                    Enqueue(Key(name));
                }
                i = end;
            }
            else
            {
                Enqueue(keys[i] switch
                {
                    '\n' => new ConsoleKeyInfo('\r', ConsoleKey.Enter, false, false, false),
                    '\t' => new ConsoleKeyInfo('\t', ConsoleKey.Tab, false, false, false),
                    var c => new ConsoleKeyInfo(c, char.IsAsciiLetterUpper(char.ToUpperInvariant(c)) ? (ConsoleKey)char.ToUpperInvariant(c) : ConsoleKey.None, false, false, false),
                });
            }
        }
        if (_nextWidth > 0)
        {
            Enqueue(default);
        }
        return this;
    }

    private void Enqueue(ConsoleKeyInfo key, bool isAtOnce = false)
    {
        _keys.Enqueue((key, _nextWidth, isAtOnce));
        _nextWidth = 0;
    }

    // A window that has been made narrower or wider: rows are cut as terminals do that.
    private void Resize(int newWidth)
    {
        List<char[]> rows = [];
        (int row, int column) cursor = (0, 0);
        for (int i = 0; i < _rows.Count; i++)
        {
            string text = new string(_rows[i]).TrimEnd();
            cursor = i == _row ? (rows.Count + (_column / newWidth), _column % newWidth) : cursor;
            for (int start = 0; start == 0 || start < text.Length; start += newWidth)
            {
                rows.Add([.. text.Substring(start, Math.Min(newWidth, text.Length - start)).PadRight(newWidth)]);
            }
        }
        _rows.Clear();
        _rows.AddRange(rows);
        (Width, _row, _column) = (newWidth, cursor.row, cursor.column);
    }

    /// <summary>True while Ctrl-C is a key.</summary>
    public bool IsReading { get; private set; }

    public void BeginKeys() => IsReading = true;

    public void EndKeys() => IsReading = false;

    private sealed class Watch(Action end) : IDisposable
    {
        public void Dispose() => end();
    }

    public IDisposable? WatchSize(Action resized)
    {
        _resized = resized;
        return new Watch(() => _resized = null);
    }

    public ConsoleKeyInfo ReadKey()
    {
        Assert.IsTrue(IsReading);
        if (!_keys.TryDequeue(out (ConsoleKeyInfo Key, int Width, bool IsAtOnce) next))
        {
            throw new NoMoreKeysException();
        }
        if (next.Width > 0)
        {
            Resize(next.Width);
            _resized?.Invoke();
        }
        if (next.Key == default)
        {
            throw new NoMoreKeysException();
        }
        return next.Key;
    }

    public void Write(string text)
    {
        WriteCount++;
        for (int i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\e':
                    int end = i + 2;
                    while (!char.IsAsciiLetter(text[end]))
                    {
                        end++;
                    }
                    Control(text[(i + 2)..end], text[end]);
                    i = end;
                    break;
                case '\r':
                    _column = 0;
                    break;
                case '\n':
                    _row++;
                    break;
                default:
                    Assert.IsLessThan(Width, _column, $"The terminal would break the row itself: {text}");
                    Row(_row)[_column++] = text[i];
                    break;
            }
        }
    }

    private void Control(string parameter, char final)
    {
        int count = int.TryParse(parameter, CultureInfo.InvariantCulture, out int number) ? number : 1;
        switch (final)
        {
            case 'A':
                _row -= count;
                Assert.IsGreaterThanOrEqualTo(0, _row, "above the screen");
                break;
            case 'B':
                _row += count;
                break;
            case 'C':
                _column += count;
                break;
            case 'H':
                (_row, _column) = (0, 0);
                break;
            case 'J' when parameter == "2":
                _rows.Clear();
                break;
            case 'J':
                Row(_row).AsSpan(Math.Min(_column, Width)).Fill(' ');
                if (_rows.Count > _row + 1)
                {
                    _rows.RemoveRange(_row + 1, _rows.Count - _row - 1);
                }
                break;
            case 'm':
                break;
            case 'h' or 'l' when parameter == "?25":
                IsCursorShown = final == 'h';
                break;
            default:
                Assert.Fail($"unknown escape sequence [{parameter}{final}");
                break;
        }
    }

    private char[] Row(int index)
    {
        while (_rows.Count <= index)
        {
            _rows.Add([.. new string(' ', Width)]);
        }
        return _rows[index];
    }

    private static ConsoleKeyInfo Key(string name)
    {
        string[] parts = name.Split('+');
        ConsoleKey key = parts[^1] switch
        {
            "Up" => ConsoleKey.UpArrow,
            "Down" => ConsoleKey.DownArrow,
            "Left" => ConsoleKey.LeftArrow,
            "Right" => ConsoleKey.RightArrow,
            "Esc" => ConsoleKey.Escape,
            var other => Enum.Parse<ConsoleKey>(other),
        };
        bool isControl = parts.Contains("Ctrl");
        char c = key switch
        {
            ConsoleKey.Enter => '\r',
            ConsoleKey.Tab => '\t',
            ConsoleKey.Backspace => '\x7f',
            >= ConsoleKey.A and <= ConsoleKey.Z when isControl => (char)(key - ConsoleKey.A + 1),
            >= ConsoleKey.A and <= ConsoleKey.Z => char.ToLowerInvariant((char)key),
            _ => '\0',
        };
        return new ConsoleKeyInfo(c, key, parts.Contains("Shift"), parts.Contains("Alt"), isControl);
    }
}

/// <summary>All keys of a test have been read: now it looks at the screen.</summary>
internal sealed class NoMoreKeysException : Exception;
