using PhantomDb.Errors;
using PhantomDb.Planning.Logical;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Copy;

/// <summary>Carries out COPY: between a table or query and a file, or the stream that the session's user has given.</summary>
internal sealed class CopyRunner(StatementScope scope)
{
    private const int FileBufferSize = 128 * 1024;

    /// <summary>COPY … FROM, within a transaction that has begun writing.</summary>
    public StatementResult From(CopyFromCommand copy, Stream? standardInput, Action<long>? progress)
    {
        Stream stream = copy.FileName is null
            ? standardInput ?? throw Error.NoCopyStream("COPY FROM STDIN", "CopyFrom", "CopyInput")
            : OpenFile(copy.FileName, FileMode.Open, FileAccess.Read);
        try
        {
            CopyInput input = new(copy, stream, progress);
            scope.VirtualTables = input;
            ModificationRunner runner = new(scope);
            try
            {
                runner.Run(scope.PlanOf(CopyInput.PlanOf(copy)));
            }
            catch (PhantomDbException error) when (error.ChunkPosition >= 0)
            {
                throw input.Placed(error);
            }
            return new StatementResult(StatementRunner.TagOf("COPY", runner.RowCount)) { RowsAffected = runner.RowCount };
        }
        finally
        {
            if (copy.FileName is not null)
            {
                stream.Dispose();
            }
        }
    }

    /// <summary>COPY … TO.</summary>
    public StatementResult To(CopyToCommand copy, Stream? standardOutput)
    {
        Stream stream = copy.FileName is null
            ? standardOutput ?? throw Error.NoCopyStream("COPY TO STDOUT", "CopyTo", "CopyOutput")
            : OpenFile(copy.FileName, FileMode.Create, FileAccess.Write);
        long rowCount = 0;
        try
        {
            CopyOutput output = new(stream, copy.Options, copy.Columns, scope.Statement);
            output.WriteHeader();
            QueryExecution execution = scope.Run(copy.Plan, copy.Columns);
            while (execution.Next() is { } chunk)
            {
                output.Write(chunk);
                rowCount += chunk.Count;
            }
            output.Flush();
        }
        finally
        {
            if (copy.FileName is not null)
            {
                stream.Dispose();
            }
        }
        return new StatementResult(StatementRunner.TagOf("COPY", rowCount)) { RowsAffected = rowCount };
    }

    private static FileStream OpenFile(string name, FileMode mode, FileAccess access)
    {
        string purpose = access == FileAccess.Read ? "reading" : "writing";
        try
        {
            return new FileStream(name, mode, access, FileShare.Read, FileBufferSize, FileOptions.SequentialScan);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PhantomDbException(SqlStates.UndefinedFile, $"could not open file \"{name}\" for {purpose}: no such file or directory", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new PhantomDbException(SqlStates.IoError, $"could not open file \"{name}\" for {purpose}: {error.Message}", error);
        }
    }
}
