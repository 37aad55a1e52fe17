using System.Globalization;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Log;

/// <summary>What a segment's bytes are, as far as they can tell.</summary>
internal enum LogVerdict
{
    /// <summary>Whole transactions up to the end.</summary>
    Clean,

    /// <summary>Bytes at the end that never were on the disk, as far as can be known: what was there is whole up to <see cref="LogSegmentReport.End"/>.</summary>
    Torn,

    /// <summary>As torn, but whole transactions stand behind the bad line: nothing proves that they were acknowledged, nor that not.</summary>
    Doubtful,

    /// <summary>Bytes that had been on the disk are not what they were.</summary>
    Damaged,
}

/// <summary>Where a transaction begins, or would: an offset, its line, counted from 1, and the LSN that stands there.</summary>
internal readonly record struct LogPosition(long Offset, long Line, long Lsn);

/// <summary>The first bad line.</summary>
internal sealed record LogFault(long Offset, long Line, long ExpectedLsn, string Reason);

/// <summary>What is bad, and was passed over since somebody has all of it.</summary>
/// <param name="Fault">The first bad line.</param>
/// <param name="LastLsn">Of what may be missing; before the LSN that was expected where it is nothing.</param>
internal sealed record LogGap(LogFault Fault, long LastLsn);

/// <summary>What reading a segment found.</summary>
/// <param name="Path">The segment.</param>
/// <param name="Verdict">What it is.</param>
/// <param name="End">Behind the last whole transaction.</param>
/// <param name="FileLength">Bytes up to the end of the last line; what is reserved behind it does not count.</param>
internal sealed record LogSegmentReport(string Path, LogVerdict Verdict, LogPosition End, long FileLength)
{
    /// <summary>Null where the header is not whole.</summary>
    public LogHeader? Header { get; init; }

    public LogSeal? Seal { get; init; }

    public LogFault? Fault { get; init; }

    /// <summary>Why the fault cannot be a torn end.</summary>
    public string? Proof { get; init; }

    /// <summary>What was passed over (<see cref="LogReaderOptions.CoveredLsn"/>): the verdict is about the rest.</summary>
    public IReadOnlyList<LogGap> PassedOver { get; init; } = [];

    public long TransactionCount { get; init; }

    public long RecordCount { get; init; }

    /// <summary>Whole valid transactions behind the bad line.</summary>
    public long TransactionsBehind { get; init; }

    /// <summary>The highest LSN of these.</summary>
    public long LastLsnBehind { get; init; }

    /// <summary>Bytes behind what the segment's successor counts, its seal apart: never judged.</summary>
    public long IgnoredBytes { get; init; }

    /// <summary>True for a segment that is whole, and ends before where the log is known to have been: what came after may have stood in another.</summary>
    public bool IsShort { get; init; }

    /// <summary>The error for what was passed over.</summary>
    public PhantomDbException ToError(LogGap gap) => Error.FileDamaged(Path, $"{gap.Fault.Reason}, where nothing is needed",
        string.Create(CultureInfo.InvariantCulture, $"{Path}, line {gap.Fault.Line}, byte offset {gap.Fault.Offset}"),
        string.Create(CultureInfo.InvariantCulture, $"LSN {gap.Fault.ExpectedLsn} was expected there; what the log had up to LSN {gap.LastLsn} is in a file."), Error.RepairHint);

    /// <summary>The error for what is damaged or in doubt.</summary>
    public PhantomDbException ToError()
    {
        LogFault fault = Fault ?? throw new InvalidOperationException("a clean segment is no error");
        string detail = string.Create(CultureInfo.InvariantCulture,
            $"LSN {fault.ExpectedLsn} was expected there. Whole transactions behind it: {TransactionsBehind}{(TransactionsBehind > 0 ? $", up to LSN {LastLsnBehind}" : "")}.");
        return Error.FileDamaged(Path, fault.Reason,
            string.Create(CultureInfo.InvariantCulture, $"{Path}, line {fault.Line}, byte offset {fault.Offset}"),
            Proof is null ? detail : $"{detail} {Proof}.", Error.RepairHint);
    }
}
