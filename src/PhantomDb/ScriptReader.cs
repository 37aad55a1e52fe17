using PhantomDb.Parsing;

namespace PhantomDb;

/// <summary>A statement of a script: its text without the semicolon, and the line (from 1) that it starts at.</summary>
public readonly record struct ScriptStatement(string Text, int Line);

/// <summary>
/// Cuts a script that arrives in pieces into statements, as PostgreSQL's rules for strings, quoted names, dollar quotes and
/// comments have it. Does not look into the statements: what is wrong in them is found when they are executed.
/// </summary>
public sealed class ScriptReader
{
    private readonly StatementSplitter _splitter = new();

    /// <summary>True where nothing but white space and comments waits for its end.</summary>
    public bool IsBlank => _splitter.IsBlank;

    /// <summary>
    /// What the waiting text stands in: <c>'</c> a string, <c>"</c> a quoted name, <c>$</c> a dollar quote, <c>*</c> a
    /// comment, <c>-</c> none of these.
    /// </summary>
    public char Context => _splitter.Prompt;

    /// <summary>Adds text at the end.</summary>
    /// <exception cref="PhantomDbException">54000: what waits for its end is longer than a statement can be, 2^29 characters.</exception>
    public void Append(ReadOnlySpan<char> text) => _splitter.Append(text);

    /// <summary>Takes the next statement that a semicolon has ended; false where there is none yet.</summary>
    public bool TryRead(out ScriptStatement statement)
    {
        bool found = _splitter.TryRead(out SplitStatement split);
        statement = found ? new ScriptStatement(split.Text, split.Line) : default;
        return found;
    }

    /// <summary>As <see cref="TryRead"/> at the end of the script, where the last statement needs no semicolon.</summary>
    public bool TryReadLast(out ScriptStatement statement)
    {
        bool found = _splitter.TryReadLast(out SplitStatement split);
        statement = found ? new ScriptStatement(split.Text, split.Line) : default;
        return found;
    }

    /// <summary>Drops the text that waits.</summary>
    public void Clear() => _splitter.Clear();
}
