using PhantomDb.Durability.Log;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// Which files of a folder have parted from the log that is there, or from each other: they were copied, and each went on by itself since. LSNs are the same numbers in every copy, the salts of
/// segments are not: two files that name another segment for one LSN are of two histories. Looks at headers alone.
/// </summary>
internal readonly struct PartedFiles(RecoveryPlan plan)
{
    private IReadOnlyList<RecoverySegment> Segments => plan.Segments;

    /// <summary>
    /// Whether a file has parted from the log; where the log does not know the database's file the snapshots tell, and what led to a file that the log knows tells of snapshots from before the log.
    /// </summary>
    public bool Contains(RecoveryBase file) => IsPartedFromLog(file) || IsPartedFromSnapshots(file) || IsPartedFromFile(file);

    /// <summary>Whether a snapshot has parted from the database's own file, which the log knows.</summary>
    public bool IsPartedFromFile(RecoveryBase snapshot)
    {
        if (snapshot.IsDatabaseFile || IsOfLog(snapshot))
        {
            return false;
        }
        foreach (RecoveryBase own in plan.Bases)
        {
            if (own.IsDatabaseFile && own.Timeline == snapshot.Timeline && IsOfLog(own) && !IsPartedFromLog(own) && HaveOther(snapshot, own))
            {
                return true;
            }
        }
        return false;
    }

    private bool IsPartedFromSnapshots(RecoveryBase file)
    {
        if (!file.IsDatabaseFile || IsOfLog(file))
        {
            return false;
        }
        foreach (RecoveryBase snapshot in plan.Bases)
        {
            // Of another timeline it tells nothing of a file whose own segments are there: a restore may have ended that one.
            bool isCompared = snapshot.Timeline == file.Timeline || !(IsKnown(file) || (snapshot.Timeline < file.Timeline && IsOfItsTimeline(file)));
            if (!snapshot.IsDatabaseFile && isCompared && IsWitness(snapshot) && HaveOther(file, snapshot))
            {
                return true;
            }
        }
        return false;
    }

    private bool IsPartedFromLog(RecoveryBase file)
    {
        if (Segments.Count == 0 || file.Header?.History is not { Last: { } last } history)
        {
            return false;
        }
        // A file whose own segments are in the folder is no stranger: it may be of a timeline that has ended, and is compared with its own alone.
        bool isKnown = IsKnown(file);
        foreach (RecoverySegment segment in Segments)
        {
            bool isCompared = !isKnown || segment.Header.Timeline == file.Timeline;
            if (isCompared && (HasOther(file, segment.Header.Salt, segment.Header.FirstLsn, EndOf(segment)) || (segment == Segments[0] && IsPartedBefore(file, last, segment.Header))))
            {
                return true;
            }
        }
        // Of a later timeline than the log, and nothing here had led to it.
        if (file.IsDatabaseFile && file.Timeline > plan.Timeline && !isKnown && !IsRelated(file))
        {
            return true;
        }
        // All that it names came behind the end of the log, and what it had before is not known any more.
        return history.IsCut && !isKnown && EndOf(Segments[^1]) < history.Marks[0].FirstLsn;
    }

    // The segment before the log has all LSNs from its first one to the log's.
    private static bool IsPartedBefore(RecoveryBase file, SegmentMark last, LogHeader first)
    {
        if (first.KnownSaltBefore is not { } before)
        {
            return false;
        }
        if (file.Lsn == first.FirstLsn - 1)
        {
            return before != last.Salt;
        }
        return file.Header!.History.Marks.FirstOrDefault(mark => mark.Salt == before) is { } known && HasOther(file, before, known.FirstLsn, first.FirstLsn - 1);
    }

    // Something here tells that the log's timeline led to it, and not another copy's; and the segment before the log does not say the contrary, by what counts of it.
    private bool IsRelated(RecoveryBase file)
    {
        RecoveryPlan all = plan;
        IReadOnlyList<SegmentMark> marks = file.Header!.History.Marks;
        bool isLedTo = marks.Any(mark => all.Segments.Any(s => s.Header.Salt == mark.Salt || s.Header.KnownSaltBefore == mark.Salt)
            || all.Bases.Any(other => other != file && other.Header?.History.Marks.Contains(mark) == true));
        return isLedTo
            && !(Segments[0].Header.Predecessor is { } counted && marks.FirstOrDefault(mark => mark.Salt == counted.Salt) is { } shared && HasOther(file, counted.Salt, shared.FirstLsn, counted.LastLsn));
    }

    // A snapshot that has parted from the log, or from one that the log knows, tells nothing.
    private bool IsWitness(RecoveryBase snapshot)
    {
        if (IsPartedFromLog(snapshot))
        {
            return false;
        }
        foreach (RecoveryBase other in plan.Bases)
        {
            if (!other.IsDatabaseFile && IsOfLog(other) && HaveOther(snapshot, other))
            {
                return false;
            }
        }
        return true;
    }

    private bool IsKnown(RecoveryBase file) => file.Header?.History.Last is { } last && plan.Salts.Contains(last.Salt);

    // Its timeline is the log's, and it knows a segment of that: what older timelines had behind where it began is nothing to it.
    private bool IsOfItsTimeline(RecoveryBase file) =>
        Segments.Any(s => s.Header.Timeline == file.Timeline && file.Header is { } header && header.History.Marks.Any(mark => mark.Salt == s.Header.Salt));

    // The segment that has its last LSN is the log's, or the one that this begins behind.
    private bool IsOfLog(RecoveryBase file) => file.Header?.History.Last is { } last
        && (Segments.Any(s => s.Header.Salt == last.Salt) || (Segments.Count > 0 && file.Lsn == Segments[0].Header.FirstLsn - 1 && Segments[0].Header.KnownSaltBefore == last.Salt));

    // Of what counts as content: of the last segment notes are not, and a file may have gone on in their place.
    private long EndOf(RecoverySegment segment) => Math.Min(segment.LastLsn, segment == Segments[^1] ? plan.ContentLsn : long.MaxValue);

    private static bool HaveOther(RecoveryBase file, RecoveryBase other) =>
        file.Header is { } header && other.Header is { } second && header.History.HasOther(file.Lsn, second.History, other.Lsn);

    private static bool HasOther(RecoveryBase file, uint salt, long firstLsn, long lastLsn) => file.Header?.History.HasOther(file.Lsn, salt, firstLsn, lastLsn) == true;
}
