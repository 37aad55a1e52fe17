using System.Globalization;

namespace PhantomDb.Fuzz.Copies;

/// <summary>
/// Three folders with copies of one database, which are written to and killed, restored, and copied over each other, whole and in part. Each opening is held against an
/// <see cref="Expectation"/>.
/// </summary>
internal sealed class CopyWorld
{
    private const int FolderCount = 3;
    private const int StepCount = 14;

    private readonly Random _random;
    private readonly CopyWorldOptions _options;
    private readonly StepTally _tally;
    private readonly WorldClock _clock = new();
    private readonly CopiedFolder[] _folders;
    private readonly Dictionary<string, List<Revision>> _revisions = new() { [Revision.Empty.Content] = [Revision.Empty] };
    private int _number;

    /// <param name="seed">Of all that is done.</param>
    /// <param name="folder">An empty one, which the caller removes.</param>
    /// <param name="tally">Counts steps and refusals.</param>
    public CopyWorld(int seed, string folder, StepTally tally)
    {
        _random = new Random(seed);
        _options = CopyWorldOptions.Draw(_random);
        _tally = tally;
        Dictionary<uint, SegmentOrigin> segments = [];
        _folders = [.. Enumerable.Range(0, FolderCount).Select(i => new CopiedFolder(Path.Combine(folder, $"{(char)('A' + i)}"), segments))];
        foreach (CopiedFolder copy in _folders)
        {
            Directory.CreateDirectory(copy.Path);
        }
        _folders[0].Untouched = Revision.Empty;
        Note($"{_options}");
    }

    /// <summary>What was done, a line for each thing.</summary>
    public List<string> Story { get; } = [];

    /// <summary>What the database has done wrong; null: nothing.</summary>
    public string? Run()
    {
        try
        {
            Begin();
            for (int i = 0; i < StepCount; i++)
            {
                _clock.Advance(TimeSpan.FromSeconds(_random.Next(3)));
                Step();
            }
            Array.ForEach(_folders, folder => Write(folder, isKilled: false));
            return null;
        }
        catch (CopyFault fault)
        {
            return fault.Message;
        }
        catch (PhantomDbException error)
        {
            return $"an error where none was expected: {error.SqlState} {error.Message}\n{error.StackTrace}";
        }
        catch (Exception error)
        {
            return $"{error.GetType().Name}: {error.Message}\n{error.StackTrace}";
        }
    }

    // All three folders have the same database.
    private void Begin()
    {
        while (_folders[0].FileNames.Length == 0)
        {
            Write(_folders[0], _random.Next(4) == 0);
        }
        foreach (CopiedFolder folder in _folders[1..])
        {
            CopyWhole(_folders[0], folder);
        }
    }

    private void Step()
    {
        CopiedFolder source = _folders[_random.Next(FolderCount)], target = _folders[_random.Next(FolderCount)];
        if (source == target)
        {
            Write(source, _random.Next(2) == 0);
            return;
        }
        switch (_random.Next(14))
        {
            case <= 3:
                Write(source, _random.Next(2) == 0);
                break;
            case 4:
                Copy("the database file", source, target, name => name == CopiedFolder.DatabaseFile);
                break;
            case 5:
                Copy("the database file and the log that is written to", source, target, name => name is CopiedFolder.DatabaseFile or CopiedFolder.ActiveSegment);
                break;
            case 6:
                CopyWhole(source, target);
                break;
            case 7:
                Copy("all files over others", source, target, _ => true);
                break;
            case 8:
                string? snapshot = AnySnapshot(source);
                Copy("a snapshot", source, target, name => name == snapshot);
                break;
            case 9:
                CopyAlone("the database file into an empty folder", source, target, CopiedFolder.DatabaseFile);
                break;
            case 10:
                CopyAlone("a snapshot as the database file, into an empty folder", source, target, AnySnapshot(source));
                break;
            case 11:
                CopyAsDatabaseFile(source, target);
                break;
            case 12:
                Restore(source);
                break;
            default:
                Read(source);
                break;
        }
    }

    private void Write(CopiedFolder folder, bool isKilled)
    {
        _tally.Count(isKilled ? "written to, killed" : "written to, closed");
        if (Open(folder, isReadOnly: false, isKilled ? "open, to be killed" : "open") is not var (database, revision))
        {
            return;
        }
        WritingSession session;
        using (database)
        {
            session = new WritingSession(database, revision, _options, _random);
            session.Change(() => ++_number, Note);
            for (Revision? made = session.Last; made is not null && made != revision; made = made.Before)
            {
                Add(made);
            }
            if (isKilled)
            {
                KeepAsKilled(folder, database);
            }
        }
        if (isKilled)
        {
            Directory.Delete(folder.Path, recursive: true);
            Directory.Move(KilledPath(folder), folder.Path);
        }
        folder.NoteWritten(session.Last);
        folder.Untouched = folder.FileNames.Length == 0 ? folder.Untouched : session.Last;
        Note($"{folder.Name} {(isKilled ? "killed" : "closed")} with {session.Last}: {string.Join(' ', folder.FileNames)}");
    }

    private void Read(CopiedFolder folder)
    {
        _tally.Count("read");
        Open(folder, isReadOnly: true, "read")?.Database.Dispose();
    }

    // Null where it was refused, as it may be.
    private (Database Database, Revision Revision)? Open(CopiedFolder folder, bool isReadOnly, string how)
    {
        var expectation = new Expectation(folder);
        Database database;
        try
        {
            database = Database.Open(CopiedFolder.DatabaseName, _options.For(folder.Path, _clock, isReadOnly));
        }
        catch (PhantomDbException error)
        {
            Note($"{folder.Name} {how}: {error.SqlState} {error.Message} | {error.Hint}");
            Refused(folder, expectation, error, isReadOnly);
            return null;
        }
        try
        {
            string content = WritingSession.Read(database);
            Note($"{folder.Name} {how}: {database.Recovery?.ToLine()}");
            Revision revision = Find(content, expectation);
            _tally.Count(expectation.Required is not null ? "opened, as it must" : expectation.HasParted ? "opened, though it must not" : "opened, as it may");
            return (database, revision);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    private Revision Find(string content, Expectation expectation)
    {
        if (expectation.Allowed.FirstOrDefault(revision => revision.Content == content) is { } found)
        {
            return found;
        }
        if (!_revisions.TryGetValue(content, out List<Revision>? revisions))
        {
            throw new CopyFault($"it opens with what it never had: {content}");
        }
        throw new CopyFault(expectation.HasParted ? $"its file and its log have parted, and it opens with {revisions[0]}"
            : $"it opens with {revisions[0]}, where it can have {(expectation.Allowed.Count == 0 ? "nothing" : string.Join(" or ", expectation.Allowed))}");
    }

    private void Refused(CopiedFolder folder, Expectation expectation, PhantomDbException error, bool isReadOnly)
    {
        if (expectation.Required is { } required)
        {
            throw new CopyFault($"it is refused, and has {required}: {error.SqlState} {error.Message}");
        }
        if (error.Hint is not { Length: > 0 })
        {
            throw new CopyFault($"the refusal names no way out: {error.SqlState} {error.Message}");
        }
        string reason = expectation.HasParted ? "the file and the log have parted" : expectation.Allowed is [var newest] ? expectation.ReasonToRefuse(newest)! : "several are the newest";
        _tally.CountRefusal($"refused: {reason}", error);
        if (!isReadOnly)
        {
            WayOut(folder, error.SqlState);
        }
    }

    // What the hint says, or another copy.
    private void WayOut(CopiedFolder folder, string sqlState)
    {
        switch (sqlState == "55000" ? _random.Next(3) : 2)
        {
            case 0:
                Note($"{folder.Name}: the database file is moved out");
                _tally.Count("way out: the log alone");
                folder.Remove(name => name == CopiedFolder.DatabaseFile);
                break;
            case 1:
                Note($"{folder.Name}: the log and what belongs to it are moved out");
                _tally.Count("way out: the database file alone");
                folder.Remove(name => name != CopiedFolder.DatabaseFile);
                break;
            default:
                CopyWhole(_folders.FirstOrDefault(other => other != folder && other.Untouched is not null) ?? _folders.First(other => other != folder), folder);
                break;
        }
    }

    // The files as they are while it is open.
    private static void KeepAsKilled(CopiedFolder folder, Database database)
    {
        if (database.Persistence is { } persistence && database.HasLog)
        {
            database.Log.Sync();
            persistence.Log.Settle();
        }
        string[] files = folder.FileNames;
        Directory.CreateDirectory(KilledPath(folder));
        foreach (string file in files)
        {
            File.Copy(Path.Combine(folder.Path, file), Path.Combine(KilledPath(folder), file));
        }
    }

    private static string KilledPath(CopiedFolder folder) => folder.Path + ".killed";

    private string? AnySnapshot(CopiedFolder folder)
    {
        string[] snapshots = [.. folder.Snapshots.Keys.Order(StringComparer.Ordinal)];
        return snapshots.Length == 0 ? null : snapshots[_random.Next(snapshots.Length)];
    }

    private void CopyWhole(CopiedFolder source, CopiedFolder target)
    {
        target.Remove(_ => true);
        Copy("all files", source, target, _ => true);
        target.Untouched = source.Untouched;
    }

    private void CopyAlone(string what, CopiedFolder source, CopiedFolder target, string? name)
    {
        if (name is not null && source.FileNames.Contains(name))
        {
            target.Remove(_ => true);
            Copy(what, source, target, name, CopiedFolder.DatabaseFile);
        }
    }

    private void CopyAsDatabaseFile(CopiedFolder source, CopiedFolder target)
    {
        if (AnySnapshot(source) is { } snapshot)
        {
            Copy("a snapshot as the database file", source, target, snapshot, CopiedFolder.DatabaseFile);
        }
    }

    private void Copy(string what, CopiedFolder source, CopiedFolder target, string name, string newName)
    {
        _tally.Count($"copied: {what}");
        Note($"{what}, {source.Name} to {target.Name}: {name} as {newName}");
        target.CopyFrom(source, name, newName);
    }

    private void Copy(string what, CopiedFolder source, CopiedFolder target, Func<string, bool> isWanted)
    {
        string[] names = [.. source.FileNames.Where(isWanted)];
        if (names.Length > 0)
        {
            _tally.Count($"copied: {what}");
            Note($"{what}, {source.Name} to {target.Name}: {string.Join(' ', names)}");
            target.CopyFrom(source, names);
        }
    }

    // To some point of what the folder knows, sometimes of an older timeline.
    private void Restore(CopiedFolder folder)
    {
        if (Open(folder, isReadOnly: true, "read before a restore") is not var (database, revision))
        {
            return;
        }
        using (database)
        {
        }
        int? timeline = _random.Next(3) == 0 ? _random.Next(1, revision.Timeline + 1) : null;
        Revision? end = timeline is null ? revision : revision.LastOf(timeline.Value);
        long lsn = Math.Max(1, (end ?? revision).Lsn - _random.Next(12));
        string point = string.Create(CultureInfo.InvariantCulture, $"{(timeline is null ? "" : $"t{timeline}:")}{lsn}");
        bool isReached = timeline is null && folder.Untouched is not null && new Expectation(folder) is var expectation
            && expectation.ReasonToRefuse(revision) is null && expectation.IsReached(revision.At(lsn), lsn);
        try
        {
            RestoreResult result = DatabaseRestore.Run(CopiedFolder.DatabaseName, RestorePoint.Parse(point), null, _options.For(folder.Path, _clock));
            if (folder.Untouched is not null && end is null)
            {
                throw new CopyFault($"it is restored to {point}, of a timeline that it never had");
            }
            NoteRestored(folder, revision, end?.At(lsn), point, result);
        }
        catch (PhantomDbException error)
        {
            Note($"{folder.Name} restored to {point}: {error.SqlState} {error.Message} | {error.Hint}");
            _tally.CountRefusal("not restored", error);
            if (isReached)
            {
                throw new CopyFault($"it is not restored to {point}, which has {revision.At(lsn)}: {error.SqlState} {error.Message}");
            }
        }
    }

    private void NoteRestored(CopiedFolder folder, Revision before, Revision? expected, string point, RestoreResult result)
    {
        _tally.Count("restored");
        using Database database = Database.Open(CopiedFolder.DatabaseName, _options.For(folder.Path, _clock, isReadOnly: true));
        string content = WritingSession.Read(database);
        Note($"{folder.Name} restored to {point}: {database.Recovery?.ToLine()}");
        if (!_revisions.TryGetValue(content, out List<Revision>? revisions))
        {
            throw new CopyFault($"it is restored to {point}, and has what it never had: {content}");
        }
        if (folder.Untouched is not null && expected!.Content != content)
        {
            throw new CopyFault($"it is restored to {point}, and has {revisions[0]} in place of {expected}");
        }
        Revision target = revisions.Find(revision => revision == expected) ?? revisions[0];
        var restored = new Revision(++_number, target, before, database.Recovery!.LastLsn, result.Timeline, target.Rows);
        Add(restored);
        folder.NoteWritten(restored);
        folder.Untouched = restored;
    }

    private void Add(Revision revision)
    {
        if (!_revisions.TryGetValue(revision.Content, out List<Revision>? same))
        {
            _revisions[revision.Content] = same = [];
        }
        same.Add(revision);
    }

    private void Note(string text) => Story.Add(text);
}
