using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PhantomDb.Durability;

/// <summary>
/// Whether a name is still that of an open file, or of the file that it was: .NET gives neither device nor inode. Where the system cannot tell, it is taken to be.
/// On Windows nobody can take the name away from a file that is open, as ours are.
/// </summary>
internal static partial class FileIdentity
{
    private const int StructSizeMax = 256;
    private const int CurrentFolder = -100;   // AT_FDCWD
    private const int EmptyPath = 0x1000;     // AT_EMPTY_PATH: the descriptor itself
    private const uint WantsType = 0x1;       // STATX_TYPE
    private const uint WantsInode = 0x100;    // STATX_INO
    private const uint WantsSize = 0x200;     // STATX_SIZE
    private const int NoSuchFile = 2, NotAFolder = 20;   // ENOENT, ENOTDIR, on Linux and macOS

    public static bool IsAt(SafeFileHandle file, string path)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
        {
            return true;
        }
        bool isHeld = false;
        try
        {
            file.DangerousAddRef(ref isHeld);
            return IsAt((int)file.DangerousGetHandle(), path);
        }
        catch (EntryPointNotFoundException)
        {
            return true;
        }
        finally
        {
            if (isHeld)
            {
                file.DangerousRelease();
            }
        }
    }

    /// <summary>What stands under a name. Never an error: what cannot be told is not known.</summary>
    public static FileMark MarkOf(string path)
    {
        try
        {
            Span<byte> named = stackalloc byte[StructSizeMax];
            if (OperatingSystem.IsLinux())
            {
                return StatX(CurrentFolder, path, 0, WantsInode | WantsSize, named) == 0 ? Mark(OnLinux(named), named[40..]) : IsMissing() ? FileMark.None : FileMark.Unknown;
            }
            if (OperatingSystem.IsMacOS())
            {
                return Stat(path, named) == 0 ? Mark(OnMac(named), named[96..]) : IsMissing() ? FileMark.None : FileMark.Unknown;
            }
            FileInfo file = new(path);
            return file.Exists ? new FileMark(file.Length, 0, 0) : FileMark.None;
        }
        catch (Exception error) when (error is EntryPointNotFoundException or IOException or UnauthorizedAccessException)
        {
            return FileMark.Unknown;
        }
    }

    /// <summary>True for a pipe, a socket, a device: what is neither a file nor a folder. Never an error: false where nothing is there or it cannot be told.</summary>
    public static bool IsPipeOrDevice(string path)
    {
        const int TypeMask = 0xF000, File = 0x8000, Folder = 0x4000;   // S_IFMT, S_IFREG, S_IFDIR
        Span<byte> named = stackalloc byte[StructSizeMax];
        try
        {
            // The mode: at 28 of struct statx, at 4 of macOS's struct stat.
            int? type = OperatingSystem.IsLinux() ? StatX(CurrentFolder, path, 0, WantsType, named) == 0 ? MemoryMarshal.Read<ushort>(named[28..]) & TypeMask : null
                : OperatingSystem.IsMacOS() && Stat(path, named) == 0 ? MemoryMarshal.Read<ushort>(named[4..]) & TypeMask : null;
            return type is not (null or File or Folder);
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
    }

    private static FileMark Mark((ulong Inode, ulong Device) identity, ReadOnlySpan<byte> length) => new(MemoryMarshal.Read<long>(length), identity.Inode, identity.Device);

    private static bool IsAt(int file, string path)
    {
        Span<byte> open = stackalloc byte[StructSizeMax], named = stackalloc byte[StructSizeMax];
        if (OperatingSystem.IsLinux())
        {
            if (StatX(file, "", EmptyPath, WantsInode, open) != 0)
            {
                return true;
            }
            return StatX(CurrentFolder, path, 0, WantsInode, named) == 0 ? OnLinux(open) == OnLinux(named) : !IsMissing();
        }
        if (StatOpen(file, open) != 0)
        {
            return true;
        }
        return Stat(path, named) == 0 ? OnMac(open) == OnMac(named) : !IsMissing();
    }

    // A folder that may not be looked into says nothing of its files.
    private static bool IsMissing() => Marshal.GetLastPInvokeError() is NoSuchFile or NotAFolder;

    // struct statx: the same on all processors. stx_ino at 32, stx_size at 40, stx_dev_major and stx_dev_minor from 136.
    private static (ulong Inode, ulong Device) OnLinux(ReadOnlySpan<byte> status) =>
        (MemoryMarshal.Read<ulong>(status[32..]), MemoryMarshal.Read<ulong>(status[136..]));

    // struct stat with 64-bit inodes: st_dev at 0, st_ino at 8, st_size at 96.
    private static (ulong Inode, ulong Device) OnMac(ReadOnlySpan<byte> status) =>
        (MemoryMarshal.Read<ulong>(status[8..]), MemoryMarshal.Read<uint>(status));

    private static int StatOpen(int file, Span<byte> status) =>
        RuntimeInformation.ProcessArchitecture == Architecture.X64 ? StatOpenInode64(file, status) : StatOpenPlain(file, status);

    private static int Stat(string path, Span<byte> status) =>
        RuntimeInformation.ProcessArchitecture == Architecture.X64 ? StatInode64(path, status) : StatPlain(path, status);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, Span<byte> status);

    [LibraryImport("libc", EntryPoint = "fstat", SetLastError = true)]
    private static partial int StatOpenPlain(int file, Span<byte> status);

    [LibraryImport("libc", EntryPoint = "stat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatPlain(string path, Span<byte> status);

    // On processors of Intel's the plain names are those of an older struct.
    [LibraryImport("libc", EntryPoint = "fstat$INODE64", SetLastError = true)]
    private static partial int StatOpenInode64(int file, Span<byte> status);

    [LibraryImport("libc", EntryPoint = "stat$INODE64", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatInode64(string path, Span<byte> status);
}
