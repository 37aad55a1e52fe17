using PhantomDb.Durability;
using PhantomDb.Errors;

namespace PhantomDb.Fuzz.Crash;

/// <summary>
/// A disk in memory that keeps apart what is on it for certain from what no flush has covered yet, and loses the latter
/// as a <see cref="CrashProfile"/> allows. It counts its operations, and one of them can be made to fail, or to be the one
/// during which the power goes. What it does follows from its seed and the operations.
/// </summary>
internal sealed partial class SimulatedDisk : IFileSystem
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, SimulatedFile> _names = [];
    private readonly Dictionary<string, SimulatedFile> _durableNames = [];
    private readonly List<NameChange> _pendingNames = [];
    private readonly List<string> _operations = [];
    private readonly HashSet<string> _folders = [Path.GetPathRoot(Path.GetFullPath("/"))!];
    private readonly HashSet<string> _locked = [];
    private readonly Random _random;
    private int _orderedNames;   // pending names that ext4's journal has on the disk: those before the last flush of anything
    private bool _isOff;

    public SimulatedDisk(int seed = 0) => _random = new Random(seed);

    /// <summary>Operations so far: all but questions and the reading of open files.</summary>
    public int OperationCount { get; private set; }

    /// <summary>Which operation goes wrong, from 0; null: none.</summary>
    public int? FaultAt { get; set; }

    public DiskFault Fault { get; set; }

    /// <summary>True: all operations from <see cref="FaultAt"/> on go wrong, not only this one.</summary>
    public bool IsFaultLasting { get; set; }

    /// <summary>True: flushes report success and do nothing.</summary>
    public bool LiesAboutFlushes { get; set; }

    /// <summary>Bytes that all files may have together; what is over gives 53100.</summary>
    public long Capacity { get; set; } = long.MaxValue;

    /// <summary>The clock of <see cref="WrittenAt"/>: a second for each change.</summary>
    public DateTime Clock { get; set; } = new(2026, 11, 21, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Files that were opened for writing so far.</summary>
    public int OpenedCount { get; private set; }

    /// <summary>Flushes of files so far.</summary>
    public int FlushCount { get; private set; }

    /// <summary>Operations as text, the newest last: what a failure is looked up in.</summary>
    public List<string> Operations
    {
        get
        {
            lock (_lock)
            {
                return [.. _operations];   // the log's own thread may go on
            }
        }
    }

    /// <summary>Called before each operation, under the disk's lock: all operations before it have been done.</summary>
    public Action? BeforeOperation { get; set; }

    /// <summary>What was true of the disk at the fault; empty where there was none.</summary>
    public string FaultedOperation { get; private set; } = "";

    /// <summary>True when the power has gone: no answer that comes now has reached anyone.</summary>
    public bool IsOff
    {
        get
        {
            lock (_lock)
            {
                return _isOff;
            }
        }
    }

    /// <summary>The disk after a loss of power: a new one, all of it durable, with a seed of its own. The old one is off for good.</summary>
    public SimulatedDisk Crash(CrashProfile profile, int seed)
    {
        lock (_lock)
        {
            _isOff = true;
            return WhatIsLeft(profile, seed);
        }
    }

    /// <summary>What a loss of power now would leave; this one goes on.</summary>
    public SimulatedDisk WhatIsLeft(CrashProfile profile, int seed)
    {
        lock (_lock)
        {
            var random = new Random(seed);
            var after = new SimulatedDisk(seed) { Clock = Clock };
            foreach (string folder in _folders)
            {
                after._folders.Add(folder);
            }
            foreach ((string path, SimulatedFile file) in NamesAfter(profile, random).OrderBy(entry => entry.Key, StringComparer.Ordinal))
            {
                SimulatedFile image = SimulatedFile.Of(file.Image(profile, random));
                image.WrittenAt = file.WrittenAt;
                after._names[path] = image;
                after._durableNames[path] = image;
            }
            return after;
        }
    }

    public bool Exists(string path)
    {
        lock (_lock)
        {
            EnsureOn();
            return _names.ContainsKey(Full(path));
        }
    }

    public bool FolderExists(string path)
    {
        lock (_lock)
        {
            EnsureOn();
            return _folders.Contains(Full(path));
        }
    }

    public long Length(string path)
    {
        lock (_lock)
        {
            EnsureOn();
            return Find("look at", path).Length;
        }
    }

    public DateTime WrittenAt(string path)
    {
        lock (_lock)
        {
            EnsureOn();
            return Find("look at", path).WrittenAt;
        }
    }

    /// <summary>All bytes of a file as programs see them.</summary>
    public byte[] Read(string path)
    {
        lock (_lock)
        {
            SimulatedFile file = Find("read", path);
            byte[] bytes = new byte[file.Length];
            file.Read(0, bytes);
            return bytes;
        }
    }

    /// <summary>The same for disks with the same files of the same content.</summary>
    public string Fingerprint()
    {
        lock (_lock)
        {
            using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
            foreach (string path in _names.Keys.Order(StringComparer.Ordinal))
            {
                hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{path}\n{_names[path].Length}\n"));
                hash.AppendData(Read(path));
            }
            return Convert.ToHexString(hash.GetHashAndReset());
        }
    }

    /// <summary>Puts a file there, on the disk for certain, as no operation.</summary>
    public void Put(string path, byte[] bytes)
    {
        lock (_lock)
        {
            path = Full(path);
            AddFolders(Path.GetDirectoryName(path)!);
            _pendingNames.RemoveAll(change => change.Path == path);
            _orderedNames = Math.Min(_orderedNames, _pendingNames.Count);
            _names[path] = _durableNames[path] = SimulatedFile.Of(bytes);
        }
    }

    public Stream OpenRead(string path)
    {
        lock (_lock)
        {
            Do("open", path);
            return new Reader(this, _names.GetValueOrDefault(Full(path)) ?? throw Error.FileNotFound(path));
        }
    }

    public IWritableFile Create(string path)
    {
        lock (_lock)
        {
            return Do("create", path, () =>
            {
                EnsureFolder("create", path);
                OpenedCount++;
                path = Full(path);
                if (_names.TryGetValue(path, out SimulatedFile? there))
                {
                    there.Truncate(0);   // the same file, emptied, as with O_TRUNC
                    return new Writer(this, path, there);
                }
                var file = new SimulatedFile { WrittenAt = Clock };
                Name(path, file);
                return new Writer(this, path, file);
            });
        }
    }

    public IWritableFile OpenWrite(string path)
    {
        lock (_lock)
        {
            Do("open", path);
            OpenedCount++;
            return new Writer(this, path, Find("open", path));
        }
    }

    public void Rename(string from, string to)
    {
        lock (_lock)
        {
            Do("rename", from, () =>
            {
                SimulatedFile file = Find("rename", from);
                EnsureFolder("rename", to);
                if (Path.GetDirectoryName(Full(from)) != Path.GetDirectoryName(Full(to)))
                {
                    throw new InvalidOperationException($"{from} is to be renamed into another folder, which the seam does not promise to do in one step");
                }
                _names.Remove(Full(from));
                _names[Full(to)] = file;
                _pendingNames.Add(new NameChange(Full(to), file, Full(from)));
                return true;
            });
        }
    }

    public void Delete(string path)
    {
        lock (_lock)
        {
            Do("delete", path, () =>
            {
                if (_names.ContainsKey(Full(path)))
                {
                    Name(Full(path), null);
                }
                return true;
            });
        }
    }

    public IReadOnlyList<string> List(string folder)
    {
        lock (_lock)
        {
            EnsureOn();
            EnsureFolder("list", Path.Combine(folder, "x"));
            return [.. _names.Keys.Where(path => Path.GetDirectoryName(path) == Full(folder)).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
        }
    }

    public void CreateFolder(string path)
    {
        lock (_lock)
        {
            EnsureOn();
            if (!_folders.Contains(Full(path)))
            {
                Do("create folder", path, () =>
                {
                    AddFolders(Full(path));
                    return true;
                });
            }
        }
    }

    public IFileLock Lock(string path, string owner)
    {
        lock (_lock)
        {
            Do("lock", path);
            EnsureFolder("lock", path);
            if (!_locked.Add(Full(path)))
            {
                throw Error.FileInUse(path, "another user of the simulated disk");
            }
            if (!_names.ContainsKey(Full(path)))
            {
                Name(Full(path), new SimulatedFile { WrittenAt = Clock });
            }
            return new HeldLock(this, Full(path));
        }
    }

    public void FlushFolder(string path)
    {
        lock (_lock)
        {
            Do("flush folder", path);
            EnsureFolder("flush", Path.Combine(path, "x"));
            if (LiesAboutFlushes)
            {
                return;
            }
            foreach (NameChange change in _pendingNames.Where(change => Path.GetDirectoryName(change.Path) == Full(path)))
            {
                change.ApplyTo(_durableNames, keepsSource: false);
            }
            _pendingNames.RemoveAll(change => Path.GetDirectoryName(change.Path) == Full(path));
            _orderedNames = _pendingNames.Count;
        }
    }

    private static string Full(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    private Dictionary<string, SimulatedFile> NamesAfter(CrashProfile profile, Random random)
    {
        var names = new Dictionary<string, SimulatedFile>(_durableNames);
        int ordered = profile == CrashProfile.Ordered ? random.Next(_orderedNames, _pendingNames.Count + 1) : 0;
        for (int i = 0; i < _pendingNames.Count; i++)
        {
            bool isKept = profile switch
            {
                CrashProfile.ProcessKilled or CrashProfile.ContentsLost or CrashProfile.ZeroedTails => true,
                CrashProfile.AllLost or CrashProfile.NamesLost => false,
                CrashProfile.Ordered => i < ordered,
                _ => random.Next(2) == 0,
            };
            if (isKept)
            {
                // A rename puts the new name in place before the old one goes; never is the file without both.
                bool keepsSource = profile is CrashProfile.Posix512 or CrashProfile.Posix4096 && random.Next(4) == 0;
                _pendingNames[i].ApplyTo(names, keepsSource);
            }
        }
        return names;
    }

    private void Do(string what, string path) => Do(what, path, () => true);

    // A power loss comes while the operation is being done, so it is pending, as all that a crash may keep or lose.
    private T Do<T>(string what, string path, Func<T> action)
    {
        DiskFault? fault = Begin(what, path);
        if (fault is null)
        {
            return action();
        }
        if (fault == DiskFault.PowerLoss)
        {
            if (!what.StartsWith("flush", StringComparison.Ordinal))
            {
                action();
            }
            _isOff = true;
            throw new PowerLossException();
        }
        throw Failure(fault.Value, what, path);
    }

    private DiskFault? Begin(string what, string path)
    {
        EnsureOn();
        BeforeOperation?.Invoke();
        int number = OperationCount++;
        Clock = Clock.AddSeconds(1);
        _operations.Add($"{number} {what} {Path.GetFileName(path)}");
        if (FaultAt is not { } at || (IsFaultLasting ? number < at : number != at))
        {
            return null;
        }
        FaultedOperation = _operations[^1];
        return Fault;
    }

    private static PhantomDbException Failure(DiskFault fault, string what, string path) =>
        fault == DiskFault.DiskFull ? Error.DiskFull(path) : Error.FileFailed(what, path, "Input/output error");

    private void EnsureOn()
    {
        if (_isOff)
        {
            throw new PowerLossException();
        }
    }

    private void EnsureFolder(string what, string path)
    {
        if (!_folders.Contains(Path.GetDirectoryName(Full(path))!))
        {
            throw Error.FileFailed(what, path, "no such file or directory");
        }
    }

    private SimulatedFile Find(string what, string path) =>
        _names.GetValueOrDefault(Full(path)) ?? throw Error.FileFailed(what, path, "no such file or directory");

    private void AddFolders(string? path)
    {
        for (; path is not null; path = Path.GetDirectoryName(path))
        {
            _folders.Add(path);
        }
    }

    private void Name(string path, SimulatedFile? file)
    {
        if (file is null)
        {
            _names.Remove(path);
        }
        else
        {
            _names[path] = file;
        }
        _pendingNames.Add(new NameChange(path, file, null));
    }

    private void Append(string path, SimulatedFile file, long offset, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            DiskFault? fault = Begin($"write {bytes.Length} bytes at {offset} of", path);
            long room = Capacity == long.MaxValue ? long.MaxValue : Capacity - _names.Values.Distinct().Sum(each => each.Length) + (file.Length - offset);
            bool isFull = bytes.Length > room;
            ReadOnlySpan<byte> written = isFull ? bytes[..(int)Math.Max(0, room)] : bytes;
            written = fault switch
            {
                DiskFault.InputOutputError or DiskFault.DiskFull => [],
                DiskFault.ShortWrite => written[..(written.Length / 2)],
                _ => written,
            };
            file.Write(offset, written);
            file.WrittenAt = Clock;
            if (fault == DiskFault.PowerLoss)
            {
                _isOff = true;
                throw new PowerLossException();
            }
            if (fault is not null || isFull)
            {
                throw Failure(fault ?? DiskFault.DiskFull, "write", path);
            }
        }
    }

    private void TruncateTo(string path, SimulatedFile file, long length)
    {
        lock (_lock)
        {
            Do("truncate", path, () =>
            {
                file.Truncate(length);
                return true;
            });
        }
    }

    private void Flush(string path, SimulatedFile file)
    {
        lock (_lock)
        {
            FlushCount++;
            try
            {
                Do("flush", path);
            }
            catch (PhantomDbException) when (!LiesAboutFlushes)
            {
                file.FailFlush(_random);
                throw;
            }
            if (!LiesAboutFlushes)
            {
                file.Flush();
                _orderedNames = _pendingNames.Count;
            }
        }
    }

    /// <summary>A name that was given to a file, or, with null, taken away; where it was a rename, the name that the file had.</summary>
    private sealed record NameChange(string Path, SimulatedFile? File, string? Source)
    {
        public void ApplyTo(Dictionary<string, SimulatedFile> names, bool keepsSource)
        {
            if (File is null)
            {
                names.Remove(Path);
                return;
            }
            names[Path] = File;
            if (Source is not null && !keepsSource && names.GetValueOrDefault(Source) == File)
            {
                names.Remove(Source);
            }
        }
    }
}
