using PhantomDb.Shell.Output;

namespace PhantomDb.Shell.Editing;

/// <summary>The candidates below the text, one of them chosen; a window of them where they are many.</summary>
internal sealed class CompletionMenu(Completion completion)
{
    private const int RowCountMax = 8;
    private const string Chosen = "\e[7m", Faint = "\e[90m", Plain = "\e[0m";

    private int _chosen = -1;
    private int _first;

    public Candidate? Choice => _chosen < 0 ? null : completion.Candidates[_chosen];

    public void Move(int by)
    {
        int count = completion.Candidates.Count;
        _chosen = _chosen < 0 ? (by > 0 ? 0 : count - 1) : (_chosen + by + count) % count;
        _first = Math.Clamp(_first, Math.Max(_chosen - RowCountMax + 1, 0), _chosen);
    }

    /// <summary>Its rows; without colours the chosen one is marked.</summary>
    public IReadOnlyList<string> Rows(int width, bool isColoured)
    {
        Candidate[] shown = [.. completion.Candidates.Skip(_first).Take(RowCountMax).Select(candidate => candidate with { Text = ControlCharacters.Escape(candidate.Text) })];
        int names = Math.Min(shown.Max(candidate => TextWidth.Of(candidate.Text)), Math.Max(width - 4, 1));
        List<string> rows = [];
        for (int i = 0; i < shown.Length; i++)
        {
            bool isChosen = _first + i == _chosen;
            string name = Fit(shown[i].Text, names);
            string row = $"{(isChosen ? ">" : " ")} {name}{new string(' ', names - TextWidth.Of(name))}";
            string kind = Fit($"  {shown[i].Kind}", Math.Max(width - 1 - TextWidth.Of(row), 0));
            rows.Add(!isColoured ? row + kind : isChosen ? $"{Chosen}{row}{kind}{Plain}" : $"{row}{Faint}{kind}{Plain}");
        }
        int more = completion.Candidates.Count - shown.Length;
        if (more > 0)
        {
            string line = Fit(FormattableString.Invariant($"  {_chosen + 1} of {completion.Candidates.Count}"), width - 1);
            rows.Add(isColoured ? $"{Faint}{line}{Plain}" : line);
        }
        return rows;
    }

    private static string Fit(string text, int width)
    {
        while (TextWidth.Of(text) > width)
        {
            text = text[..^1];
        }
        return text;
    }
}
