using System.Globalization;
using PhantomDb.Shell.Output;

namespace PhantomDb.Shell.Tools;

/// <summary><c>phantomdb files</c> and <c>phantomdb verify</c>: what is in a database's folder, and whether it is whole.</summary>
internal static class FileTools
{
    /// <summary>It opens, but not everything is whole.</summary>
    public const int NotWhole = 3;

    private static readonly ToolOption Mode = new(["--mode", "-m"], "MODE", $"how rows are written: {OutputModes.List} (default: table)");

    public static readonly ToolCommand Files = new("files", "NAME", "Lists the files of a database, and tells what each is for.",
        """
        NAME is a name in the data directory, or a path of a .db file. Nothing is locked: it can be used while the database is open.
        A file that is not needed can go without changing what opening the database gives.
        Exit codes: 0, 1 where there is no such database, 2 wrong usage.
        """, [Mode], ListFiles);

    public static readonly ToolCommand Verify = new("verify", "NAME", "Looks at every byte of every file of a database, and recovers it into memory to see that the files fit each other.",
        """
        NAME is a name in the data directory, or a path of a .db file. Nothing is written or locked: it can be used while the database is open.
        Exit codes: 0 all is whole; 3 it opens, but not everything is whole: a torn end of the log, which opening sets aside, a damaged
        file that another one stands in for, or records of the log that are missing and that it does without; 1 it does not open as it is; 2 wrong usage.
        """, [Mode], VerifyFiles);

    public static string KindOf(DatabaseFileKind kind) => kind switch
    {
        DatabaseFileKind.Database => "database file",
        DatabaseFileKind.LogSegment => "log segment",
        DatabaseFileKind.SideFile => "side file",
        DatabaseFileKind.SetAside => "set aside",
        _ => kind.ToString().ToLowerInvariant(),
    };

    /// <summary><c>1201-1206</c>; of a database file or snapshot the last alone.</summary>
    public static string? LsnsOf(DatabaseFileReport file) => file switch
    {
        { FirstLsn: { } first, LastLsn: { } last } => string.Create(CultureInfo.InvariantCulture, $"{first}-{last}"),
        { LastLsn: { } last } => last.ToString(CultureInfo.InvariantCulture),
        _ => null,
    };

    private static int ListFiles(ToolRun run)
    {
        IReadOnlyList<DatabaseFileReport> files = DatabaseTools.Files(run.Argument, run.Options);
        run.Write(new TextRows(["file", "kind", "bytes", "lsn", "timeline", "needed", "purpose"],
            [.. files.Select(file => new[]
            {
                file.Name, KindOf(file.Kind), file.ByteCount.ToString(CultureInfo.InvariantCulture), LsnsOf(file) ?? "",
                file.Timeline?.ToString(CultureInfo.InvariantCulture) ?? "", file.IsNeeded ? "yes" : "no", file.Purpose,
            })]));
        return 0;
    }

    private static int VerifyFiles(ToolRun run)
    {
        VerificationReport report = DatabaseTools.Verify(run.Argument, run.Options);
        run.Write(new TextRows(["file", "kind", "lsn", "verdict", "place", "problem"],
            [.. report.Files.Select(file => new[] { file.Name, KindOf(file.Kind), LsnsOf(file) ?? "", VerdictOf(file.Verdict), file.Place ?? "", file.Problem ?? "" })]));
        if (report.Refusal is { } refusal)
        {
            run.Report($"{run.Argument} does not open:");
            run.Report(ErrorReport.Format(refusal, null, 0, null).TrimEnd('\n'));
            if (refusal.SqlState is not ("42501" or "58030") && refusal.Hint?.Contains("phantomdb repair", StringComparison.Ordinal) != true && report.Files.Any(file => file.Verdict is FileVerdict.Damaged or FileVerdict.Doubtful))
            {
                run.Report($"HINT: what can be saved, and what would be lost: phantomdb repair {run.Argument}");
            }
            return 1;
        }
        if (report.Problem is { } problem)
        {
            run.Report($"WARNING: {problem}");
        }
        run.Inform(string.Create(CultureInfo.InvariantCulture,
            $"{run.Argument} opens, with LSN {report.LastLsn}; transactions applied from the log: {report.TransactionCount}; {(report.IsWhole ? "all files are whole" : "not all files are whole")}"));
        return report.IsWhole ? 0 : NotWhole;
    }

    private static string VerdictOf(FileVerdict verdict) => verdict switch
    {
        FileVerdict.NotChecked => "-",
        FileVerdict.UnknownVersion => "later version",
        _ => verdict.ToString().ToLowerInvariant(),
    };
}
