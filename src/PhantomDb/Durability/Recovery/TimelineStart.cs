using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PhantomDb.Durability.Log;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// Begins a new timeline at a point of a log: a segment of its own with one record that says so. Its header counts of the segment before only
/// what is up to the point, and its timeline is the highest: so from the moment in which it has its name the history goes that way, and all files of the old
/// one are as they were.
/// <code>
/// timeline 1   1 ─ 40 ─────── 95
/// timeline 2        └ 41 PHANTOMDB_RESTORE,,timeline=1,lsn=40
/// </code>
/// </summary>
internal static class TimelineStart
{
    private const string Operation = "PHANTOMDB_RESTORE";

    /// <summary>
    /// Writes the segment, whose only record has its first LSN; null where no segment of the log has the point: then a database file of the new timeline
    /// has to be written in its place.
    /// </summary>
    public static LogHeader? Write(IFileSystem files, string folder, string databaseName, RecoveredDatabase point, int fromTimeline, DateTime now)
    {
        long lsn = point.Report.LastLsn;
        RecoveredSegment? last = point.Segments.Count > 0 ? point.Segments[^1] : null;
        LogPredecessor? predecessor = last is not null && last.LastLsn == lsn ? new LogPredecessor(last.Header.Salt, lsn, last.Length) : null;
        if (predecessor is null && lsn > 0)
        {
            return null;
        }
        LogHeader header = new LogHeader(databaseName, point.Database.Id, point.Report.Timeline, predecessor is null ? 1 : last!.Header.Segment + 1, lsn + 1,
            (uint)RandomNumberGenerator.GetInt32(int.MinValue, int.MaxValue), new TransactionLogOptions().UnflushedBytesMax, predecessor)
        {
            IsBehindFile = predecessor is null && point.IsBehindFile,
        }.Behind(point.History.Last);
        DateTime time = new(now.Ticks / TimeSpan.TicksPerMicrosecond * TimeSpan.TicksPerMicrosecond, DateTimeKind.Utc);
        if (last is not null && time <= last.LastTime)
        {
            time = last.LastTime.AddTicks(TimeSpan.TicksPerMicrosecond);
        }
        byte[] body = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Operation},,timeline={fromTimeline},lsn={lsn}"));
        byte[] line = new byte[body.Length + LogEncoder.OverheadMax];
        var encoder = new LogEncoder(header.Salt);
        encoder.BeginTransaction(time, 0, 1);
        byte[] records = [.. header.ToBytes(), .. line[..encoder.Encode(lsn + 1, 1, 1, body, line)]];
        var name = new LogSegmentName(databaseName, time, lsn + 1);
        while (files.Exists(Path.Combine(folder, name.ToString())))
        {
            name = name with { Number = name.Number + 1 };
        }
        string path = Path.Combine(folder, name.ToString()), beside = path + ".new";
        using (IWritableFile file = files.Create(beside))
        {
            file.Append([.. records, .. new LogSeal(lsn + 1, records.Length).ToBytes(header.Salt)]);
            file.Flush();
        }
        files.Rename(beside, path);
        files.FlushFolder(folder);
        return header;
    }

    /// <summary>
    /// A database file that begins a timeline by itself, without a segment of it, is the only one that knows of it: so the manifest is written, and the file is missed where
    /// it gets lost. After the file, since before that the old timeline is still the one that counts; where a crash came between, whoever looks after the file next does it.
    /// </summary>
    public static void Note(string path, IFileSystem files, DateTime now)
    {
        RecoveryPlan plan = new RecoveryPlanner(path, files).Plan();
        bool isAlone = plan.Manifest is null && !plan.IsManifestDamaged && plan is { Segments: [], HeadlessSegments: [], Bases.Count: <= 1 };
        if (isAlone || plan.Bases.FirstOrDefault(file => file.IsDatabaseFile)?.Header is not { } own || own.Timeline <= plan.TimelineWith(0) || own.Timeline <= plan.Manifest?.Timeline)
        {
            return;   // nothing could be taken for it, or it is known
        }
        LogManifest.Of(plan.DatabaseName, own.Id, own.Timeline, now, own.Lsn, own.Lsn, plan.Manifest?.SnapshotRows ?? [], plan.Manifest?.Pins ?? []).Write(Path.GetDirectoryName(path)!, files);
    }
}
