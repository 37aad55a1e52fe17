using PhantomDb.Shell.Commands;
using PhantomDb.Shell.Input;

namespace PhantomDb.Shell.Editing;

/// <summary>What a person types at a terminal: whole statements, of several lines where they want to be, and rows for COPY … FROM STDIN. Handed out line by line, as a script's are.</summary>
internal sealed class EditedLines : LineSource
{
    private const char BetweenStatements = '=', RowsOfCopy = '>';

    private readonly Func<Prompt> _prompt;
    private readonly LineEditor _statements;
    private readonly LineEditor _rows;
    private readonly Queue<string> _lines = [];

    public EditedLines(ITerminal terminal, Func<Prompt> prompt, EditHistory history, ShellCompleter completer, bool isColoured)
    {
        _prompt = prompt;
        _statements = new LineEditor(terminal, history, new EditSettings
        {
            IsComplete = TypedText.IsWhole, DraftLength = TypedText.DraftLength, Advice = TypedText.Advice,
            Complete = completer.Complete, Highlighter = isColoured ? new Highlighter(() => StatementText.Keywords) : null,
        });
        _rows = new LineEditor(terminal, new EditHistory(null), new EditSettings { IsComplete = _ => true });
    }

    public override bool IsTyped => true;

    public override string? ReadLine(char context)
    {
        if (_lines.Count == 0)
        {
            Prompt prompt = _prompt();
            EditEnd end = (context == RowsOfCopy ? _rows : _statements).Read(prompt.First(context), prompt.Further, out string text);
            if (end == EditEnd.Closed)
            {
                return context == BetweenStatements || context == RowsOfCopy ? null : "\n";
            }
            if (end == EditEnd.Dropped && context == RowsOfCopy)
            {
                throw new PhantomDbException("57014", "canceling statement due to user request");   // an empty line is a row
            }
            foreach (string line in text.Split('\n'))
            {
                _lines.Enqueue(line + "\n");
            }
        }
        LineCount++;
        return _lines.Dequeue();
    }
}
