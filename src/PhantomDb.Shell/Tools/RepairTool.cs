using System.Globalization;
using PhantomDb.Shell.Output;

namespace PhantomDb.Shell.Tools;

/// <summary><c>phantomdb repair</c>: tells what of a damaged database can be saved and what is lost, and does it when that is confirmed.</summary>
internal static class RepairTool
{
    public static readonly ToolCommand Repair = new("repair", "NAME", "Salvages a database that does not open, and lists what is lost.",
        """
        NAME is a name in the data directory, or a path of a .db file. The database must not be open.
        First it tells what it would do. It is done with --yes, or, on a terminal, when that is confirmed. The bytes that cannot be used are kept in files named
        .bad_... and .torn_...; the database begins a new timeline.
        Exit codes: 0 repaired, or nothing to repair; 3 told only, nothing has been changed; 1 an error; 2 wrong usage.
        """,
        [new(["--yes", "-y"], null, "repair without asking")], Run);

    private static int Run(ToolRun run)
    {
        RepairReport trial = DatabaseTools.Repair(run.Argument, run.Options, isTrial: true);
        if (!trial.IsNeeded)
        {
            run.Output.WriteLine($"{run.Argument} opens: there is nothing to repair; whether all of its files are whole: phantomdb verify {run.Argument}");
            return 0;
        }
        run.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{run.Argument} does not open: {trial.Problem}"));
        run.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"What can be saved: tables {trial.TableCount}, rows {trial.RowCount}, up to LSN {trial.LastLsn}"));
        foreach (string loss in trial.Losses)
        {
            run.Output.WriteLine($"Lost: {loss}");
        }
        if (trial.Losses.Count == 0)
        {
            run.Output.WriteLine("Lost: nothing");
        }
        if (trial.OtherWay is { } other)
        {
            run.Output.WriteLine($"Another way saves no more: {other}");
        }
        if (trial.EarlierState is { } earlier)
        {
            run.Output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"The state before that is there: phantomdb restore {run.Argument} --to t{earlier.Timeline}:{earlier.Lsn} goes back to {earlier}, in place of this repair"));
        }
        run.Output.Flush();
        if (!run.Has("--yes") && !Confirms(run))
        {
            run.Report("Nothing has been changed. To repair it: phantomdb repair --yes " + run.Argument);
            return FileTools.NotWhole;
        }
        RepairReport done = DatabaseTools.Repair(run.Argument, run.Options);
        run.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{run.Argument} is repaired: timeline {done.Timeline}, LSN {done.Lsn}"));
        foreach (string kept in done.KeptFiles)
        {
            run.Output.WriteLine($"Kept: {kept}");
        }
        return 0;
    }

    private static bool Confirms(ToolRun run)
    {
        if (Console.IsInputRedirected || Console.IsErrorRedirected)
        {
            return false;
        }
        ControlCharacters.WriteError($"Repair {run.Argument}? [y/N] ");
        return Console.In.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }
}
