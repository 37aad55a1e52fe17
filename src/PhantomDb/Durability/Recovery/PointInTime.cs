using System.Globalization;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// Which LSN a database's log had come to at a time. Time never goes back in a log. What is bad and some file has all of may be passed over, unless the point may lie within it.
/// </summary>
internal sealed class PointInTime(RecoveryPlan plan, IFileSystem files)
{
    /// <summary>The last LSN of the transactions up to a time (UTC); 22023 where it is not kept, or lies in what is missing.</summary>
    public long Find(DateTime time)
    {
        IReadOnlyList<RecoverySegment> log = plan.Log;
        if (log.Count == 0)
        {
            throw Error.RestorePointGone($"what the database had at {Text(time)} cannot be told: no record of its log is kept. Name an LSN");
        }
        int first = log.Count - 1;
        while (first > 0 && !(FirstTime(log[first]) <= time))
        {
            first--;
        }
        HashSet<RecoverySegment> behindBorder = [.. plan.Parts.Skip(1).Select(part => part[0])];
        long coveredLsn = plan.Bases.Where(file => plan.ReasonAgainst(file) is null).Select(file => file.Lsn).DefaultIfEmpty(0).Max();
        long lsn = log[first].Header.FirstLsn - 1;
        bool isFirst = true;
        foreach (RecoverySegment segment in log.Skip(first))
        {
            if (!isFirst && behindBorder.Contains(segment))
            {
                throw Undecided(time, lsn, segment.Header.FirstLsn - 1);
            }
            using Stream stream = files.OpenRead(segment.Path);
            LogReplay.EnsureIs(segment, stream);
            var reader = new LogReader(segment.Path, stream, new LogReaderOptions { Counted = segment.Counted, CoveredLsn = coveredLsn });
            while (reader.Read())
            {
                if (reader.Line.Time > time && reader.Line.Lsn > lsn + 1)
                {
                    throw RecoveryPlanner.Refused(segment.Path, string.Create(CultureInfo.InvariantCulture,
                        $"what the database had at {Text(time)} cannot be told, since LSN {lsn + 1} to {reader.Line.Lsn - 1} of the log are damaged or missing"),
                        "Name an LSN before or behind them.");
                }
                if (reader.Line.Time > time)
                {
                    return !isFirst ? lsn
                        : throw Error.RestorePointGone($"what the database had at {Text(time)} is not kept any more: its log begins at {Text(reader.Line.Time)}");
                }
                lsn = reader.Line.Lsn;
                isFirst = false;
            }
            if (reader.Report.Verdict == LogVerdict.Damaged)
            {
                throw reader.Report.ToError();
            }
        }
        return plan.LaterStartLsn is { } start ? throw Undecided(time, lsn, start) : lsn;
    }

    // A repair or an accepted edit has an LSN, and no time.
    private static PhantomDbException Undecided(DateTime time, long lsn, long nextLsn) => Error.RestorePointGone(string.Create(CultureInfo.InvariantCulture,
        $"what the database had at {Text(time)} cannot be told: it lies between LSN {lsn} and LSN {nextLsn}, of which the log has no times. Name an LSN"));

    private DateTime? FirstTime(RecoverySegment segment)
    {
        using Stream stream = files.OpenRead(segment.Path);
        var reader = new LogReader(segment.Path, stream, new LogReaderOptions { Counted = segment.Counted });
        return reader.Read() ? reader.Line.Time : null;
    }

    private static string Text(DateTime time) => time.ToString("yyyy-MM-dd HH:mm:ss.ffffff 'UTC'", CultureInfo.InvariantCulture);
}
