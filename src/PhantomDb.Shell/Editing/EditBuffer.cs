using System.Globalization;

namespace PhantomDb.Shell.Editing;

/// <summary>
/// A text that is being typed, of one line or several, with a cursor between two of its characters (as people count them: a letter with its accents is one). Remembers
/// what was cut last, and earlier states to go back to.
/// </summary>
internal sealed class EditBuffer
{
    private const int UndoCountMax = 200;

    private readonly List<(string Text, int Cursor)> _undo = [];
    private string _cut = "";
    private bool _isTyping;   // a run of typed characters is undone at once
    private bool _isCutting;  // cuts one after the other are one

    public string Text { get; private set; } = "";

    /// <summary>Index of the UTF-16 unit that the cursor stands before.</summary>
    public int Cursor { get; private set; }

    public bool IsAtEnd => Cursor == Text.Length;

    /// <summary>Another text, with the cursor at its end; what was there can be had back.</summary>
    public void Set(string text)
    {
        Note();
        (Text, Cursor) = (text, text.Length);
    }

    /// <summary>Begins anew: nothing of before can be had back but what was cut.</summary>
    public void Clear()
    {
        (Text, Cursor) = ("", 0);
        _undo.Clear();
        (_isTyping, _isCutting) = (false, false);
    }

    public void Insert(string text)
    {
        if (!_isTyping || text.Length != 1 || text[0] == '\n')
        {
            Note();
            _isTyping = text.Length == 1;
        }
        Text = Text.Insert(Cursor, text);
        Cursor += text.Length;
    }

    /// <summary>Puts something in place of what stands between an index and the cursor.</summary>
    public void Replace(int start, string text)
    {
        Note();
        Text = string.Concat(Text.AsSpan(0, start), text, Text.AsSpan(Cursor));
        Cursor = start + text.Length;
    }

    public void Left() => Move(Before(Cursor));

    public void Right() => Move(After(Cursor));

    public void WordLeft() => Move(WordBefore());

    public void WordRight() => Move(WordAfter());

    public void LineStart() => Move(StartOfLine);

    public void LineEnd() => Move(EndOfLine);

    public void Start() => Move(0);

    public void End() => Move(Text.Length);

    /// <summary>To the line above or below, in the same column as far as that is as long; false where there is none.</summary>
    public bool Vertical(bool isUp)
    {
        int column = Cursor - StartOfLine;
        if (isUp ? StartOfLine == 0 : EndOfLine == Text.Length)
        {
            return false;
        }
        Move(isUp ? StartOfLine - 1 : EndOfLine + 1);
        Move(Boundary(StartOfLine, Math.Min(StartOfLine + column, EndOfLine)));
        return true;
    }

    public void DeleteLeft() => Remove(Before(Cursor), Cursor);

    public void DeleteRight() => Remove(Cursor, After(Cursor));

    public void CutWordLeft() => Cut(WordBefore(), Cursor);

    public void CutWordRight() => Cut(Cursor, WordAfter());

    // To the line's start, and from there with its break.
    public void CutToLineStart() => Cut(StartOfLine == Cursor && Cursor > 0 ? Cursor - 1 : StartOfLine, Cursor);

    public void CutToLineEnd() => Cut(Cursor, EndOfLine == Cursor && !IsAtEnd ? Cursor + 1 : EndOfLine);

    public void Paste()
    {
        if (_cut.Length > 0)
        {
            Note();
            Text = Text.Insert(Cursor, _cut);
            Cursor += _cut.Length;
        }
    }

    /// <summary>The two characters around the cursor change places, or, at the end, the two before it.</summary>
    public void Swap()
    {
        int second = IsAtEnd ? Before(Cursor) : Cursor;
        int first = Before(second), end = After(second);
        if (first < second && end > second)
        {
            Note();
            Text = string.Concat(Text.AsSpan(0, first), Text.AsSpan(second, end - second), Text.AsSpan(first, second - first), Text.AsSpan(end));
            Cursor = end;
        }
    }

    public void Undo()
    {
        if (_undo.Count > 0)
        {
            (Text, Cursor) = _undo[^1];
            _undo.RemoveAt(_undo.Count - 1);
        }
        (_isTyping, _isCutting) = (false, false);
    }

    private int StartOfLine => Cursor == 0 ? 0 : Text.LastIndexOf('\n', Cursor - 1) + 1;

    private int EndOfLine => Text.IndexOf('\n', Cursor) is >= 0 and int end ? end : Text.Length;

    private int After(int index) => index >= Text.Length ? Text.Length : index + StringInfo.GetNextTextElementLength(Text, index);

    private int Before(int index) => index == 0 ? 0 : Text[index - 1] == '\n' ? index - 1 : Boundary(Text.LastIndexOf('\n', index - 1) + 1, index - 1);

    // The last place between two characters at or before a limit.
    private int Boundary(int start, int limit)
    {
        int index = start;
        while (index < limit && After(index) <= limit)
        {
            index = After(index);
        }
        return index;
    }

    private int WordBefore()
    {
        int index = Cursor;
        while (index > 0 && !IsWord(Text[index - 1]))
        {
            index--;
        }
        while (index > 0 && IsWord(Text[index - 1]))
        {
            index--;
        }
        return index;
    }

    private int WordAfter()
    {
        int index = Cursor;
        while (index < Text.Length && !IsWord(Text[index]))
        {
            index++;
        }
        while (index < Text.Length && IsWord(Text[index]))
        {
            index++;
        }
        return index;
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_' || char.IsSurrogate(c) || char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark;

    private void Move(int cursor)
    {
        Cursor = cursor;
        (_isTyping, _isCutting) = (false, false);
    }

    private void Remove(int start, int end)
    {
        if (start < end)
        {
            Note();
            Text = Text.Remove(start, end - start);
            Cursor = start;
        }
    }

    private void Cut(int start, int end)
    {
        if (start < end)
        {
            string cut = Text[start..end];
            _cut = !_isCutting ? cut : end == Cursor ? cut + _cut : _cut + cut;
            Remove(start, end);
            _isCutting = true;
        }
    }

    private void Note()
    {
        (_isTyping, _isCutting) = (false, false);
        _undo.Add((Text, Cursor));
        if (_undo.Count > UndoCountMax)
        {
            _undo.RemoveAt(0);
        }
    }
}
