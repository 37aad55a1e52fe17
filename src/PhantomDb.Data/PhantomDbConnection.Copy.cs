namespace PhantomDb.Data;

// COPY, between tables and streams of the program.
public sealed partial class PhantomDbConnection
{
    /// <summary>Runs <c>COPY … FROM STDIN</c> with the bytes of a stream; gives the rows that it had.</summary>
    /// <param name="statement">A single COPY statement. Its options say how the bytes are meant: CSV, HEADER, DELIMITER, NULL …</param>
    /// <param name="input">UTF-8, read up to its end on the calling thread; it is not closed.</param>
    /// <exception cref="ArgumentException">It is no such statement.</exception>
    /// <exception cref="PhantomDbException">A line does not fit; none has been taken then. <c>Where</c> has line and column.</exception>
    public long CopyFrom(string statement, Stream input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Completion.Done(Copy(statement, "STDIN", input, null, isAsync: false, CancellationToken.None));
    }

    /// <summary>Runs <c>COPY … TO STDOUT</c>, of a table or a query, into a stream; gives the rows that were written.</summary>
    /// <param name="statement">A single COPY statement. Its options say how the bytes are meant: CSV, HEADER, DELIMITER, NULL …</param>
    /// <param name="output">UTF-8 is written to it on the calling thread; it is not closed. After an error it has what had been written by then.</param>
    /// <exception cref="ArgumentException">It is no such statement.</exception>
    public long CopyTo(string statement, Stream output)
    {
        ArgumentNullException.ThrowIfNull(output);
        return Completion.Done(Copy(statement, "STDOUT", null, output, isAsync: false, CancellationToken.None));
    }

    /// <summary>As <see cref="CopyFrom"/>, on another thread. The token ends it with an <see cref="OperationCanceledException"/>, and no row has been taken; a read that waits for its bytes is waited for.</summary>
    public Task<long> CopyFromAsync(string statement, Stream input, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Task.Run(() => Copy(statement, "STDIN", input, null, isAsync: true, cancellationToken).AsTask(), cancellationToken);
    }

    /// <summary>As <see cref="CopyTo"/>, on another thread. The token ends it with an <see cref="OperationCanceledException"/>; a write that waits is waited for.</summary>
    public Task<long> CopyToAsync(string statement, Stream output, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(output);
        return Task.Run(() => Copy(statement, "STDOUT", null, output, isAsync: true, cancellationToken).AsTask(), cancellationToken);
    }

    private async ValueTask<long> Copy(string statement, string end, Stream? input, Stream? output, bool isAsync, CancellationToken token)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(statement);
        EnsureIdle();
        if (StatementText.Split(statement) is not [{ Text: { } text }] || FirstWord.Of(text) != "COPY" || !text.Contains(end, StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException($"A single statement COPY … {(input is null ? "TO" : "FROM")} {end} is expected.", nameof(statement));
        }
        (Session.CopyInput, Session.CopyOutput) = (input, output);
        try
        {
            using PhantomDbCommand command = new(statement, this);
            return isAsync ? await command.ExecuteNonQueryAsync(token).ConfigureAwait(false) : command.ExecuteNonQuery();
        }
        finally
        {
            if (_session is not null)
            {
                (_session.CopyInput, _session.CopyOutput) = (null, null);
            }
        }
    }
}
