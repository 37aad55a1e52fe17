using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace PhantomDb.Benchmarks.Engines;

/// <summary>A file by the system's calls alone, as a program in C would have it: append, fdatasync. Linux only.</summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe partial class RawFile : IDisposable
{
    private const int WriteOnly = 1, Create = 0x40, Truncate = 0x200;   // O_WRONLY, O_CREAT, O_TRUNC

    private readonly int _file;

    public RawFile(string path)
    {
        _file = Open(path, WriteOnly | Create | Truncate, 0x180);
        Check(_file);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            Check(Write(_file, start, bytes.Length) - bytes.Length);
        }
    }

    public void Flush() => Check(SynchronizeData(_file));

    public void Dispose() => _ = Close(_file);

    private static void Check(nint result)
    {
        if (result < 0)
        {
            throw new EngineException("raw file", Marshal.GetLastPInvokeErrorMessage());
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int file, byte* bytes, nint count);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int SynchronizeData(int file);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
