using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using PhantomDb.Shell.Commands;
using PhantomDb.Shell.Editing;
using PhantomDb.Shell.Input;
using PhantomDb.Shell.Output;

namespace PhantomDb.Shell;

/// <summary>
/// The shell at work: takes statements and commands from its inputs one by one, runs them, and writes rows to the output
/// and everything else to standard error. What the commands do is in <see cref="ShellCommands"/>.
/// </summary>
internal sealed partial class ShellSession : IDisposable
{
    private const int ScriptDepthMax = 50;

    private readonly ShellOptions _options;
    private readonly Lazy<ShellCommands> _commands;   // a run that has none need not know them

    /// <summary>Held while a statement or command runs: the signal handler closes the database only between two.</summary>
    private readonly object _atWork = new();
    private volatile bool _isRunning;

    private ShellDatabase? _database;
    private LineSource? _lines;
    private ScriptReader? _reader;   // what of them is no statement yet
    private long _passedCount;       // lines that the reader never saw: commands, rows of COPY
    private int _scriptDepth;
    private bool _hasErrors;
    private bool _isStopped;   // by Ctrl-C
    private bool _isInteractive;

    public ShellSession(ShellOptions options)
    {
        _options = options;
        Output = new ShellOutput(options);
        _commands = new Lazy<ShellCommands>(() => new ShellCommands(this));
        KeepsGoing = options.KeepsGoing;
    }

    public ShellOutput Output { get; }

    public bool IsTiming { get; set; }

    /// <summary>False: a script stops at its first error.</summary>
    public bool KeepsGoing { get; set; }

    /// <summary>Set by .quit: nothing more is read.</summary>
    public bool IsQuitting { get; set; }

    /// <summary>What .exit was given; null leaves it to whether there were errors.</summary>
    public int? ExitCode { get; set; }

    /// <summary>Empty before there is one.</summary>
    public string LastStatement { get; private set; } = "";

    public ShellDatabase Database => _database!;

    /// <summary>Runs all there is to run; the process's exit code.</summary>
    public int Run()
    {
        Output.Pager.Ended = AwaitInterrupt;
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Terminate);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Terminate);
        try
        {
            if (Guard(null, 0, () => OpenDatabase(_options.Database)))
            {
                RunInputs();
            }
        }
        catch (OutputException failure)
        {
            _hasErrors = true;
            Report(failure);
        }
        lock (_atWork)
        {
            WaitIfEnding();
            if (!Close() && ExitCode == 0)
            {
                ExitCode = null;   // given before anything was amiss
            }
        }
        return _isStopped ? Interrupted : ExitCode ?? (_hasErrors ? 1 : 0);
    }

    public void Dispose() => _database?.Dispose();

    /// <summary>Opens another database, and closes the one that is open. If the first fails, that stays open.</summary>
    public void OpenDatabase(string? name)
    {
        using IDisposable wait = Output.Waiting();
        ShellDatabase? current = _database;
        if (current is not null && current.Session.IsInTransaction)
        {
            throw new PhantomDbException("25001", "another database cannot be opened inside a transaction block");
        }
        ShellDatabase opened;
        try
        {
            opened = ShellDatabase.Open(name, _options, Output.Inform, Output.Report);
        }
        catch (PhantomDbException error) when (error.SqlState == "55006" && current?.FilePath is { } path)
        {
            // It may be the shell itself that has it open.
            current.Close();
            try
            {
                opened = ShellDatabase.Open(name, _options, Output.Inform, Output.Report);
            }
            catch
            {
                _database = ShellDatabase.Open(path, _options, Output.Inform, Output.Report);
                throw;
            }
        }
        _database = opened;
        if (opened.RecoveryLine is { } line)
        {
            Output.Report($"{opened.Name}: {line}");
        }
        if (name is not null && opened.IsNew)
        {
            Output.Inform($"NOTICE: database \"{opened.Name}\" is new");
        }
        current?.Close();
    }

    /// <summary>Relations with their rows, as a script.</summary>
    public void WriteDump(IReadOnlyList<string> schemas, IReadOnlyCollection<RelationDescription> relations)
    {
        Dump dump = new(Database, copy =>
        {
            Database.Session.CopyOutput = new SinkStream(Output.Sink);
            Database.Session.Execute(copy).Dispose();
        });
        dump.Write(schemas, relations, Output.Sink);
    }

    /// <summary>Runs the last statement again and again, until Ctrl-C or an error.</summary>
    public void Watch(TimeSpan pause, int times)
    {
        string statement = LastStatement.Length > 0 ? LastStatement : throw new PhantomDbException("55000", "there is no statement to run again");
        for (int i = 0; i < times; i++)
        {
            if (i > 0 && _interrupted.Wait(pause))
            {
                return;
            }
            Output.Print(string.Create(CultureInfo.InvariantCulture, $"{DateTime.Now:yyyy-MM-dd HH:mm:ss} (every {pause.TotalSeconds}s)\n"));
            Execute(statement);
            if (Output.Sink.IsLeft)
            {
                return;   // nobody watches any more
            }
        }
    }

    /// <summary>Runs one statement and writes what it gives.</summary>
    public void Execute(string sql, Stream? copyInput = null)
    {
        LastStatement = sql;
        bool isWhole = false;
        try
        {
            Ask(sql, copyInput);
            isWhole = true;
        }
        finally
        {
            Output.EndResult(isWhole);
        }
    }

    /// <summary>The same for a statement of a command's own, which is not the last one.</summary>
    public void Ask(string sql, Stream? copyInput = null, Stream? copyOutput = null)
    {
        using IDisposable? wait = sql.AsSpan().TrimStart().StartsWith("CHECKPOINT", StringComparison.OrdinalIgnoreCase) ? Output.Waiting() : null;
        using InlineCopyStream? inline = copyInput is null && _lines is not null ? new InlineCopyStream(_lines, _lines is TextLines { IsOption: true } ? StandardInput : null) : null;
        try
        {
            Run(copyInput ?? inline, session => [session.Execute(sql)], copyOutput);
        }
        finally
        {
            inline?.SkipRest();
        }
    }

    /// <summary>COPY … FROM STDIN with rows from the shell's own standard input, wherever the statement stands.</summary>
    public void CopyStandardInput(string sql)
    {
        using InlineCopyStream rows = new(_lines is { IsTyped: true } ? _lines : StandardInput());
        try
        {
            Ask(sql, rows);
        }
        finally
        {
            rows.SkipRest();
        }
    }

    /// <summary>Makes a table, where that is wanted, and copies rows into it: both or neither. Says what was done when it is done.</summary>
    public void Load(string? createTable, string copy, Stream rows) => Run(rows, session =>
    {
        bool isOwn = createTable is not null && !session.IsInTransaction;
        string[] statements = createTable is null ? [copy] : isOwn ? ["BEGIN", createTable, copy, "COMMIT"] : [createTable, copy];
        List<string> tags = [];
        if (ProgressLine.IsPossible)
        {
            session.CopyProgress = null;   // the rows tell how much of their file has been read
        }
        try
        {
            foreach (string statement in statements)
            {
                using QueryResult result = session.Execute(statement);
                tags.Add(result.CommandTag);
            }
        }
        catch when (isOwn && session.IsInTransaction)
        {
            session.Execute("ROLLBACK").Dispose();
            throw;
        }
        ProgressLine.Clear();
        (isOwn ? tags[1..^1] : tags).ForEach(Output.Inform);
        return [];
    });

    // Each result is disposed of before the next is asked for.
    private void Run(Stream? copyInput, Func<Session, IEnumerable<QueryResult>> run, Stream? copyOutput = null)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            Database.Refresh();
            Database.Session.CopyInput = copyInput;
            Database.Session.CopyOutput = copyOutput ?? new SinkStream(Output.Sink) { IsWanted = () => Database.Session.IsInTransaction };   // whose failure would end the transaction
            Database.Session.CopyProgress = rowCount => Output.ShowProgress(string.Create(CultureInfo.InvariantCulture, $"COPY: {rowCount} {(rowCount == 1 ? "row" : "rows")} so far"));
            foreach (QueryResult given in run(Database.Session))
            {
                using QueryResult result = given;
                if (result.Columns.Count > 0)
                {
                    Action<RowSource> write = result.CommandTag == "EXPLAIN" ? Output.WritePlan : Output.Write;
                    write(new QueryRows(result));
                }
                if (result.Columns.Count == 0 || result.RowsAffected >= 0)
                {
                    Output.Flush();   // rows first
                    Output.Inform(result.CommandTag);
                }
            }
        }
        finally
        {
            ProgressLine.Clear();
            Output.Flush();
        }
        if (IsTiming)
        {
            Output.Report(string.Create(CultureInfo.InvariantCulture, $"Time: {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F3} ms"));
        }
    }

    /// <summary>
    /// Does one thing, which a signal may end, and reports its error; false where the script must stop. Ctrl-C stops a script even where it came too late for the statement: what follows was not wanted.
    /// </summary>
    private bool Guard(string? sql, long line, Action action)
    {
        if (Monitor.IsEntered(_atWork))
        {
            return Try(sql, line, () =>   // of a script that a command reads
            {
                ThrowIfInterrupted();
                action();
            });
        }
        lock (_atWork)
        {
            WaitIfEnding();
            BeginWork();
            bool goesOn = Try(sql, line, action);
            _isRunning = false;
            _isStopped = _interrupted.IsSet && !_isInteractive && !KeepsGoing;
            return goesOn && !_isStopped;
        }
    }

    private bool Try(string? sql, long line, Action action)
    {
        try
        {
            action();
            Output.Flush();
            return true;
        }
        catch (ScriptFailedException)
        {
            // Reported where it failed.
        }
        catch (PhantomDbException error) when (error.InnerException is OutputLeftException)
        {
            return true;   // as with the rows of a query
        }
        catch (Exception error) when (OutputFailure(error) is { } failure)
        {
            if (!Output.GiveUp(failure))
            {
                throw failure;
            }
            Report(failure);
        }
        catch (Exception error)
        {
            Output.Flush();
            Output.ReportError(ErrorReport.Format(ErrorReport.AsDatabaseError(error), sql, line, _lines?.Name, Output.ScreenWidth));
        }
        _hasErrors |= !_isInteractive;
        return KeepsGoing || _lines is { IsTyped: true };   // a script that a person reads stops, but not the person
    }

    // COPY's too: its rows are as any others.
    private static OutputException? OutputFailure(Exception error) => error as OutputException ?? (error as PhantomDbException)?.InnerException as OutputException;

    private void Report(OutputException failure) =>
        Output.ReportError(ErrorReport.Format(ErrorReport.AsDatabaseError(failure), null, 0, _lines?.Name, Output.ScreenWidth));

    /// <summary>False where something could not be written or closed, which is an error that is reported.</summary>
    private bool Close()
    {
        bool isClosed = true;
        try
        {
            Output.CloseTarget();
        }
        catch (OutputException failure)
        {
            _hasErrors = true;
            Report(failure);
            isClosed = false;
        }
        ShellDatabase? database = _database;
        if (database is null)
        {
            return isClosed;
        }
        _lines = null;
        if (database.Session.IsInTransaction)
        {
            Output.Inform("NOTICE: the open transaction is rolled back");
        }
        using IDisposable wait = Output.Waiting();
        if (!Try(null, 0, database.Close))
        {
            _hasErrors = true;
            isClosed = false;
        }
        return isClosed;
    }

    /// <summary>A script that another one reads has stopped at an error, which is reported already.</summary>
    private sealed class ScriptFailedException : Exception;
}
