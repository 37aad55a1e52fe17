using System.Globalization;

namespace PhantomDb.Benchmarks.Measuring;

/// <summary>A folder on a real disk for the time of a benchmark; what is made in it goes with it.</summary>
internal sealed class DiskFolder : IDisposable
{
    private static readonly string[] InMemory = ["tmpfs", "ramfs"];

    private int _count;

    /// <param name="parent">Null: the folder for temporary files.</param>
    public DiskFolder(string? parent)
    {
        string above = parent is null ? System.IO.Path.GetTempPath() : Directory.CreateDirectory(parent).FullName;
        Format = new DriveInfo(above).DriveFormat;
        if (InMemory.Contains(Format))
        {
            throw new UsageException($"{above} is in memory ({Format}), where a flush costs nothing: --data names a folder on a disk");
        }

        Path = Directory.CreateDirectory(System.IO.Path.Combine(above, $"phantomdb-{Guid.NewGuid():n}"[..18])).FullName;   // short, for the names of sockets
    }

    /// <summary>The file system's kind.</summary>
    public string Format { get; }

    public string Path { get; }

    /// <summary>A new folder in it.</summary>
    public string New() => Directory.CreateDirectory(System.IO.Path.Combine(Path, (++_count).ToString(CultureInfo.InvariantCulture))).FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
