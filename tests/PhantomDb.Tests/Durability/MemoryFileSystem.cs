using PhantomDb.Durability;
using PhantomDb.Errors;

namespace PhantomDb.Tests.Durability;

/// <summary>A disk in memory whose writes, flushes, renames and deletions can be made to fail.</summary>
internal sealed class MemoryFileSystem : IFileSystem
{
    public Dictionary<string, byte[]> Files { get; } = [];

    public List<string> Calls { get; } = [];

    /// <summary>Asked before every change, with what is done and to which file; true makes it fail.</summary>
    public Func<string, string, bool> Fails { get; set; } = (_, _) => false;

    /// <summary>True: what fails does so because the disk is full.</summary>
    public bool IsFull { get; set; }

    public bool Exists(string path) => Files.ContainsKey(path);

    public bool FolderExists(string path) => Path.GetExtension(path).Length == 0;

    public long Length(string path) => Files[path].Length;

    public DateTime WrittenAt(string path) => DateTime.UnixEpoch;

    public Stream OpenRead(string path) => Files.TryGetValue(path, out byte[]? bytes) ? new MemoryStream(bytes, writable: false) : throw Error.FileNotFound(path);

    public IWritableFile Create(string path)
    {
        Do("create", path);
        Files[path] = [];
        return new WritableFile(this, path);
    }

    public IWritableFile OpenWrite(string path)
    {
        Do("open", path);
        return new WritableFile(this, path);
    }

    public void Rename(string from, string to)
    {
        Do("rename", from);
        Files[to] = Files[from];
        Files.Remove(from);
    }

    public void Delete(string path)
    {
        Do("delete", path);
        Files.Remove(path);
    }

    public IReadOnlyList<string> List(string folder) => [.. Files.Keys];

    public void CreateFolder(string path)
    {
    }

    public IFileLock Lock(string path, string owner) => new HeldLock();   // one test, one user

    public void FlushFolder(string path) => Do("flush folder", path);

    private void Do(string what, string path)
    {
        Calls.Add($"{what} {Path.GetFileName(path)}");
        if (Fails(what, path))
        {
            throw IsFull ? Error.DiskFull(path) : Error.FileFailed(what, path, "Input/output error");
        }
    }

    private sealed class HeldLock : IFileLock
    {
        public bool IsInPlace => true;

        public void Dispose()
        {
        }
    }

    private sealed class WritableFile(MemoryFileSystem files, string path) : IWritableFile
    {
        public void Append(ReadOnlySpan<byte> bytes)
        {
            try
            {
                files.Do("write", path);
            }
            catch
            {
                files.Files[path] = [.. files.Files[path], .. bytes[..(bytes.Length / 2)]];   // as much as there was room for
                throw;
            }
            files.Files[path] = [.. files.Files[path], .. bytes];
        }

        public long Length => files.Files[path].Length;

        public int Read(long offset, Span<byte> target)
        {
            ReadOnlySpan<byte> there = files.Files[path].AsSpan((int)offset);
            there = there[..Math.Min(there.Length, target.Length)];
            there.CopyTo(target);
            return there.Length;
        }

        public bool IsAt(string name) => name == path;

        public void TruncateTo(long length)
        {
            files.Do("truncate", path);
            files.Files[path] = files.Files[path][..(int)length];
        }

        public void Flush() => files.Do("flush", path);

        public void Dispose()
        {
        }
    }
}
