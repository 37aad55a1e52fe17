using PhantomDb.Durability;
using PhantomDb.Errors;

namespace PhantomDb.Tests.Durability.Log;

/// <summary>
/// A disk in memory for many threads, that knows what has been flushed, counts what is done, and can be slow, full, or fail. Names last at once.
/// </summary>
internal sealed class LogDisk : IFileSystem
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Content> _files = [];

    /// <summary>Asked before every change with what is done and to which file (without folder); an error makes it fail. Under the disk's lock.</summary>
    public Func<string, string, PhantomDbException?> Fails { get; set; } = (_, _) => null;

    /// <summary>How long a flush takes.</summary>
    public int FlushMs { get; set; }

    /// <summary>A write that fails has written all; else half.</summary>
    public bool FailsAfterWriting { get; set; }

    public Dictionary<string, int> Counts { get; } = [];

    /// <summary>Bytes that were read, of all files.</summary>
    public long BytesRead;

    public static PhantomDbException Broken(string path) => Error.FileFailed("use", path, "Input/output error");

    public static PhantomDbException Full(string path) => Error.DiskFull(path);

    public int Count(string operation)
    {
        lock (_gate)
        {
            return Counts.GetValueOrDefault(operation);
        }
    }

    public IReadOnlyList<string> Names
    {
        get
        {
            lock (_gate)
            {
                return [.. _files.Keys.Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
            }
        }
    }

    public byte[] Bytes(string name, bool isFlushedOnly = false)
    {
        lock (_gate)
        {
            Content content = _files[Path.Combine("/data", name)];
            return (isFlushedOnly ? content.Flushed : content.Bytes).ToArray();
        }
    }

    /// <summary>What a crash may leave at worst of what failed: all that was written, and no cut that was not flushed.</summary>
    public byte[] BytesWithoutCuts(string name)
    {
        lock (_gate)
        {
            Content content = _files[Path.Combine("/data", name)];
            byte[] bytes = content.Bytes.ToArray();
            return [.. bytes, .. content.CutOff.Skip((int)Math.Max(0, bytes.Length - content.CutAt))];
        }
    }

    public void Damage(string name, long offset)
    {
        lock (_gate)
        {
            _files[Path.Combine("/data", name)].Bytes.GetBuffer()[offset] ^= 1;
        }
    }

    public long FlushedLength(string name)
    {
        lock (_gate)
        {
            return _files[Path.Combine("/data", name)].Flushed.Length;
        }
    }

    public bool Exists(string path)
    {
        lock (_gate)
        {
            return _files.ContainsKey(path);
        }
    }

    public bool FolderExists(string path) => true;

    public long Length(string path) => Bytes(Path.GetFileName(path)).Length;

    public DateTime WrittenAt(string path) => DateTime.UnixEpoch;

    public Stream OpenRead(string path)
    {
        lock (_gate)
        {
            return _files.TryGetValue(path, out Content? content) ? new CountedStream(this, content.Bytes.ToArray()) : throw Error.FileNotFound(path);
        }
    }

    public IWritableFile Create(string path)
    {
        lock (_gate)
        {
            Do("create", path);
            return new WritableFile(this, _files[path] = new Content { Path = path });
        }
    }

    public IWritableFile OpenWrite(string path) => throw new NotSupportedException();

    public void Rename(string from, string to)
    {
        lock (_gate)
        {
            Do("rename", from);
            Assert.IsTrue(Path.GetExtension(from) == ".new" || !_files.ContainsKey(to), $"{from} would go over {to}");
            _files[to] = _files[from];
            _files[to].Path = to;
            _files.Remove(from);
        }
    }

    public void Delete(string path)
    {
        lock (_gate)
        {
            Do("delete", path);
            _files.Remove(path);
        }
    }

    public IReadOnlyList<string> List(string folder) => Names;

    public void CreateFolder(string path)
    {
    }

    public IFileLock Lock(string path, string owner) => throw new NotSupportedException();

    public void FlushFolder(string path)
    {
        lock (_gate)
        {
            Do("flush folder", path);
        }
    }

    private void Do(string what, string path)
    {
        Counts[what] = Counts.GetValueOrDefault(what) + 1;
        if (Fails(what, Path.GetFileName(path)) is { } error)
        {
            throw error;
        }
    }

    private sealed class Content
    {
        public required string Path { get; set; }

        public MemoryStream Bytes { get; } = new();

        public MemoryStream Flushed { get; } = new();

        /// <summary>What was cut off since the last flush, and where.</summary>
        public byte[] CutOff { get; set; } = [];

        public long CutAt { get; set; }

        /// <summary>From here on the two may differ.</summary>
        public long FlushedFrom { get; set; }

        public bool IsFlushFailed { get; set; }
    }

    private sealed class CountedStream(LogDisk disk, byte[] bytes) : MemoryStream(bytes, writable: false)
    {
        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            byte[] copy = new byte[buffer.Length];   // the base's own would come back to the other overload
            int read = base.Read(copy, 0, copy.Length);
            copy.AsSpan(0, read).CopyTo(buffer);
            Interlocked.Add(ref disk.BytesRead, read);
            return read;
        }
    }

    private sealed class WritableFile(LogDisk disk, Content content) : IWritableFile
    {
        public long Length { get; private set; }

        public void Append(ReadOnlySpan<byte> bytes)
        {
            lock (disk._gate)
            {
                content.Bytes.Position = Length;
                content.FlushedFrom = Math.Min(content.FlushedFrom, Length);
                try
                {
                    disk.Do("write", content.Path);
                }
                catch (PhantomDbException)
                {
                    content.Bytes.Write(disk.FailsAfterWriting ? bytes : bytes[..(bytes.Length / 2)]);   // as much as there was room for
                    throw;
                }
                content.Bytes.Write(bytes);
                Length += bytes.Length;
            }
        }

        public int Read(long offset, Span<byte> target)
        {
            lock (disk._gate)
            {
                content.Bytes.Position = offset;
                return content.Bytes.Read(target);
            }
        }

        public bool IsAt(string path)
        {
            lock (disk._gate)
            {
                return disk._files.GetValueOrDefault(path) == content;
            }
        }

        public void TruncateTo(long length)
        {
            lock (disk._gate)
            {
                disk.Do("truncate", content.Path);
                content.CutOff = content.Bytes.ToArray()[(int)length..];
                content.CutAt = length;
                content.Bytes.SetLength(length);
                content.FlushedFrom = Math.Min(content.FlushedFrom, length);
                Length = length;
            }
        }

        public void Flush()
        {
            byte[] written;
            long from;
            lock (disk._gate)
            {
                Assert.IsFalse(content.IsFlushFailed, $"{content.Path} is flushed again after a flush that failed");
                try
                {
                    disk.Do("flush", content.Path);
                }
                catch (PhantomDbException)
                {
                    content.IsFlushFailed = true;
                    throw;
                }
                from = content.FlushedFrom;
                written = content.Bytes.GetBuffer()[(int)from..(int)content.Bytes.Length];
                content.FlushedFrom = content.Bytes.Length;
                content.CutOff = [];
            }
            if (disk.FlushMs > 0)
            {
                Thread.Sleep(disk.FlushMs);
            }
            lock (disk._gate)
            {
                content.Flushed.SetLength(from);
                content.Flushed.Position = from;
                content.Flushed.Write(written);
            }
        }

        public void Dispose()
        {
        }
    }
}
