using System.Diagnostics;

namespace PhantomDb.Benchmarks.Engines;

/// <summary>Programs of a peer that has a server: the server itself, which runs until it is stopped, and its clients, which end by themselves.</summary>
internal static class ServerProcess
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    public static Process Start(IReadOnlyList<string> command)
    {
        Process process = Process.Start(Info(command))!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    /// <summary>Asks until the server answers, or has ended.</summary>
    public static void AwaitStart(Process server, Action ask)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                ask();
                return;
            }
            catch (EngineException) when (!server.HasExited && Stopwatch.GetElapsedTime(start) < StartTimeout)
            {
                Thread.Sleep(20);
            }
        }
    }

    /// <summary>Runs a client to its end, and gives what it printed.</summary>
    /// <param name="engine">Whose it is, for errors.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="input">Writes what it reads; null: nothing.</param>
    /// <param name="environment">What it has besides ours.</param>
    public static string Run(string engine, IReadOnlyList<string> command, Action<Stream>? input = null, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo info = Info(command);
        info.RedirectStandardInput = input is not null;
        foreach ((string name, string value) in environment)
        {
            info.Environment[name] = value;
        }

        using Process process = Process.Start(info)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(), output = process.StandardOutput.ReadToEndAsync();
        if (input is not null)
        {
            using Stream stream = process.StandardInput.BaseStream;
            input(stream);
        }

        process.WaitForExit();
        return process.ExitCode == 0 ? output.Result : throw new EngineException(engine, errors.Result + output.Result, string.Join(' ', command));
    }

    private static ProcessStartInfo Info(IReadOnlyList<string> command)
    {
        var info = new ProcessStartInfo(command[0]) { RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = "/" };
        command.Skip(1).ToList().ForEach(info.ArgumentList.Add);
        return info;
    }
}
