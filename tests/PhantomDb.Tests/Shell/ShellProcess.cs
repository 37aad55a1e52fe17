using System.Diagnostics;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Shell;

/// <summary>The built shell, run as a process in a folder of its own.</summary>
internal sealed class ShellProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _errors = new();
    private readonly Task _errorsRead;

    public ShellProcess(string folder, params string[] args)
        : this(folder, "dotnet", [Executable, .. args])
    {
    }

    private ShellProcess(string folder, string program, string[] args)
    {
        _process = Process.Start(new ProcessStartInfo(program, args)
        {
            WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        _errorsRead = Task.Run(ReadErrors);
    }

    /// <summary>Where a build puts it, in the configuration that the tests are built in.</summary>
    public static string Executable
    {
        get
        {
            DirectoryInfo framework = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
            return RepositoryPaths.InRepository("src", "PhantomDb.Shell", "bin", framework.Parent!.Name, framework.Name, "PhantomDb.Shell.dll");
        }
    }

    public static void SkipWithoutSignals()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("Skipped: Windows has no signals to send.");
        }
    }

    /// <summary>Runs the shell to its end by a line of the system's shell, which may redirect.</summary>
    public static (int ExitCode, string Output, string Errors) RunLine(string folder, string line)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("Skipped: there is no /bin/sh.");
        }
        using ShellProcess shell = new(folder, "/bin/sh", ["-c", line.Replace("phantomdb", $"dotnet '{Executable}'", StringComparison.Ordinal)]);
        return shell.Finish();
    }

    /// <summary>Runs the shell to its end with some standard input.</summary>
    public static (int ExitCode, string Output, string Errors) Run(string folder, string input, params string[] args)
    {
        using ShellProcess shell = new(folder, args);
        shell.Write(input);
        return shell.Finish();
    }

    public void Write(string text)
    {
        _process.StandardInput.Write(text);
        _process.StandardInput.Flush();
    }

    /// <summary>The next line of standard output; the input stays open.</summary>
    public string? ReadLine()
    {
        Task<string?> line = _process.StandardOutput.ReadLineAsync();
        Assert.IsTrue(line.Wait(Patience), "The shell writes nothing.");
        return line.Result;
    }

    /// <summary>Writes a statement that computes without end, and waits until the process is seen computing.</summary>
    public void WriteEndless(string statement)
    {
        _process.Refresh();
        TimeSpan idle = _process.TotalProcessorTime;
        Write(statement);
        TimeSpan busy = idle + TimeSpan.FromMilliseconds(300);   // more than reading and planning a statement take
        Assert.IsTrue(SpinWait.SpinUntil(IsBusy, Patience), "The shell does not compute.");

        bool IsBusy()
        {
            Thread.Sleep(10);
            _process.Refresh();
            return _process.TotalProcessorTime >= busy;
        }
    }

    /// <summary>Waits until standard error has said something.</summary>
    public void AwaitError(string text) => Assert.IsTrue(SpinWait.SpinUntil(() => Errors().Contains(text, StringComparison.Ordinal), Patience), $"It is not said: {text}");

    /// <summary>True where the process has a file of this name open now.</summary>
    public bool HasOpen(string name) => new DirectoryInfo($"/proc/{_process.Id}/fd").EnumerateFiles().Any(file => Path.GetFileName(file.LinkTarget) == name);

    public void Signal(string name)
    {
        using Process kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Closes the input, where a signal does not end the shell, and waits for its end.</summary>
    public (int ExitCode, string Output, string Errors) Finish(bool closesInput = true)
    {
        if (closesInput)
        {
            _process.StandardInput.Close();
        }
        Task<string> output = _process.StandardOutput.ReadToEndAsync();
        Assert.IsTrue(_process.WaitForExit(Patience), "The shell does not end.");
        _errorsRead.Wait();
        return (_process.ExitCode, output.Result, _errors.ToString());
    }

    private string Errors()
    {
        lock (_errors)
        {
            return _errors.ToString();
        }
    }

    private void ReadErrors()
    {
        char[] buffer = new char[4096];
        int count;
        while ((count = _process.StandardError.Read(buffer)) > 0)
        {
            lock (_errors)
            {
                _errors.Append(buffer, 0, count);
            }
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
        _process.Dispose();
    }
}
