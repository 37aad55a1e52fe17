using PhantomDb.Durability;
using PhantomDb.Errors;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Tests.Durability;

/// <summary>The system's disk, and how many bytes were read from it. Writing can be made to fail.</summary>
internal sealed class ReadCountingDisk() : PassingDisk(PhysicalFileSystem.Instance)
{
    private long _bytesRead;

    /// <summary>True: what is written to an open file fails, and so does its flush.</summary>
    public bool IsBroken { get; set; }

    public long BytesRead => Interlocked.Read(ref _bytesRead);

    /// <summary>How often it was asked what a file is.</summary>
    public int MarkCount;

    /// <summary>What it says then.</summary>
    public Func<string, FileMark> Mark { get; set; } = PhysicalFileSystem.Instance.MarkOf;

    public override FileMark MarkOf(string path)
    {
        Interlocked.Increment(ref MarkCount);
        return Mark(path);
    }

    public override Stream OpenRead(string path) => new CountedStream(this, base.OpenRead(path));

    protected override IWritableFile Wrap(string path, IWritableFile file) => new BreakableFile(this, path, file);

    private sealed class BreakableFile(ReadCountingDisk disk, string path, IWritableFile file) : PassingFile(file)
    {
        public override void Append(ReadOnlySpan<byte> bytes)
        {
            ThrowIfBroken();
            base.Append(bytes);
        }

        public override void Flush()
        {
            ThrowIfBroken();
            base.Flush();
        }

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
