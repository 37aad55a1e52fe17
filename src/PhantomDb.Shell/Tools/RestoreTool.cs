using System.Text;

namespace PhantomDb.Shell.Tools;

/// <summary><c>phantomdb restore</c>: puts a database, or some of its tables, back to a state that it had.</summary>
internal static class RestoreTool
{
    public static readonly ToolCommand Restore = new("restore", "NAME", "Puts a database back to a state that it had: at a point in time or of its log.",
        """
        NAME is a name in the data directory, or a path of a .db file. The database must not be open.
        POINT is an LSN (1204), or a time in UTC (2026-11-21, "2026-11-21 12:00:03.5"): all transactions up to it, and none behind it. t1:POINT means one of timeline 1.
        The whole database goes on in a new timeline; what came after the point is kept, and can be restored to by t<timeline>:POINT.
        With --tables these alone are put back, by an ordinary change of the present database, which must fit its constraints.
        Exit codes: 0, 1 an error, among them a point that cannot be reached (the hint says which can), 2 wrong usage.
        """,
        [
            new(["--to"], "POINT", "the state that is wanted"),
            new(["--tables"], "A,B", "names of tables, as SQL writes them"),
        ], Run);

    private static int Run(ToolRun run)
    {
        string point = run.Value("--to") ?? throw new UsageException("restore needs --to: a log sequence number, or a time in UTC");
        IReadOnlyList<string> tables = run.Value("--tables") is { } names ? Names(names) : [];
        DatabaseTools.Files(run.Argument, run.Options);   // or an error that says that there is none
        run.Output.Write(DatabaseRestore.Run(run.Argument, RestorePoint.Parse(point), tables, run.Options).ToString());
        return 0;
    }

    // Commas in double quotes do not divide.
    private static List<string> Names(string text)
    {
        List<string> names = [];
        var name = new StringBuilder();
        bool isQuoted = false;
        foreach (char letter in text)
        {
            isQuoted ^= letter == '"';
            if (letter == ',' && !isQuoted)
            {
                Add();
                continue;
            }
            name.Append(letter);
        }
        Add();
        return names;

        void Add()
        {
            string trimmed = name.ToString().Trim();
            names.Add(trimmed.Length > 0 ? trimmed : throw new UsageException($"--tables has names between commas, not {text}"));
            name.Clear();
        }
    }
}
