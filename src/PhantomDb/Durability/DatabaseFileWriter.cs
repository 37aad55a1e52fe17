using PhantomDb.Catalog;

namespace PhantomDb.Durability;

/// <summary>
/// Writes database files (docs/file-formats.md), and puts them in place of older ones in one step: written beside, flushed,
/// opened again and checked, renamed, the folder flushed. Nothing that was there goes before what replaces it has been
/// read back. Content that is there already is left alone.
/// </summary>
internal static class DatabaseFileWriter
{
    private const string AttributesFile = ".gitattributes";
    private const string SealSuffix = ".seal";

    /// <summary>Writes the file; false where one with the same content was there.</summary>
    public static bool Write(DatabaseContent content, string path, DatabaseFileOptions? options = null, IFileSystem? fileSystem = null) =>
        Save(content, path, options, fileSystem).IsNew;

    /// <summary>Writes the file, or leaves one with the same content alone, and tells where what stands in it.</summary>
    public static WrittenFile Save(DatabaseContent content, string path, DatabaseFileOptions? options = null, IFileSystem? fileSystem = null)
    {
        options ??= DatabaseFileOptions.Default;
        IFileSystem files = fileSystem ?? PhysicalFileSystem.Instance;
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string newPath = path + ".new";
        string newSealPath = NewSealPath(path);
        files.CreateFolder(folder);
        FinishInterruptedSave(files, path, folder);
        bool isRenaming = false;
        try
        {
            FileHeader header = new(content.DatabaseName, options.GeneratedAt, content.Id, content.Timeline, content.Lsn) { History = content.History };
            WrittenFile written = WriteFile(content, header, options, files, newPath);
            FileSeal seal = written.Seal;
            CheckWritten(files, newPath, header, options, seal);
            if (!options.IsHeaderNew && FindUnchanged(files, path, newPath, options) is { } unchanged)
            {
                files.Delete(newPath);
                files.FlushFolder(folder);   // or a rename whose flush failed would count as saved
                return written with { Path = path, HeaderLength = unchanged.HeaderLength, HeaderLsn = unchanged.Lsn, IsNew = false };
            }
            WriteAttributes(files, folder);
            // A file without its seal is read without checks and has lost its identity, and one with another's is refused. So at
            // every moment the seal that fits stands beside an unsealed file, under its name or as NAME.db.seal.new; the folder is
            // flushed between the steps, or they might last in another order.
            if (!options.Sealed)
            {
                WriteSealFile(files, newSealPath, header, seal);
                files.FlushFolder(folder);
            }
            isRenaming = true;
            files.Rename(newPath, path);
            written = written with { Path = path };
            files.FlushFolder(folder);
            if (!options.Sealed)
            {
                files.Rename(newSealPath, SealPath(path));
                files.FlushFolder(folder);
            }
            else if (files.Exists(SealPath(path)))
            {
                files.Delete(SealPath(path));
                files.FlushFolder(folder);
            }
            return written;
        }
        catch
        {
            bool isNotRenamed = TryDelete(files, newPath);
            if (isNotRenamed || !isRenaming)   // else the new file may be the one that lasts, and needs its seal
            {
                TryDelete(files, newSealPath);
            }
            throw;
        }
    }

    /// <summary>Writes a sealed file where there is none, and reads it back. Its name lasts when the folder has been flushed.</summary>
    public static FileSeal WriteNew(DatabaseContent content, FileHeader header, IFileSystem files, string path)
    {
        FileSeal seal = WriteFile(content, header, DatabaseFileOptions.Default, files, path).Seal;
        CheckWritten(files, path, header, DatabaseFileOptions.Default, seal);
        return seal;
    }

    /// <summary>Where the seal of an unsealed file stands.</summary>
    public static string SealPath(string path) => path + SealSuffix;

    /// <summary>Where it stands while the file is being replaced.</summary>
    public static string NewSealPath(string path) => SealPath(path) + ".new";

    // Between the file and its seal: the seal comes to its place before another one is written over it.
    private static void FinishInterruptedSave(IFileSystem files, string path, string folder)
    {
        if (!files.Exists(NewSealPath(path)))
        {
            return;
        }
        bool isFitting = false;
        if (files.Exists(path))
        {
            using Stream stream = files.OpenRead(path);
            isFitting = !SealedFile.IsSealed(stream) && SealedFile.IsSealFitting(files, NewSealPath(path), stream);
        }
        if (!isFitting)
        {
            files.Delete(NewSealPath(path));
            return;
        }
        files.FlushFolder(folder);
        files.Rename(NewSealPath(path), SealPath(path));
        files.FlushFolder(folder);
    }

    /// <summary>Writes a file and flushes it. It is not believed, nor has it its name, before <see cref="CheckWritten"/>.</summary>
    public static WrittenFile WriteFile(DatabaseContent content, FileHeader header, DatabaseFileOptions options, IFileSystem files, string path)
    {
        using IWritableFile file = new PacedFile(files.Create(path), options.AfterPiece);
        var output = new FileOutput(file);
        output.Append(options.Sealed ? header.ToSealedText() : header.ToUnsealedText());
        long headerLength = 0;
        if (options.Sealed)
        {
            headerLength = output.Offset;
            output.Restart();   // the header has its own checksum
        }
        var writer = new SectionWriter(content, output, options.Sealed);
        var seal = new FileSeal(writer.WriteAll(), output.Offset, output.Crc);
        if (options.Sealed)
        {
            output.Append(seal.ToText());
        }
        output.FlushBuffer();
        file.Flush();
        return new WrittenFile(path, headerLength, content.Lsn, seal, writer.Tables) { Length = file.Length, HeaderLsn = content.Lsn };
    }

    /// <summary>Reads back what was written, to its last byte.</summary>
    public static void CheckWritten(IFileSystem files, string path, FileHeader header, DatabaseFileOptions options, FileSeal seal)
    {
        Stream opened = files.OpenRead(path);
        using Stream stream = options.AfterPiece is { } afterPiece ? new PacedReads(opened, afterPiece) : opened;
        if (!options.Sealed)
        {
            SealedFile.VerifyBeside(stream, path, header, seal);
        }
        else if (SealedFile.Verify(stream, path).Seal.ToText() != seal.ToText())
        {
            throw Errors.Error.FileDamaged(path, "what was read back is not what was written", path, null, null);
        }
    }

    // Byte by byte but for the header, whose time is always another. A file that is damaged or cannot be read counts as changed: what is in memory
    // is the better copy.
    private static (long HeaderLength, long Lsn)? FindUnchanged(IFileSystem files, string path, string newPath, DatabaseFileOptions options)
    {
        if (!files.Exists(path) || files.Exists(SealPath(path)) == options.Sealed)
        {
            return null;
        }
        using Stream old = files.OpenRead(path), made = files.OpenRead(newPath);
        try
        {
            if (options.Sealed)
            {
                if (!SealedFile.IsSealed(old))
                {
                    return null;
                }
                SealedFile oldFile = SealedFile.Verify(old, path);
                SealedFile newFile = SealedFile.Verify(made, newPath);
                old.Position = oldFile.HeaderLength;
                made.Position = newFile.HeaderLength;
                return oldFile.Seal.Length == newFile.Seal.Length && HaveSameBytes(old, made) ? (oldFile.HeaderLength, oldFile.Header.Lsn) : null;
            }
            (FileHeader? header, FileSeal? seal) = SealedFile.ReadBeside(files, SealPath(path));
            SealedFile.VerifyBeside(old, path, header, seal);
            old.Position = 0;
            return HaveSameBytes(old, made) ? (0, header!.Lsn) : null;
        }
        catch (PhantomDbException error) when (error.SqlState is Errors.SqlStates.DataCorrupted or Errors.SqlStates.IoError)
        {
            return null;
        }
    }

    private static bool HaveSameBytes(Stream left, Stream right)
    {
        byte[] leftBytes = GC.AllocateUninitializedArray<byte>(1 << 16), rightBytes = GC.AllocateUninitializedArray<byte>(1 << 16);
        while (true)
        {
            int count = left.ReadAtLeast(leftBytes, leftBytes.Length, throwOnEndOfStream: false);
            int other = right.ReadAtLeast(rightBytes, rightBytes.Length, throwOnEndOfStream: false);
            if (!leftBytes.AsSpan(0, count).SequenceEqual(rightBytes.AsSpan(0, other)))
            {
                return false;
            }
            if (count == 0)
            {
                return true;
            }
        }
    }

    private static void WriteSealFile(IFileSystem files, string path, FileHeader header, FileSeal seal) =>
        WriteText(files, path, header.ToSealedText() + seal.ToText());

    // A help for those who use git; whoever does not can save where it cannot be written.
    private static void WriteAttributes(IFileSystem files, string folder)
    {
        string path = Path.Combine(folder, AttributesFile);
        string newPath = path + ".new";
        if (files.Exists(path))
        {
            return;
        }
        try
        {
            WriteText(files, newPath, "# Database files have checksums: their line ends must stay as they are.\n*.db -text\n*.db.seal -text\n");
            files.Rename(newPath, path);
        }
        catch (PhantomDbException)
        {
            TryDelete(files, newPath);
        }
    }

    private static void WriteText(IFileSystem files, string path, string text)
    {
        using IWritableFile file = files.Create(path);
        file.Append(System.Text.Encoding.UTF8.GetBytes(text));
        file.Flush();
    }

    // False where there was nothing to delete, or it failed.
    private static bool TryDelete(IFileSystem files, string path)
    {
        try
        {
            if (files.Exists(path))
            {
                files.Delete(path);
                return true;
            }
        }
        catch (PhantomDbException)
        {
            // The error that led here is the one to tell; what is left over is overwritten by the next save.
        }
        return false;
    }
}
