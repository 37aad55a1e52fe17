using PhantomDb.Durability.Log;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// What it means that records of the log are missing or bad, for a database that a file gives up to an LSN. Decided by one number: whatever is wrong up to
/// <see cref="CoveredLsn"/> costs nothing, and what may have been behind it is lost.
/// <code>
/// 1 ───── base          the file has it
///   content ─ reached   the log's own notes alone (CLOSE, SYNC), as the manifest says: needless where the file has all up to CONTENT
///   open ─────────────  the segment that was being written when the manifest was: nobody knows how far it went
/// </code>
/// </summary>
internal sealed class LogCoverage
{
    private readonly RecoveryPlan _plan;
    private readonly LogManifest? _manifest;   // of the history that the database goes on with

    /// <param name="plan">The database's files.</param>
    /// <param name="baseLsn">Up to here the file has all.</param>
    /// <param name="baseTimeline">Of the file.</param>
    /// <param name="reachedLsn">An LSN that the log is known to have reached, besides what the manifest says.</param>
    public LogCoverage(RecoveryPlan plan, long baseLsn, int baseTimeline, long reachedLsn = 0)
    {
        _plan = plan;
        BaseLsn = baseLsn;
        _manifest = plan.ManifestOf(plan.TimelineWith(baseTimeline));
        ReachedLsn = Math.Max(reachedLsn, _manifest?.ReachedLsn ?? 0);
        CoveredLsn = _manifest?.ContentLsn <= baseLsn ? Math.Max(baseLsn, _manifest.ReachedLsn) : baseLsn;
    }

    public long BaseLsn { get; }

    /// <summary>What is missing or bad up to here is no loss.</summary>
    public long CoveredLsn { get; }

    /// <summary>The log is known to have reached this LSN; 0 where nothing is known.</summary>
    public long ReachedLsn { get; }

    /// <summary>Behind it, up to <see cref="ReachedLsn"/>, the log had nothing but its own notes.</summary>
    public long ContentLsn => _manifest?.ContentLsn ?? ReachedLsn;

    /// <summary>The LSN that the log ended with; null where it may have gone on.</summary>
    public long? EndLsn => _manifest is { OpenSegment: null } ? ReachedLsn : null;

    /// <summary>The segment that was being written when the manifest was, where neither it nor one behind it is there: what it had is not known.</summary>
    public LogManifestRow? MissingSegment => _manifest?.OpenSegment is { } open && !_plan.Segments.Any(s => s.Header.Timeline == _manifest.Timeline && s.Header.FirstLsn >= open.FirstLsn) ? open : null;
}
