namespace PhantomDb;

/// <summary>How far a long reading or writing of one of a database's files is, for a person who waits. A file may be read more than once: to prove it, then to load it.</summary>
/// <param name="Path">The file, by the name that it has, or will have when it is written.</param>
/// <param name="IsWriting">True while it is written, false while it is read.</param>
/// <param name="Position">Bytes from its beginning that are behind.</param>
/// <param name="Length">Bytes of the file; null while it is written, since nobody knows.</param>
public readonly record struct FileProgress(string Path, bool IsWriting, long Position, long? Length);
