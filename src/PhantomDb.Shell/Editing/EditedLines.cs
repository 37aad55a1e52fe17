using PhantomDb.Shell.Commands;
using PhantomDb.Shell.Input;

namespace PhantomDb.Shell.Editing;

/// <summary>What a person types at a terminal: whole statements, of several lines where they want to be, and rows for COPY … FROM STDIN line by line.</summary>
internal sealed class EditedLines : LineSource
{
    private const char BetweenStatements = '=', RowsOfCopy = '>';

    private readonly Func<string> _databaseName;
    private readonly LineEditor _statements;
    private readonly LineEditor _rows;

    public EditedLines(ITerminal terminal, Func<string> databaseName, EditHistory history, ShellCompleter completer, bool isColoured)
    {
        _databaseName = databaseName;
        _statements = new LineEditor(terminal, history, new EditSettings
        {
            IsComplete = IsComplete, Complete = completer.Complete, Highlighter = isColoured ? new Highlighter(() => StatementText.Keywords) : null,
        });
        _rows = new LineEditor(terminal, new EditHistory(null), new EditSettings { IsComplete = _ => true });
    }

    public override bool IsTyped => true;

    public override string? ReadLine(char context)
    {
        string name = _databaseName();
        EditEnd end = (context == RowsOfCopy ? _rows : _statements).Read($"{name}{context}> ", $"{new string(' ', name.Length)}-> ", out string text);
        if (end == EditEnd.Closed)
        {
            return context == BetweenStatements || context == RowsOfCopy ? null : "\n";
        }
        LineCount++;
        return text + "\n";
    }

    // A command is a line; statements are whole when nothing waits for its end.
    private static bool IsComplete(string text)
    {
        if (CommandLine.IsCommand(text.Split('\n')[0]))
        {
            return true;
        }
        ScriptReader reader = new();
        reader.Append(text + "\n");
        while (reader.TryRead(out _))
        {
        }
        return reader.IsBlank;
    }
}
