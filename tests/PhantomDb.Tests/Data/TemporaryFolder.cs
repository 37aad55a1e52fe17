namespace PhantomDb.Tests.Data;

/// <summary>A folder that is there for one test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("phantomdb-data-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
