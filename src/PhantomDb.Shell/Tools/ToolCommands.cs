using PhantomDb.Shell.Output;

namespace PhantomDb.Shell.Tools;

/// <summary>The tools by name, and how one is run.</summary>
internal static class ToolCommands
{
    private static readonly ToolCommand[] All = [FileTools.Files, FileTools.Verify, RepairTool.Repair, AcceptTool.Accept, RestoreTool.Restore, LogTool.Log, ServeTool.Serve];

    /// <summary>Null for a word that is none.</summary>
    public static ToolCommand? Find(string word) => Array.Find(All, tool => tool.Name == word);

    public static IEnumerable<string> Names => All.Select(tool => tool.Name);

    /// <summary>For --help: a line each.</summary>
    public static string List => string.Concat(All.Select(tool => $"  {$"{tool.Name} {tool.Argument}",-14}  {tool.Summary}\n")).TrimEnd('\n');

    /// <summary>Runs the tool that the options name; the process's exit code.</summary>
    public static int Run(ShellOptions options)
    {
        ToolCommand tool = options.Tool!;
        using OutputSink output = new(ControlCharacters.Guard(StandardStreams.OpenOutput()));
        ToolRun run = new(tool, options, options.ToolArguments, output);
        if (run.ShowsHelp)
        {
            output.Write(tool.Help);
            return 0;
        }
        try
        {
            using IDisposable? wait = tool == ServeTool.Serve ? null : ProgressLine.Begin(run.IsQuiet);
            int exitCode = tool.Run(run);
            output.Flush();
            return exitCode;
        }
        catch (PhantomDbException error)
        {
            run.Report(ErrorReport.Format(error, null, 0, null).TrimEnd('\n'));
            return 1;
        }
    }
}
