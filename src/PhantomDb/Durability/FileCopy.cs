using PhantomDb.Durability.Log;

namespace PhantomDb.Durability;

/// <summary>Copies bytes of a file to a new one, and flushes that; its name is the caller's to flush. Leaves no part of a copy behind: it would take the room that a full disk lacks.</summary>
internal static class FileCopy
{
    private const int BufferSize = 1 << 16;
    private const long UnflushedMax = 4 << 20;   // or the log's flushes would wait behind all of it

    public static void Copy(IFileSystem files, string path, string target, long offset = 0, long? end = null)
    {
        using Stream source = files.OpenRead(path);
        source.Position = offset;
        try
        {
            CopyAll(files, source, target, (end ?? long.MaxValue) - offset);
        }
        catch
        {
            LogSegmentWriter.TryDelete(files, target);
            throw;
        }
    }

    private static void CopyAll(IFileSystem files, Stream source, string target, long left)
    {
        using IWritableFile copy = files.Create(target);
        byte[] buffer = new byte[BufferSize];
        long unflushed = 0;
        for (int read = Read(); read > 0; read = Read())
        {
            copy.Append(buffer.AsSpan(0, read));
            unflushed += read;
            if (unflushed >= UnflushedMax)
            {
                copy.Flush();
                unflushed = 0;
            }
        }
        copy.Flush();

        int Read()
        {
            int read = source.Read(buffer, 0, (int)Math.Min(buffer.Length, left));
            left -= read;
            return read;
        }
    }
}
