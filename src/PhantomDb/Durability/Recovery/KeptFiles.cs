using System.Globalization;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Recovery;

/// <summary>Keeps what another timeline needs from being replaced: a copy of the database file under a snapshot's name.</summary>
internal static class KeptFiles
{
    /// <summary>
    /// Copies the database file, with the seal beside it where it has one there, to a snapshot of the same LSN, unless there is one; a damaged one to a
    /// name with <c>.bad_</c>. Gives the copy; null where there is no database file of ours.
    /// </summary>
    public static string? KeepDatabaseFile(string path, IFileSystem files, DateTime now)
    {
        RecoveryPlan plan = new RecoveryPlanner(path, files).Plan();
        RecoveryBase? own = plan.Bases.FirstOrDefault(file => file.IsDatabaseFile);
        if (own is null)
        {
            return null;
        }
        bool isWhole = own.Header is not null && IsWhole(path, files);
        if (isWhole && plan.Bases.FirstOrDefault(file => !file.IsDatabaseFile && file.Header is not null && file.Lsn == own.Lsn && file.Timeline == own.Timeline) is { } same)
        {
            return same.Path;
        }
        string copy = NewName(isWhole ? $"{path[..^Path.GetExtension(path).Length]}_snapshot_{now.ToString("yyyyMMdd_HHmmss", CultureInfo.InvariantCulture)}"
            : string.Create(CultureInfo.InvariantCulture, $"{path}.{FilesSetAside.Bad}_{own.Lsn}"), files);
        string folder = Path.GetDirectoryName(path)!;
        // The seal first: a file without it would be read as one of others.
        if (new[] { DatabaseFileWriter.NewSealPath(path), DatabaseFileWriter.SealPath(path) }.FirstOrDefault(files.Exists) is { } seal)
        {
            FileCopy.Copy(files, seal, DatabaseFileWriter.SealPath(copy));
            files.FlushFolder(folder);
        }
        FileCopy.Copy(files, path, copy + ".new");
        try
        {
            files.Rename(copy + ".new", copy);
        }
        catch
        {
            LogSegmentWriter.TryDelete(files, copy + ".new");
            throw;
        }
        files.FlushFolder(folder);
        if (isWhole && !IsWhole(copy, files))
        {
            throw Error.FileDamaged(copy, "the copy is not what was copied", copy, null, null);
        }
        return copy;
    }

    private static string NewName(string name, IFileSystem files)
    {
        string free = name;
        for (int number = 2; files.Exists(free); number++)
        {
            free = string.Create(CultureInfo.InvariantCulture, $"{name}_{number}");
        }
        return free;
    }

    private static bool IsWhole(string path, IFileSystem files)
    {
        try
        {
            using Stream stream = files.OpenRead(path);
            if (SealedFile.IsSealed(stream))
            {
                SealedFile.Verify(stream, path);
                return true;
            }
            return SealedFile.VerifyBeside(files, stream, path) is not null;
        }
        catch (PhantomDbException error) when (error.SqlState is SqlStates.DataCorrupted or SqlStates.BadCopyFileFormat)
        {
            return false;
        }
    }
}
