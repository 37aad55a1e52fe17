namespace PhantomDb.Durability;

/// <summary>
/// What durability asks of a disk, so that tests can put one in its place that fails or loses power. Errors are
/// <see cref="PhantomDbException"/> with the path in them: 53100 where the disk is full, 42501 where it is forbidden,
/// 58P01 where a file to read is missing, 42809 where it is a pipe or a device, else 58030. All may be called from any thread.
/// </summary>
internal interface IFileSystem
{
    /// <summary>True where there is a file. An error, and not false, where that cannot be told.</summary>
    bool Exists(string path);

    bool FolderExists(string path);

    /// <summary>Bytes of a file.</summary>
    long Length(string path);

    /// <summary>When a file was last written, in UTC, as the system's clock had it.</summary>
    DateTime WrittenAt(string path);

    /// <summary>What tells the file under a name from others, or that there is none. Never an error.</summary>
    FileMark MarkOf(string path) => FileMark.Unknown;

    /// <summary>The file that a symbolic link leads to in the end, whether it is there or not; the path itself where it is none.</summary>
    string TargetOf(string path) => path;

    /// <summary>Opens a file for reading; seekable. It goes on reading that file, whatever becomes of the name, and sees what is appended.</summary>
    Stream OpenRead(string path);

    /// <summary>Makes a new file, in place of one that is there.</summary>
    IWritableFile Create(string path);

    /// <summary>Opens a file that is there, to write behind its end or to cut it.</summary>
    IWritableFile OpenWrite(string path);

    /// <summary>
    /// Puts a file at another name of the same folder, in place of one that is there, in one step. Two of them may last in
    /// any order, unless the folder is flushed between them.
    /// </summary>
    void Rename(string from, string to);

    /// <summary>Removes a file; nothing happens where there is none.</summary>
    void Delete(string path);

    /// <summary>Names of the files in a folder.</summary>
    IReadOnlyList<string> List(string folder);

    /// <summary>Makes a folder and those above it where they are missing, so that they last beyond a loss of power.</summary>
    void CreateFolder(string path);

    /// <summary>
    /// Locks a file that is there for this alone, made where it is missing, until the result is disposed of or the process
    /// ends, however that may be; then the file goes. What it holds tells others who has it: 55006 gives them that.
    /// </summary>
    IFileLock Lock(string path, string owner);

    /// <summary>Makes names that were added, changed or removed in a folder last beyond a loss of power.</summary>
    void FlushFolder(string path);
}

/// <summary>A file that is locked for its holder alone.</summary>
internal interface IFileLock : IDisposable
{
    /// <summary>False where the file was removed or renamed meanwhile: then another may hold one of that name.</summary>
    bool IsInPlace { get; }
}

/// <summary>A file that is being written, always at its end. For one thread at a time.</summary>
internal interface IWritableFile : IDisposable
{
    /// <summary>Bytes that were appended wholly, with those that were there. After a failed <see cref="Append"/> there may be more in the file.</summary>
    long Length { get; }

    /// <summary>Writes all of the bytes, or throws: then some of them may stand behind <see cref="Length"/>, and the next append writes over them.</summary>
    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Reads from an offset on what was written, whatever became of the file's name; gives how much: less only at the end.</summary>
    int Read(long offset, Span<byte> target);

    /// <summary>True while this is the name of this file, and not of another, or of none.</summary>
    bool IsAt(string path);

    /// <summary>
    /// Writes so many line feeds behind <see cref="Length"/>, which stays: appends write over them, and a flush of these need not put a new length on the disk.
    /// They stay in the file until it is cut. A file may do nothing.
    /// </summary>
    void Reserve(int count)
    {
    }

    /// <summary>Cuts the file to so many bytes, at most <see cref="Length"/>: with that length, what a failed append left goes, and what was reserved.</summary>
    void TruncateTo(long length);

    /// <summary>
    /// Returns when all that was appended is on the disk, or throws. Never to be tried again on the same file after an
    /// error: the system may have given up on the bytes that it could not write, and report success.
    /// </summary>
    void Flush();
}
