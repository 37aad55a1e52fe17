using PhantomDb.Durability;
using PhantomDb.Errors;

namespace PhantomDb.Tests.Durability;

/// <summary>The system's disk, and how many bytes were read from it. Writing can be made to fail.</summary>
internal sealed class ReadCountingDisk : IFileSystem
{
    private static readonly IFileSystem Disk = PhysicalFileSystem.Instance;
    private long _bytesRead;

    /// <summary>True: what is written to an open file fails, and so does its flush.</summary>
    public bool IsBroken { get; set; }

    public long BytesRead => Interlocked.Read(ref _bytesRead);

    public bool Exists(string path) => Disk.Exists(path);

    public bool FolderExists(string path) => Disk.FolderExists(path);

    public long Length(string path) => Disk.Length(path);

    public DateTime WrittenAt(string path) => Disk.WrittenAt(path);

    public Stream OpenRead(string path) => new CountedStream(this, Disk.OpenRead(path));

    public IWritableFile Create(string path) => new BreakableFile(this, path, Disk.Create(path));

    public IWritableFile OpenWrite(string path) => Disk.OpenWrite(path);

    public void Rename(string from, string to) => Disk.Rename(from, to);

    public void Delete(string path) => Disk.Delete(path);

    public IReadOnlyList<string> List(string folder) => Disk.List(folder);

    public void CreateFolder(string path) => Disk.CreateFolder(path);

    public IDisposable Lock(string path, string owner) => Disk.Lock(path, owner);

    public void FlushFolder(string path) => Disk.FlushFolder(path);

    private sealed class BreakableFile(ReadCountingDisk disk, string path, IWritableFile file) : IWritableFile
    {
        public long Length => file.Length;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            ThrowIfBroken();
            file.Append(bytes);
        }

        public void TruncateTo(long length) => file.TruncateTo(length);

        public void Flush()
        {
            ThrowIfBroken();
            file.Flush();
        }

        public void Dispose() => file.Dispose();

        private void ThrowIfBroken()
        {
            if (disk.IsBroken)
            {
                throw Error.FileFailed("write", path, "Input/output error");
            }
        }
    }

    private sealed class CountedStream(ReadCountingDisk disk, Stream stream) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => stream.Length;

        public override long Position
        {
            get => stream.Position;
            set => stream.Position = value;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            int read = stream.Read(buffer);
            Interlocked.Add(ref disk._bytesRead, read);
            return read;
        }

        public override long Seek(long offset, SeekOrigin origin) => stream.Seek(offset, origin);

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            stream.Dispose();
            base.Dispose(disposing);
        }
    }
}
