using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace PhantomDb.Fuzz.Compare;

/// <summary>
/// A session of PostgreSQL: a psql process that is given one statement after the other. After each it echoes a line of its
/// own to both outputs, so that an answer's end is known; cells, rows and NULL are told apart by control characters.
/// </summary>
internal sealed class PsqlSession : IDisposable
{
    private const string CellSeparator = "\u001f";
    private const string RowSeparator = "\u001e";
    private const string Null = "\u0001";
    private const string End = "\u0002end\u0002";
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly Process _process;

    public PsqlSession(string psql, int port, string database)
    {
        var start = new ProcessStartInfo(psql)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            StandardInputEncoding = Utf8, StandardOutputEncoding = Utf8, StandardErrorEncoding = Utf8,
        };
        foreach (string argument in (string[])
            ["-X", "-w", "-h", "127.0.0.1", "-p", port.ToString(CultureInfo.InvariantCulture), "-U", "postgres", "-d", database, "-A",
                "-F", CellSeparator, "-R", RowSeparator, "-P", $"null={Null}", "-P", "footer=off", "-v", "VERBOSITY=verbose", "-v", "SHOW_CONTEXT=never"])
        {
            start.ArgumentList.Add(argument);
        }
        // Deadlocks are to be found before a step counts as waiting; messages are compared in English.
        start.Environment["PGOPTIONS"] = "-c timezone=UTC -c lc_messages=C -c client_min_messages=error -c deadlock_timeout=20ms -c statement_timeout=60s";
        start.Environment["PGCLIENTENCODING"] = "UTF8";
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{psql} does not start");
        Answer pid = Run("SELECT pg_backend_pid()");
        ProcessId = int.Parse(pid.Rows[0][0]!, CultureInfo.InvariantCulture);
    }

    /// <summary>The server's process of this session.</summary>
    public int ProcessId { get; }

    public Answer Run(string sql) => Send(sql).GetAwaiter().GetResult();

    /// <summary>Sends a statement; the answer before must have come.</summary>
    public async Task<Answer> Send(string sql)
    {
        await _process.StandardInput.WriteAsync($"{sql}\n;\n\\echo {End}\n\\warn {End}\n").ConfigureAwait(false);
        await _process.StandardInput.FlushAsync().ConfigureAwait(false);
        Task<string> errors = ReadToEnd(_process.StandardError);
        string output = await ReadToEnd(_process.StandardOutput).ConfigureAwait(false);
        return Parse(sql, output, await errors.ConfigureAwait(false));
    }

    public void Dispose()
    {
        try
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(2000))
            {
                _process.Kill();
            }
        }
        catch (IOException)
        {
            // The process has ended by itself.
        }
        _process.Dispose();
    }

    private static async Task<string> ReadToEnd(StreamReader reader)
    {
        var text = new StringBuilder();
        while (true)
        {
            string line = await reader.ReadLineAsync().ConfigureAwait(false)
                ?? throw new InvalidOperationException($"psql has ended: {text}");
            if (line == End)
            {
                return text.ToString();
            }
            text.Append(line).Append('\n');
        }
    }

    private static Answer Parse(string sql, string output, string errors)
    {
        int error = errors.IndexOf("ERROR:  ", StringComparison.Ordinal);
        if (error >= 0)
        {
            return new Answer([], [], null, ParseError(sql, errors[error..]));
        }
        output = output.TrimEnd('\n');
        int last = output.LastIndexOf('\n') + 1;
        string? tag = CommandTags.IsTag(output[last..]) ? output[last..] : null;
        if (tag is not null)
        {
            output = last == 0 ? "" : output[..(last - 1)];
        }
        if (output.Length == 0)
        {
            return new Answer([], [], tag, null);
        }
        string[] records = output.Split(RowSeparator);
        return new Answer(records[0].Split(CellSeparator), [.. records.Skip(1).Select(Cells)], tag, null);
    }

    private static string?[] Cells(string record) => [.. record.Split(CellSeparator).Select(cell => cell == Null ? null : cell)];

    /// <summary>"ERROR:  42P01: message", then lines that begin with DETAIL, HINT, "LINE n: text" and a caret below it, LOCATION.</summary>
    private static AnswerError ParseError(string sql, string text)
    {
        string[] lines = text.Split('\n');
        string state = lines[0].Substring(8, 5);
        string message = lines[0][15..];
        string? detail = null, hint = null, near = null;
        bool isMessage = true;
        for (int i = 1; i < lines.Length; i++)
        {
            string line = lines[i];
            if (line.StartsWith("LINE ", StringComparison.Ordinal) && i + 1 < lines.Length)
            {
                // A line with wide characters moves the caret: such a place is not compared.
                near = sql.Any(character => character > '~') ? null : Near(line, lines[++i].IndexOf('^', StringComparison.Ordinal));
            }
            else if (line.StartsWith("DETAIL:  ", StringComparison.Ordinal))
            {
                detail = line[9..];
            }
            else if (line.StartsWith("HINT:  ", StringComparison.Ordinal))
            {
                hint = line[7..];
            }
            isMessage &= !(line.StartsWith("LINE ", StringComparison.Ordinal) || line.Contains(":  ", StringComparison.Ordinal));
            message += isMessage && line.Length > 0 ? "\n" + line : "";
        }
        return new AnswerError(state, message, detail, hint, near);
    }

    private static string? Near(string line, int caret)
    {
        if (caret < 0 || caret >= line.Length)
        {
            return null;
        }
        string near = line[caret..];
        return near.Length > AnswerError.NearLength ? near[..AnswerError.NearLength] : near.TrimEnd('.');
    }
}
