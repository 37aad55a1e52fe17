namespace PhantomDb.Durability.Snapshots;

/// <summary>Which snapshots can go, and what of the log is needed beside those that stay. Decides by what is known; reads nothing.</summary>
internal static class SnapshotRetention
{
    /// <summary>
    /// The snapshots of a timeline that the limits say are too many. Never one that is pinned or damaged, nor one of the two newest that have been verified, nor any
    /// while there are no two of those.
    /// </summary>
    /// <param name="oldestFirst">All of one timeline.</param>
    public static IReadOnlyList<SnapshotFile> ToDelete(IReadOnlyList<SnapshotFile> oldestFirst, SnapshotOptions limits, DateTime now)
    {
        SnapshotFile[] kept = [.. oldestFirst.Where(file => file.State == SnapshotState.Verified).TakeLast(SnapshotOptions.RetainedLeast)];
        if (kept.Length < SnapshotOptions.RetainedLeast)
        {
            return [];
        }
        List<SnapshotFile> chosen = [];
        int count = oldestFirst.Count;
        long total = oldestFirst.Sum(file => file.Length);
        foreach (SnapshotFile file in oldestFirst)
        {
            bool isTooMuch = count > limits.RetainedCount || total > limits.RetainedBytes || now - file.Time > limits.RetainedAge;
            if (isTooMuch && file.State != SnapshotState.Damaged && file.Pins.Count == 0 && !kept.Contains(file))
            {
                chosen.Add(file);
                count--;
                total -= file.Length;
            }
        }
        return chosen;
    }

    /// <summary>
    /// Recovery from any of the two newest whole files needs the log behind this LSN. One snapshot alone needs all of the log beside it: should it be
    /// damaged, the log is all that is left.
    /// </summary>
    /// <param name="lsns">Of the whole files.</param>
    public static long RecoveryFloor(IEnumerable<long> lsns) => lsns.OrderDescending().Skip(1).FirstOrDefault();
}
