using System.Globalization;

namespace PhantomDb.Shell.Tools;

/// <summary><c>phantomdb accept</c>: seals a database file that was edited by hand, and says what the edit has changed.</summary>
internal static class AcceptTool
{
    public static readonly ToolCommand Accept = new("accept", "FILE", "Accepts a database file that was edited by hand: checks types and constraints, tells what has changed, and seals it.",
        """
        FILE is a path of a .db file, or a name in the data directory. The database must not be open.
        Refused where the log has changes that the file does not have: they would be lost, or mixed with the edit.
        NULL is nothing between two commas, an empty string is "". Spreadsheets drop these quotes: see --empty-text.
        Exit codes: 0 the file is sealed, 1 it is refused and as it was, 2 wrong usage.
        """,
        [new(["--empty-text"], null, "nothing in a column of strings is an empty string, and not NULL")], Run);

    private static int Run(ToolRun run)
    {
        AcceptanceReport report = DatabaseTools.Accept(run.Argument, run.Options, run.Has("--empty-text"));
        string name = Path.GetFileName(report.Path);
        if (!report.IsSealed)
        {
            run.Output.WriteLine($"{name} is as it was saved: there is nothing to accept");
            return 0;
        }
        run.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} is sealed, with timeline {report.Timeline} and LSN {report.Lsn}; ")
            + (report.IsChanged
                ? string.Create(CultureInfo.InvariantCulture, $"sections changed or new: {report.Sections.Count}, as they were: {report.UnchangedSectionCount}")
                : "nothing but its spelling had changed"));
        foreach (AcceptedSection section in report.Sections)
        {
            run.Output.WriteLine(Describe(section));
        }
        foreach (string removed in report.RemovedSections)
        {
            run.Output.WriteLine($"{removed}: gone");
        }
        if (report.IsChanged && !report.IsCompared && report.Sections.Any(section => section.RowCountBefore is not null))
        {
            run.Inform("No snapshot and log have what the file had before, so that rows could not be compared.");
        }
        return 0;
    }

    private static string Describe(AcceptedSection section)
    {
        string text = section.RowCountBefore is { } before
            ? string.Create(CultureInfo.InvariantCulture, $"{section.Name}: rows {before} -> {section.RowCount}")
            : string.Create(CultureInfo.InvariantCulture, $"{section.Name}: rows {section.RowCount}");
        if (section.RowsAdded is not null)
        {
            text += string.Create(CultureInfo.InvariantCulture, $"; added {section.RowsAdded}, removed {section.RowsRemoved}, changed {section.RowsChanged}");
        }
        return section switch
        {
            { EmptyTextsNowNull: > 0 } => text + string.Create(CultureInfo.InvariantCulture, $"; values that were '' and are NULL now: {section.EmptyTextsNowNull}"),
            { EmptyTextsNowNull: null, NullTexts: > 0 } => text + string.Create(CultureInfo.InvariantCulture, $"; NULL in columns of strings: {section.NullTexts}, those that were '' among them"),
            _ => text,
        };
    }
}
