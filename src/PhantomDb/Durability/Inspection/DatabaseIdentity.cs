using PhantomDb.Durability.Log;

namespace PhantomDb.Durability.Inspection;

/// <summary>Which database a file says that it is of. A name may be anybody's.</summary>
internal static class DatabaseIdentity
{
    /// <summary>Null for a file that says nothing of it: no segment, sealed file or manifest, or its first lines are damaged.</summary>
    public static Guid? Of(string path, IFileSystem files)
    {
        if (path.EndsWith(LogManifest.Ending, StringComparison.Ordinal))
        {
            return LogManifest.Read(path, files, out _)?.Id;
        }
        using Stream stream = files.OpenRead(path);
        byte[] start = new byte[(int)Math.Min(stream.Length, LogHeader.LengthMax)];
        stream.ReadExactly(start);
        return LogHeader.TryParse(start, out _)?.Id ?? (SealedFile.IsSealed(stream) ? SealedFile.ReadHeader(stream)?.Id : null);
    }
}
