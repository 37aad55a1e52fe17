using System.Diagnostics;
using System.Text.RegularExpressions;

namespace PhantomDb.SqlLogicTests;

/// <summary>Runs one script over one connection and compares what it gives with what the script expects.</summary>
public sealed class SltRunner
{
    private readonly SltFile _file;
    private readonly ISqlConnection _connection;
    private readonly SltRunOptions _options;
    private readonly Dictionary<string, string> _hashesByLabel = [];
    private readonly SltReport _report;
    private bool _stopped;

    private SltRunner(SltFile file, ISqlConnection connection, SltRunOptions options)
    {
        _file = file;
        _connection = connection;
        _options = options;
        _report = new SltReport(file.Path);
    }

    public static SltReport Run(SltFile file, ISqlConnection connection, SltRunOptions? options = null) =>
        new SltRunner(file, connection, options ?? new SltRunOptions()).Run();

    private SltReport Run()
    {
        var watch = Stopwatch.StartNew();
        using var deadline = new CancellationTokenSource();
        if (_options.TimeLimit is { } limit)
        {
            deadline.CancelAfter(limit);
        }

        foreach (var record in _file.Records)
        {
            if (_stopped)
            {
                break;
            }

            RunRecord(record, deadline.Token);
        }

        _report.Elapsed = watch.Elapsed;
        return _report;
    }

    private void RunRecord(SltRecord record, CancellationToken cancellation)
    {
        if (record.AppliesTo(_options.Engine) == false)
        {
            _report.SkippedCount += record is SltStatement or SltQuery ? 1 : 0;
            return;
        }

        switch (record)
        {
            case SltHalt:
                _stopped = true;
                break;
            case SltHashThreshold:
                break;
            case SltLoad load:
                Load(load, cancellation);
                break;
            case SltStatement or SltQuery:
                Count(record, Check(record, cancellation));
                if (cancellation.IsCancellationRequested)
                {
                    StopAtTimeLimit(record);
                }

                break;
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>Runs a record that counts; returns what is wrong, or null.</summary>
    private SltFailure? Check(SltRecord record, CancellationToken cancellation)
    {
        var sql = record is SltQuery query ? query.Sql : ((SltStatement)record).Sql;
        SqlResult result;
        try
        {
            result = _connection.Execute(sql, cancellation);
        }
        catch (SqlFailureException failure)
        {
            return record is SltStatement { ExpectsError: true } statement
                ? CheckError(statement, failure)
                : new SltFailure(record.Line, sql, failure.ToString());
        }
        catch (Exception defect) when (defect is not OutOfMemoryException)
        {
            // Not an error that the database reported: never what a script expects.
            return new SltFailure(record.Line, sql, $"defect: {defect.GetType().Name}: {defect.Message}") { Detail = defect.ToString() };
        }

        return record switch
        {
            SltQuery q => CheckResult(q, result),
            SltStatement { ExpectsError: true } s => new SltFailure(s.Line, sql, $"succeeded, but an error is expected {s.ExpectedError}"),
            SltStatement { ExpectedCount: { } count } s when count != result.RowsAffected =>
                new SltFailure(s.Line, sql, $"{result.RowsAffected} rows affected, expected {count}"),
            _ => null,
        };
    }

    private static SltFailure? CheckError(SltStatement statement, SqlFailureException failure)
    {
        var expected = statement.ExpectedError;
        var matches = expected is null
            || (IsSqlState(expected) ? failure.SqlState == expected : Regex.IsMatch(failure.Message, expected));
        return matches ? null : new SltFailure(statement.Line, statement.Sql, $"{failure}, expected {expected}");
    }

    private static bool IsSqlState(string text) =>
        text.Length == 5 && text.All(c => char.IsAsciiDigit(c) || char.IsAsciiLetterUpper(c));

    private SltFailure? CheckResult(SltQuery query, SqlResult result)
    {
        if (query.ValueTypes is { } types && types.Length != result.ColumnNames.Count)
        {
            return new SltFailure(query.Line, query.Sql, $"{result.ColumnNames.Count} columns, expected {types.Length}");
        }

        var actual = ResultFormat.Lines(query, result);
        string? hash = null;
        if (query.Label is { } label)
        {
            hash = ResultFormat.HashLine(actual);
            if (_hashesByLabel.TryAdd(label, hash) == false && _hashesByLabel[label] != hash)
            {
                return new SltFailure(query.Line, query.Sql, $"not the result of the earlier query with label {label}") { Actual = actual };
            }
        }

        if (query.Expected is not { } expected)
        {
            return null;
        }

        var equal = expected.Count == 1 && ResultFormat.IsHashLine(expected[0])
            ? (hash ?? ResultFormat.HashLine(actual)) == expected[0]
            : expected.SequenceEqual(actual);
        return equal ? null : new SltFailure(query.Line, query.Sql, "another result") { Expected = expected, Actual = actual };
    }

    private void Count(SltRecord record, SltFailure? failure)
    {
        if (_options.IsListed(record.Line))
        {
            _report.SkippedCount++;
            if (failure is null)
            {
                _report.ListedButPassing.Add(record.Line);
            }
        }
        else if (failure is null)
        {
            _report.PassedCount++;
        }
        else
        {
            _report.Failures.Add(failure);
            _report.FailedCount++;
            _stopped |= _options.StopsAtFirstFailure;
        }
    }

    private void Load(SltLoad load, CancellationToken cancellation)
    {
        if (_options.Datasets?.Find(load.Dataset) is not { } script)
        {
            _report.Note = $"skipped: the sample database {load.Dataset} is not there";
            SkipRest(load);
            return;
        }

        try
        {
            foreach (var statement in DatasetFolder.Statements(File.ReadAllText(script)))
            {
                _connection.Execute(statement, cancellation);
            }
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            _report.Note = $"load {load.Dataset} failed: {failure}";
            FailRest(load, $"load {load.Dataset} failed: {failure.Message}");
        }
    }

    /// <summary>What was not reached in time counts as failed: a slow file must not look like a short one.</summary>
    private void StopAtTimeLimit(SltRecord reached)
    {
        _report.Note = $"time limit reached at line {reached.Line}: the records after it count as failed";
        FailRest(reached, "not reached within the time limit");
    }

    private void FailRest(SltRecord reached, string problem)
    {
        foreach (var record in _file.Records.Where(r => r.Line > reached.Line && r.AppliesTo(_options.Engine)))
        {
            if (record is SltStatement or SltQuery)
            {
                Count(record, new SltFailure(record.Line, record is SltQuery q ? q.Sql : ((SltStatement)record).Sql, problem));
            }
        }

        _stopped = true;
    }

    private void SkipRest(SltRecord reached)
    {
        _report.SkippedCount += _file.Records.Count(r => r.Line > reached.Line && r is SltStatement or SltQuery);
        _stopped = true;
    }
}

/// <summary>How a script is run.</summary>
public sealed record SltRunOptions
{
    /// <summary>The engine name that <c>skipif</c> and <c>onlyif</c> are about.</summary>
    public string Engine { get; init; } = "postgresql";

    /// <summary>Whether the record at a line is known to differ: it runs, and counts as skipped.</summary>
    public Func<int, bool> IsListed { get; init; } = static _ => false;

    public bool StopsAtFirstFailure { get; init; }

    public TimeSpan? TimeLimit { get; init; }

    /// <summary>Where <c>load</c> finds its scripts; null: nowhere.</summary>
    public DatasetFolder? Datasets { get; init; }
}

/// <summary>What running one script gave.</summary>
public sealed class SltReport(string path)
{
    public string Path { get; } = path;

    public int PassedCount { get; set; }

    public int FailedCount { get; set; }

    public int SkippedCount { get; set; }

    public List<SltFailure> Failures { get; } = [];

    /// <summary>Lines of records that are listed as exceptions and pass all the same.</summary>
    public List<int> ListedButPassing { get; } = [];

    /// <summary>Why the file was not run to its end; null when it was.</summary>
    public string? Note { get; set; }

    public TimeSpan Elapsed { get; set; }
}

/// <summary>A record that did not give what its script expects.</summary>
public sealed record SltFailure(int Line, string Sql, string Problem)
{
    public IReadOnlyList<string>? Expected { get; init; }

    public IReadOnlyList<string>? Actual { get; init; }

    /// <summary>The whole exception, for a defect.</summary>
    public string? Detail { get; init; }
}
