using PhantomDb.Durability;
using PhantomDb.Errors;

namespace PhantomDb.Fuzz.Crash;

/// <summary>Files of the disk that a program has open, and locks that it holds.</summary>
internal sealed partial class SimulatedDisk
{
    private sealed class Writer(SimulatedDisk disk, string path, SimulatedFile file) : IWritableFile
    {
        private bool _isClosed;

        public long Length { get; private set; } = file.Length;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            disk.Append(path, file, Length, bytes);
            Length += bytes.Length;
        }

        public void Reserve(int count)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            byte[] lineFeeds = new byte[count];
            lineFeeds.AsSpan().Fill((byte)'\n');
            disk.Append(path, file, Length, lineFeeds);
        }

        public int Read(long offset, Span<byte> target)
        {
            lock (disk._lock)
            {
                disk.EnsureOn();
                return file.Read(offset, target);
            }
        }

        public bool IsAt(string name)
        {
            lock (disk._lock)
            {
                return disk._isOff || disk._names.GetValueOrDefault(Full(name)) == file;
            }
        }

        public void TruncateTo(long length)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            ArgumentOutOfRangeException.ThrowIfNegative(length);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
            disk.TruncateTo(path, file, length);
            Length = length;
        }

        public void Flush()
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            disk.Flush(path, file);
        }

        public void Dispose() => _isClosed = true;
    }

    private sealed class HeldLock(SimulatedDisk disk, string path) : IFileLock
    {
        private bool _isReleased;

        public bool IsInPlace
        {
            get
            {
                lock (disk._lock)
                {
                    return disk._isOff || disk._names.ContainsKey(path);
                }
            }
        }

        public void Dispose()
        {
            lock (disk._lock)
            {
                if (!_isReleased && !disk._isOff)
                {
                    disk._locked.Remove(path);
                    disk.Name(path, null);
                }
                _isReleased = true;
            }
        }
    }

    private sealed class Reader(SimulatedDisk disk, SimulatedFile file) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length
        {
            get
            {
                lock (disk._lock)
                {
                    return file.Length;
                }
            }
        }

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            lock (disk._lock)
            {
                disk.EnsureOn();
                int count = file.Read(Position, buffer);
                Position += count;
                return count;
            }
        }

        public override long Seek(long offset, SeekOrigin origin) =>
            Position = offset + (origin == SeekOrigin.Begin ? 0 : origin == SeekOrigin.Current ? Position : Length);

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }
    }
}
