using PhantomDb.Durability.Log;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Snapshots;

/// <summary>
/// The snapshots of a database as files, of its own timeline and history: which there are, what is known of them, new ones written and old ones deleted. When and which is others'
/// to say. For one thread at a time, but for <see cref="Files"/>.
/// </summary>
internal sealed class SnapshotFolder(IFileSystem disk, string path, Guid id, int timeline)
{
    private readonly string _folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
    private readonly string _databaseName = Path.GetFileNameWithoutExtension(path);
    private IReadOnlyList<SnapshotFile> _files = [];
    private readonly Dictionary<string, (long Length, SnapshotState State)> _states = [];   // by the name of the file
    private bool _hasUnfinished = true;

    /// <summary>The segments of the log that led to an LSN: a snapshot that names others was copied here, and is another's.</summary>
    public Func<long, SegmentHistory> HistoryUpTo { get; init; } = _ => SegmentHistory.Empty;

    /// <summary>As they were found last, oldest first.</summary>
    public IReadOnlyList<SnapshotFile> Files => Volatile.Read(ref _files);

    /// <summary>Promises that snapshots are kept: the LSN by name. As the manifest has them; whoever changes them writes it.</summary>
    public IReadOnlyDictionary<string, long> Pins { get; private set; } = new Dictionary<string, long>();

    public IFileSystem Disk => disk;

    /// <summary>The database's own file.</summary>
    public string DatabasePath => path;

    public string PathOf(string fileName) => Path.Combine(_folder, fileName);

    /// <summary>Reads the promises from the manifest; one that is damaged has none.</summary>
    public void ReadPins()
    {
        string manifestPath = PathOf(LogManifest.FileName(_databaseName));
        if (!disk.FolderExists(_folder) || !disk.Exists(manifestPath))
        {
            return;
        }
        if (LogManifest.Read(manifestPath, disk, out _) is { } manifest && manifest.Id == id)
        {
            SetPins(manifest.Rows.Where(row => row.Kind == LogManifest.SnapshotPin).DistinctBy(row => row.Name).ToDictionary(row => row.Name, row => row.FirstLsn));
        }
    }

    public void SetPins(IReadOnlyDictionary<string, long> pins)
    {
        Pins = pins;
        Publish(Files);
    }

    /// <summary>Looks what there is: names and headers.</summary>
    public void Scan()
    {
        if (!disk.FolderExists(_folder))
        {
            Publish([]);
            return;
        }
        List<SnapshotFile> found = [];
        foreach (string file in disk.List(_folder).Select(file => Path.GetFileName(file)!))
        {
            if (SnapshotName.TryParse(file) is not { } name || name.DatabaseName != _databaseName || ReadHeader(file) is not var (header, length)
                || header.Id != id || header.Timeline != timeline || header.History.HasOther(header.Lsn, HistoryUpTo(header.Lsn), header.Lsn))
            {
                continue;
            }
            SnapshotState state = _states.TryGetValue(file, out (long Length, SnapshotState State) known) && known.Length == length ? known.State : SnapshotState.Unread;
            found.Add(new SnapshotFile(file, header.Timeline, header.Lsn, length, name.Time, state));
        }
        Publish(found);
    }

    /// <summary>Of a file that recovery has read whole.</summary>
    public void NoteVerified(string fileName, long length) => _states[fileName] = (length, SnapshotState.Verified);

    /// <summary>Of a file that was found to be not as it was written.</summary>
    public void NoteDamaged(string fileName)
    {
        if (_states.TryGetValue(fileName, out (long Length, SnapshotState State) known))
        {
            _states[fileName] = known with { State = SnapshotState.Damaged };
        }
    }

    /// <summary>Reads snapshots that have not been read yet, the newest first, until so many are known to be whole; gives the first damage.</summary>
    public PhantomDbException? Verify(int count)
    {
        PhantomDbException? damage = null;
        foreach (SnapshotFile file in Files.Reverse())
        {
            if (Files.Count(f => f.State == SnapshotState.Verified) >= count)
            {
                break;
            }
            if (file.State == SnapshotState.Unread)
            {
                PhantomDbException? error = Check(file);
                damage ??= error;
                _states[file.FileName] = (file.Length, error is null ? SnapshotState.Verified : SnapshotState.Damaged);
                Publish([.. Files.Select(f => f == file ? f with { State = _states[file.FileName].State } : f)]);
            }
        }
        return damage;
    }

    /// <summary>
    /// Writes a snapshot: beside its name, flushed, read back, renamed, the folder flushed. Where it fails nothing has changed; after a failed flush of the folder
    /// alone the file may be there, and is whole.
    /// </summary>
    public WrittenFile Write(DatabaseContent content, DateTime now, Action afterPiece)
    {
        RemoveUnfinished();
        var name = new SnapshotName(_databaseName, now);
        while (disk.Exists(PathOf(name.ToString())))
        {
            name = name with { Number = name.Number + 1 };
        }
        string finalPath = PathOf(name.ToString()), newPath = finalPath + SnapshotName.NewEnding;
        DatabaseFileOptions options = new() { GeneratedAt = now, AfterPiece = afterPiece };
        var header = new FileHeader(content.DatabaseName, now, content.Id, content.Timeline, content.Lsn) { History = content.History };
        WrittenFile written;
        try
        {
            written = DatabaseFileWriter.WriteFile(content, header, options, disk, newPath);
            DatabaseFileWriter.CheckWritten(disk, newPath, header, options, written.Seal);
            disk.Rename(newPath, finalPath);
        }
        catch
        {
            _hasUnfinished = true;
            TryRemoveUnfinished();
            throw;
        }
        disk.FlushFolder(_folder);
        _states[name.ToString()] = (written.Length, SnapshotState.Verified);
        Publish([.. Files, new SnapshotFile(name.ToString(), content.Timeline, content.Lsn, written.Length, name.Time, SnapshotState.Verified)]);
        return written with { Path = finalPath };
    }

    public void Delete(IReadOnlyList<SnapshotFile> files)
    {
        foreach (SnapshotFile file in files)
        {
            disk.Delete(PathOf(file.FileName));
            _states.Remove(file.FileName);
            Publish([.. Files.Where(f => f.FileName != file.FileName)]);
        }
        if (files.Count > 0)
        {
            disk.FlushFolder(_folder);
        }
    }

    private void Publish(IEnumerable<SnapshotFile> files) => Volatile.Write(ref _files,
        [.. files.Select(file => file with { Pins = [.. Pins.Where(pin => pin.Value == file.Lsn).Select(pin => pin.Key).Order(StringComparer.Ordinal)] })
            .OrderBy(file => file.Lsn).ThenBy(file => file.Time).ThenBy(file => file.FileName.Length).ThenBy(file => file.FileName, StringComparer.Ordinal)]);

    // A file that is damaged at its top is none that anything could be done with.
    private (FileHeader Header, long Length)? ReadHeader(string file)
    {
        try
        {
            using Stream stream = disk.OpenRead(PathOf(file));
            return SealedFile.ReadHeader(stream) is { } header ? (header, stream.Length) : null;
        }
        catch (PhantomDbException)
        {
            return null;
        }
    }

    private PhantomDbException? Check(SnapshotFile file)
    {
        try
        {
            using Stream stream = disk.OpenRead(PathOf(file.FileName));
            SealedFile.Verify(stream, PathOf(file.FileName));
            return null;
        }
        catch (PhantomDbException error)
        {
            return error;
        }
    }

    private void RemoveUnfinished()
    {
        if (!_hasUnfinished)
        {
            return;
        }
        foreach (string file in disk.List(_folder).Select(file => Path.GetFileName(file)!))
        {
            if (file.EndsWith(SnapshotName.NewEnding, StringComparison.Ordinal)
                && SnapshotName.TryParse(file[..^SnapshotName.NewEnding.Length])?.DatabaseName == _databaseName)
            {
                disk.Delete(PathOf(file));
            }
        }
        _hasUnfinished = false;
    }

    private void TryRemoveUnfinished()
    {
        try
        {
            RemoveUnfinished();
        }
        catch (PhantomDbException)
        {
            // The error that led here is the one to tell; the next snapshot tries again.
        }
    }
}
