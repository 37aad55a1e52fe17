using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using PhantomDb.Shell.Output;

namespace PhantomDb.Shell.Tools;

/// <summary><c>phantomdb log</c>: prints the records of a log, as they stand in it or as rows, and follows it.</summary>
internal static class LogTool
{
    private const int Interrupted = 128 + 2;   // as a shell reports SIGINT
    private static readonly TimeSpan LookPause = TimeSpan.FromMilliseconds(250);
    private static readonly string[] TimeFormats =
    [
        "yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss.FFFFFF",
        "yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ss", "yyyy-MM-ddTHH:mm:ss.FFFFFF",
    ];

    public static readonly ToolCommand Log = new("log", "NAME", "Prints the transaction log of a database, over all of its segments, each record verified.",
        """
        NAME is a name in the data directory, or a path of a .db file. Nothing is locked: it can be used while the database is open.
        A line is: LSN, time (UTC), transaction, part of how many, operation, table, values; -> stands between the rows before and after an UPDATE.
        TIME is UTC: 2026-11-21, 2026-11-21 12:00:03.120451, or with T; a Z at the end may be there. Bounds are included.
        What is damaged ends it with an error, behind all that stands before it; a torn end is told on standard error.
        Exit codes: 0, 1 an error or damage, 2 wrong usage, 130 ended by Ctrl-C.
        """,
        [
            new(["--follow", "-F"], null, "wait for more at the end, over rotations, until Ctrl-C, or until nobody reads the output"),
            new(["--table", "-t"], "TABLE", "records about this table alone"),
            new(["--tx", "-x"], "N", "records of this transaction alone"),
            new(["--from"], "TIME", "from this time on"),
            new(["--to"], "TIME", "up to this time"),
            new(["--lsn"], "N[-M]", "from LSN N on, up to M; -M up to M, N- as N; =N that one alone"),
            new(["--csv"], null, "as CSV with a header; rows before and after as arrays in PostgreSQL's text"),
            new(["--mode", "-m"], "MODE", $"as rows in one of the modes: {OutputModes.List}"),
        ], Run);

    private static int Run(ToolRun run)
    {
        if (run.Has("--csv") && run.HasMode && run.Mode != OutputMode.Csv)
        {
            throw new UsageException("--csv is a mode: give it or --mode");
        }
        bool isFollowing = run.Has("--follow");
        (long? fromLsn, long? toLsn) = Lsns(run.Value("--lsn"));
        using CancellationTokenSource stop = new();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
        bool isLeft = false;   // by who reads the output, say head; it would be noticed only when there is more to write
        using Timer? watch = !isFollowing ? null : new Timer(
            _ =>
            {
                if (StandardStreams.IsOutputLeft())
                {
                    isLeft = true;
                    stop.Cancel();
                }
            },
            null, LookPause, LookPause);
        string? tornEnd = null;
        bool isAny;
        LogReadOptions selection = new()
        {
            FromLsn = fromLsn, ToLsn = toLsn, FromTime = Time(run, "--from"), ToTime = Time(run, "--to"),
            Table = run.Value("--table"), TransactionId = Number(run, "--tx"), IsFollowing = isFollowing, TornEnd = text => tornEnd = text,
            MissingRecords = (first, last) => run.Report(string.Create(CultureInfo.InvariantCulture, $"WARNING: the log has no records from LSN {first} to {last}: a segment is gone, or cannot be read")),
            PutBack = (lsn, timeline) => run.Report(string.Create(CultureInfo.InvariantCulture, $"NOTICE: the database was put back to LSN {lsn}, and goes on with timeline {timeline}")),
            DamagedHeader = text => run.Report($"WARNING: {text}; its records are whole where they are shown"),
        };
        try
        {
            using IEnumerator<LogRecord> records = DatabaseTools.ReadLog(run.Argument, selection, run.Options, stop.Token).GetEnumerator();
            var rows = new LogRows(records, isFollowing ? run.Output : null);
            OutputMode? mode = run.Has("--csv") ? OutputMode.Csv : run.HasMode ? run.Mode : null;
            if (mode is { } given)
            {
                RowWriter.Create(given, RowView.Whole).Write(rows, run.Output);
            }
            else
            {
                while (rows.Read())
                {
                    run.Output.WriteLine(records.Current.ToString());
                }
            }
            isAny = rows.IsAny;
        }
        catch (OperationCanceledException)
        {
            isAny = true;
        }
        if (stop.IsCancellationRequested)
        {
            return isLeft ? 0 : Interrupted;
        }
        if (tornEnd is not null)
        {
            run.Inform($"NOTICE: {tornEnd}: being written, or left by a crash");
        }
        if (!isAny)
        {
            run.Inform($"NOTICE: no record of the log is what was asked for: {WhatThereIs(run)}");
        }
        return 0;
    }

    private static string WhatThereIs(ToolRun run)
    {
        if (First(run, new LogReadOptions()) is not { } first)
        {
            return "the log has none";
        }
        LogRecord last = Last(run, first);
        string text = string.Create(CultureInfo.InvariantCulture, $"it has LSN {first.Lsn} to {last.Lsn}, {first.Time:yyyy-MM-dd HH:mm:ss.ffffff} to {last.Time:yyyy-MM-dd HH:mm:ss.ffffff} UTC");
        return run.Value("--table") is { } table && First(run, new LogReadOptions { Table = table }) is null ? $"{text}, and none of these is about a table {table}" : text;
    }

    // Read from the newest segment's beginning, or the record before that. Segments of timelines that were left may have higher LSNs, but are not the log's.
    private static LogRecord Last(ToolRun run, LogRecord first)
    {
        DatabaseFileReport? newest = DatabaseTools.Files(run.Argument, run.Options).Where(file => file.Kind == DatabaseFileKind.LogSegment && file.FirstLsn is not null)
            .MaxBy(file => (file.Timeline, file.FirstLsn));
        return Read(run, new LogReadOptions { FromLsn = Math.Max(first.Lsn, newest?.FirstLsn - 1 ?? 0) }).LastOrDefault(first);
    }

    private static LogRecord? First(ToolRun run, LogReadOptions selection) => Read(run, selection).FirstOrDefault();

    private static IEnumerable<LogRecord> Read(ToolRun run, LogReadOptions selection) =>
        DatabaseTools.ReadLog(run.Argument, selection with { MissingRecords = (_, _) => { }, DamagedHeader = _ => { } }, run.Options);

    private static DateTime? Time(ToolRun run, string option)
    {
        if (run.Value(option) is not { } text)
        {
            return null;
        }
        return DateTime.TryParseExact(text.TrimEnd('Z'), TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime time)
            ? time : throw new UsageException($"{option} is a time in UTC, such as 2026-11-21 or \"2026-11-21 12:00:03.5\", not {text}");
    }

    private static long? Number(ToolRun run, string option) => run.Value(option) is not { } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : throw new UsageException($"{option} is a number, not {text}");

    private static (long? From, long? To) Lsns(string? text)
    {
        if (text is null)
        {
            return (null, null);
        }
        string[] ends = text.StartsWith('=') ? [text[1..], text[1..]] : text.Split('-');
        long? from = null, to = null;
        bool isGood = ends.Length is 1 or 2 && TryLsn(ends[0], out from) && (ends.Length == 1 || TryLsn(ends[1], out to)) && (from ?? to) is not null;
        if (isGood && from > to)
        {
            throw new UsageException($"--lsn {text} is an empty range: the first comes first");
        }
        return isGood ? (from, to) : throw new UsageException($"--lsn is a log sequence number or a range of them, such as 1201, 1201-1300 or =1201, not {text}");

        static bool TryLsn(string end, out long? lsn)
        {
            bool isNumber = long.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out long number);
            lsn = isNumber ? number : null;
            return isNumber || end.Length == 0;
        }
    }

    /// <summary>Records as rows; where it follows a log, what was written is shown before it waits for more.</summary>
    private sealed class LogRows(IEnumerator<LogRecord> records, OutputSink? flushed) : RowSource
    {
        public override IReadOnlyList<RowColumn> Columns { get; } =
        [
            new("lsn", ColumnKind.Number), new("time", ColumnKind.Text), new("transaction", ColumnKind.Number), new("part", ColumnKind.Number),
            new("parts", ColumnKind.Number), new("operation", ColumnKind.Text), new("table", ColumnKind.Text), new("before", ColumnKind.Text),
            new("after", ColumnKind.Text), new("values", ColumnKind.Text),
        ];

        public bool IsAny { get; private set; }

        public override bool Read()
        {
            flushed?.Flush();
            bool isRecord = records.MoveNext();
            IsAny |= isRecord;
            return isRecord;
        }

        public override bool IsNull(int column) => column switch
        {
            6 => records.Current.Table is null,
            7 => records.Current.Before is null,
            8 => records.Current.After is null,
            9 => records.Current.Values.Count == 0,
            _ => false,
        };

        public override void WriteText(int column, IBufferWriter<byte> output)
        {
            LogRecord record = records.Current;
            string text = column switch
            {
                0 => record.Lsn.ToString(CultureInfo.InvariantCulture),
                1 => record.Time.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
                2 => record.TransactionId.ToString(CultureInfo.InvariantCulture),
                3 => record.Part.ToString(CultureInfo.InvariantCulture),
                4 => record.PartCount.ToString(CultureInfo.InvariantCulture),
                5 => record.Operation,
                6 => record.Table!,
                7 => ArrayText(record.Before!),
                8 => ArrayText(record.After!),
                _ => ArrayText(record.Values),
            };
            Encoding.UTF8.GetBytes(text, output);
        }

        // As PostgreSQL prints text[].
        private static string ArrayText(IReadOnlyList<string?> values) => $"{{{string.Join(',', values.Select(value => value switch
        {
            null => "NULL",
            _ when value.Length == 0 || value.Equals("null", StringComparison.OrdinalIgnoreCase) || value.Any(c => char.IsWhiteSpace(c) || c is '"' or '\\' or ',' or '{' or '}') =>
                $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"",
            _ => value,
        }))}}}";
    }
}
