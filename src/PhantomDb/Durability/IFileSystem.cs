namespace PhantomDb.Durability;

/// <summary>
/// What durability asks of a disk, so that tests can put one in its place that fails or loses power. Errors are
/// <see cref="PhantomDbException"/> with the path in them.
/// </summary>
internal interface IFileSystem
{
    bool Exists(string path);

    /// <summary>Opens a file for reading; seekable.</summary>
    Stream OpenRead(string path);

    /// <summary>Makes a new file, in place of one that is there.</summary>
    IWritableFile Create(string path);

    /// <summary>Puts a file at another name of the same folder, in place of one that is there, in one step.</summary>
    void Rename(string from, string to);

    void Delete(string path);

    /// <summary>Names of the files in a folder.</summary>
    IReadOnlyList<string> List(string folder);

    void CreateFolder(string path);

    /// <summary>
    /// Locks a file that is there for this alone, made where it is missing, until the result is disposed of or the process
    /// ends, however that may be; then the file goes. What it holds tells others who has it: 55006 gives them that.
    /// </summary>
    IDisposable Lock(string path, string owner);

    /// <summary>Makes names that were added, changed or removed in a folder last beyond a loss of power.</summary>
    void FlushFolder(string path);
}

/// <summary>A file that is being written from its start to its end.</summary>
internal interface IWritableFile : IDisposable
{
    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Returns when all that was appended is on the disk, or throws. Never to be tried again after an error.</summary>
    void Flush();
}
