namespace PhantomDb.Durability.Log;

/// <summary>
/// Files of an open database that nobody writes to any more and recovery needs: looks whether they are there and the same, by name, length and identity; reads nothing.
/// Who renames, replaces or deletes one of them takes it out before, and so is never mistaken for somebody else. For any thread.
/// </summary>
internal sealed class FileWatch(IFileSystem disk)
{
    private const int FilesPerLook = 200;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, WatchedFile> _files = [];
    private readonly HashSet<string> _lost = [];
    private int _next;

    private sealed record WatchedFile(string Path, long LastLsn, FileMark Mark);

    /// <summary>
    /// The file, as it is now, is to stay, for as long as recovery needs anything up to an LSN. Nothing happens where there is none, or where it cannot be told from others.
    /// </summary>
    public void Add(string path, long lastLsn = long.MaxValue)
    {
        FileMark mark = disk.MarkOf(path);
        if (mark.IsFile && mark == disk.MarkOf(path))   // there are file systems whose inodes are not the same from one question to the next
        {
            lock (_gate)
            {
                _files[path] = new WatchedFile(path, lastLsn, mark);
                _lost.Remove(path);
            }
        }
    }

    /// <summary>As <see cref="Add"/>, but for one that is watched already, or was found to be gone.</summary>
    public void Keep(string path)
    {
        lock (_gate)
        {
            if (_files.ContainsKey(path) || _lost.Contains(path))
            {
                return;
            }
        }
        Add(path);
    }

    /// <summary>Before the file is renamed, replaced or deleted, or when nothing needs it any more.</summary>
    public void Remove(string path)
    {
        lock (_gate)
        {
            _files.Remove(path);
            _lost.Remove(path);
        }
    }

    /// <summary>False where a file that is watched is gone, or another by now.</summary>
    public bool IsInPlace(string path)
    {
        WatchedFile? file;
        lock (_gate)
        {
            if (_lost.Contains(path))
            {
                return false;
            }
            file = _files.GetValueOrDefault(path);
        }
        return file?.Mark.IsOther(disk.MarkOf(path)) != true;
    }

    /// <summary>What <see cref="IsInPlace"/> has denied; false where that is known already.</summary>
    public bool NoteLost(string path)
    {
        lock (_gate)
        {
            return _files.Remove(path) && _lost.Add(path);
        }
    }

    /// <summary>True where a file that is watched is gone, or another by now: then it is watched no more, and <see cref="Look"/> does not tell it.</summary>
    public bool TakeLost(string path)
    {
        WatchedFile? file;
        lock (_gate)
        {
            file = _files.GetValueOrDefault(path);
        }
        return file is not null && file.Mark.IsOther(disk.MarkOf(path)) && TakeOut(file);
    }

    /// <summary>True where it was found to be gone, and has not been added again.</summary>
    public bool IsLost(string path)
    {
        lock (_gate)
        {
            return _lost.Contains(path);
        }
    }

    /// <summary>The files that are gone, or others by now; each is told once. Of very many, some at a time. For one thread at a time.</summary>
    /// <param name="recoveryFloor">Recovery needs what is behind this LSN.</param>
    public IReadOnlyList<string> Look(long recoveryFloor)
    {
        WatchedFile[] needed;
        lock (_gate)
        {
            needed = [.. _files.Values.Where(file => file.LastLsn > recoveryFloor)];
        }
        List<string> lost = [];
        for (int i = 0; i < Math.Min(needed.Length, FilesPerLook); i++)
        {
            WatchedFile file = needed[_next++ % needed.Length];
            if (file.Mark.IsOther(disk.MarkOf(file.Path)) && TakeOut(file))
            {
                lost.Add(file.Path);
            }
        }
        _next = needed.Length == 0 ? 0 : _next % needed.Length;
        return lost;
    }

    // False where its owner has done so meanwhile: then that is what was seen.
    private bool TakeOut(WatchedFile file)
    {
        lock (_gate)
        {
            return _files.TryGetValue(file.Path, out WatchedFile? now) && ReferenceEquals(now, file) && _files.Remove(file.Path) && _lost.Add(file.Path);
        }
    }
}
