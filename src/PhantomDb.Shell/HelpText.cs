using System.Text;
using System.Text.RegularExpressions;
using PhantomDb.Shell.Commands;
using PhantomDb.Shell.Output;
using PhantomDb.Shell.Tools;

namespace PhantomDb.Shell;

/// <summary>What --help and .help print.</summary>
internal static partial class HelpText
{
    private const int UsageWidth = 32;   // a longer usage stands above its help

    public static string Usage { get; } = $"""
        Usage: phantomdb [options] [DATABASE]
               phantomdb TOOL [options] ...
               phantomdb help [TOOL]

        Runs SQL. DATABASE is a name in the data directory, or a path of a .db file (with a / or the ending .db);
        where it is absent it is new, and created when something in it has changed. Each commit is in its log on the disk before it is acknowledged.
        Without DATABASE, a new database in memory.

        Options, in any order:
          -c, --command SQL         run this text; may be repeated and mixed with -f, in the order given
          -f, --file FILE           run this file; - is standard input
          -d, --data-directory DIR  folder of the databases (default: data)
          -m, --mode MODE           how rows are written: {OutputModes.List} (default: table)
              --sync POLICY         when a commit is acknowledged: always (when it is on the disk, the default), interval or
                                    interval=MS (at once, the log is flushed every MS, default 1000), none (at once)
          -s, --segment-size MB     size of a segment of the log (default: 64)
          -P, --persist             without DATABASE: keep the database, under the name phantomdb in the data directory
              --in-memory           open DATABASE as it is, and keep no changes
              --read-only           open DATABASE for reading alone, beside a process that has it open
              --follow              the same, and go on with what that process commits
              --slow MS             a line on standard error for each statement that takes at least MS milliseconds; 0: for each
          -q, --quiet               no command tags and no notices on standard error
              --keep-going          a script goes on after an error
          -h, --help                this text; options of one letter may be joined: -qc SQL
          -V, --version             the version

        Tools (phantomdb TOOL --help tells more; a database of such a name is opened by its path, as ./log.db):
        {ToolCommands.List}

        Without -c and -f, statements are read from standard input; a statement ends with a semicolon.
        A line that starts with . or \ between statements is a command of the shell: .help lists them.
        Rows go to standard output; command tags, notices and errors to standard error.
        Exit codes: 0 everything ran, 1 an error in SQL, data or files, 2 wrong usage of this command, 130 ended by Ctrl-C, 143 by SIGTERM or SIGHUP.

        """;

    /// <summary>Of the options, the long ones, with their dashes.</summary>
    public static IEnumerable<string> OptionNames => LongName().Matches(Usage).Select(match => match.Value);

    /// <summary>All commands with what they do; on a screen in lines that are no wider.</summary>
    public static string Commands(IReadOnlyList<ShellCommand> commands, int width)
    {
        bool isScreen = width < int.MaxValue;
        int left = isScreen ? UsageWidth : commands.Max(command => command.Usage.Length);
        int room = isScreen ? Math.Max(width - left - 3, 20) : int.MaxValue;
        StringBuilder text = new();
        foreach (ShellCommand command in commands)
        {
            string usage = command.Usage;
            if (usage.Length > left)
            {
                text.Append(usage).Append('\n');
                usage = "";
            }
            foreach (string line in TextWidth.Wrap(command.Help, room))
            {
                text.Append(usage.PadRight(left)).Append("  ").Append(line).Append('\n');
                usage = "";
            }
        }
        return text.ToString();
    }

    /// <summary>One command.</summary>
    public static string Command(ShellCommand command, int width) =>
        $"Usage: {command.Usage}\n{string.Join('\n', TextWidth.Wrap($"{char.ToUpperInvariant(command.Help[0])}{command.Help[1..]}.", width))}\n";

    [GeneratedRegex("--[a-z-]+")]
    private static partial Regex LongName();
}
