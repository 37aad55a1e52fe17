using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace PhantomDb.Shell.Commands;

/// <summary>Lets a person change a script with the editor of their choice ($VISUAL, $EDITOR).</summary>
internal static class ScriptEditor
{
    /// <summary>Lets a statement be edited, in a file that nobody else may read, and does something with that file before it goes. False where it was left as it was: then nothing is done.</summary>
    public static bool EditStatement(string statement, Action<Process> handOver, Action<string> use)
    {
        string file = Path.Combine(Path.GetTempPath(), $"phantomdb-{Guid.NewGuid():N}.sql");
        try
        {
            using (FileStream written = ShellFiles.OpenPrivate(file, FileMode.CreateNew))
            {
                written.Write(Encoding.UTF8.GetBytes(statement.Length == 0 ? "" : statement + ";\n"));
            }
            bool isChanged = Edit(file, handOver);
            if (isChanged)
            {
                use(file);
            }
            return isChanged;
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Lets a file be edited; fails where the editor does. False where it was left as it was.</summary>
    public static bool Edit(string file, Action<Process> handOver)
    {
        byte[]? before = File.Exists(file) ? File.ReadAllBytes(file) : null;
        RunEditor(file, handOver);
        return File.Exists(file) && (before is null || !File.ReadAllBytes(file).SequenceEqual(before));
    }

    private static void RunEditor(string file, Action<Process> handOver)
    {
        string editor = Setting("VISUAL") ?? Setting("EDITOR") ?? (OperatingSystem.IsWindows() ? "notepad" : "vi");
        string[] words = editor.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(words[0], [.. words[1..], file]))!;
            handOver(process);
            if (process.ExitCode != 0)
            {
                throw new PhantomDbException("58030", $"the editor {words[0]} ended with {process.ExitCode}: nothing is run");
            }
        }
        catch (Win32Exception error)
        {
            throw new PhantomDbException("58P01", $"there is no editor \"{editor}\"", error) { Hint = "Set VISUAL or EDITOR." };
        }
    }

    // One that is empty is one that is not set.
    private static string? Setting(string name) => Environment.GetEnvironmentVariable(name) is { } value && !string.IsNullOrWhiteSpace(value) ? value : null;
}
