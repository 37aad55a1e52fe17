namespace PhantomDb.Shell;

/// <summary>The open database with its one session. What is committed in a named one is in its log; closing it is in order.</summary>
internal sealed class ShellDatabase : IDisposable
{
    private readonly Database _database;
    private readonly Action<string> _onWarning;
    private string? _warning;

    private ShellDatabase(Database database, Action<string> onNotice, Action<string> onWarning)
    {
        _database = database;
        _onWarning = onWarning;
        database.BackgroundError += error => Warn($"WARNING: {error.SqlState}: {error.Message}");
        Session = database.OpenSession();
        int own = Session.ProcessId;
        database.SlowStatement += statement =>
        {
            if (statement.ProcessId == own)   // not what completion asks meanwhile
            {
                onWarning($"SLOW: {statement.ToLine()}");
            }
        };
        Session.Notice += notice => onNotice($"NOTICE: {notice}");
        Session.Warning += warning => onWarning($"WARNING: {warning}");
    }

    public Session Session { get; }

    public string Name => _database.Name;

    /// <summary>The path of its file; null where it has none that it keeps.</summary>
    public string? FilePath => _database.FilePath;

    /// <summary>The names of the databases in the data directory.</summary>
    public IReadOnlyList<string> Neighbours => Directory.Exists(_database.Options.DataDirectory)
        ? [.. Directory.EnumerateFiles(_database.Options.DataDirectory, "*.db").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal)!] : [];

    /// <summary>True where it had no file when it was opened.</summary>
    public bool IsNew => _database.IsNew;

    /// <summary>What opening it found wrong and did about it, in one line; null where all files were whole.</summary>
    public string? RecoveryLine => _database.Recovery is { Verdict: not RecoveryVerdict.Clean } report ? report.ToLine() : null;

    /// <summary>The definitions as the session sees them, those of its open transaction included.</summary>
    public SchemaDescription Schema => Session.DescribeSchema();

    /// <summary>A relation of a schema, or without one the first of its name along the search path, as the session's statements find it; null where there is none.</summary>
    public RelationDescription? Find(string? schema, string name) =>
        Schema.Relations.FirstOrDefault(relation => relation.Name == name && (schema is null ? relation.IsVisible : relation.Schema == schema));

    /// <summary>A database by its name in the data directory, by the path of a .db file, or (null) a new one in memory.</summary>
    public static ShellDatabase Open(string? name, ShellOptions options, Action<string> onNotice, Action<string> onWarning)
    {
        name = name is null ? null : ShellFiles.Expand(name);
        Database database = name is null ? Database.CreateInMemory(options.DatabaseOptions with { IsReadOnly = false, IsFollowing = false }) : Database.Open(name, options.DatabaseOptions);
        return new ShellDatabase(database, onNotice, onWarning);
    }

    /// <summary>The first column of a query.</summary>
    public IReadOnlyList<string> List(string query) => [.. Rows(query).Select(row => row[0])];

    /// <summary>What a query gives, without NULLs, asked by a session of its own: beside whatever the shell's is doing.</summary>
    public IReadOnlyList<string[]> Rows(string query)
    {
        List<string[]> values = [];
        using Session session = _database.OpenSession();
        using QueryResult rows = session.Execute(query);
        while (rows.Read())
        {
            values.Add([.. Enumerable.Range(0, rows.Columns.Count).Select(rows.GetText)]);
        }
        return values;
    }

    /// <summary>Before a statement: a follower shows what has come by now. Why it cannot is a warning.</summary>
    public void Refresh()
    {
        if (_database.Options.IsFollowing && !Session.IsInTransaction)
        {
            _database.Refresh();
            if (_database.FollowProblem is { } problem)
            {
                Warn($"WARNING: {problem}");
            }
        }
    }

    /// <summary>Writes the database's own file, or a copy of it to another one.</summary>
    /// <param name="isInterrupted">Asked meanwhile: true gives it up.</param>
    public void SaveTo(string? path, bool? isSealed, Func<bool> isInterrupted)
    {
        path = path is null ? null : ShellFiles.Expand(path);
        if (path is null && (_database.FilePath is null || _database.Options.IsReadOnly))
        {
            throw _database.FilePath is null
                ? new PhantomDbException("55000", "the database is in memory only") { Hint = "Name a file: .save FILE" }
                : new PhantomDbException("25006", "the database is opened read-only") { Hint = "Name another file: .save FILE" };
        }
        if (Session.IsInTransaction)
        {
            throw new PhantomDbException("25001", "a database cannot be saved inside a transaction block");
        }
        const int LookMs = 50;
        using CancellationTokenSource stop = new();
        Task saving = _database.SaveToDiskAsync(path, isSealed, stop.Token);
        while (Task.WaitAny([saving], LookMs) < 0)
        {
            if (isInterrupted())
            {
                stop.Cancel();
            }
        }
        try
        {
            saving.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException error)
        {
            throw new PhantomDbException("57014", "canceling statement due to user request", error);
        }
    }

    /// <summary>What an orderly exit does: what is not committed is rolled back, the log ends in order. Throws where something could not be written.</summary>
    public void Close()
    {
        Session.Dispose();
        _database.Close();
        if (_database.ClosingProblem is { } problem)
        {
            Warn($"WARNING: {problem.SqlState}: {problem.Message}");
        }
    }

    /// <summary>
    /// For a process that ends now although a statement will not: what has been acknowledged is on the disk afterwards, under every policy. The database's own file is left as it is.
    /// </summary>
    public void Abandon(TimeSpan patience) => _database.CloseAsync(new CancellationToken(canceled: true)).Wait(patience);

    public void Dispose()
    {
        Session.Dispose();
        _database.Dispose();
    }

    // What fails again and again is told once.
    private void Warn(string warning)
    {
        if (Interlocked.Exchange(ref _warning, warning) != warning)
        {
            _onWarning(warning);
        }
    }
}
