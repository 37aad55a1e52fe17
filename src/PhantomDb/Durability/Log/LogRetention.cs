using System.Globalization;

namespace PhantomDb.Durability.Log;

/// <summary>Which of the oldest segments can go. Never one that recovery or a pin needs, and none behind one of the same timeline that stays.</summary>
internal static class LogRetention
{
    /// <summary>How many of the sealed segments, oldest first, the limits say are too many, and nothing needs.</summary>
    public static int CountToDelete(
        IReadOnlyList<LogSegmentFile> sealedFiles, long activeBytes, TransactionLogOptions limits, DateTime now, long recoveryFloor, IEnumerable<LogPin> pins)
    {
        long last = LastDeletable(recoveryFloor, pins);
        long total = activeBytes + sealedFiles.Sum(file => file.Length);
        int count = 0;
        foreach (LogSegmentFile file in sealedFiles)
        {
            bool isTooMuch = sealedFiles.Count - count > limits.RetainedSegmentCount || total > limits.RetainedBytes || now - file.LastTime > limits.RetainedAge;
            if (!isTooMuch || file.LastLsn > last)
            {
                break;
            }
            total -= file.Length;
            count++;
        }
        return count;
    }

    /// <summary>Why records up to an LSN cannot go; null where they can.</summary>
    public static string? ReasonToKeep(long upToLsn, long recoveryFloor, IEnumerable<LogPin> pins)
    {
        if (upToLsn > recoveryFloor)
        {
            return string.Create(CultureInfo.InvariantCulture, $"Recovery needs the records behind LSN {recoveryFloor}.");
        }
        LogPin? pin = pins.Where(pin => pin.FirstLsn <= upToLsn).MinBy(pin => pin.FirstLsn);
        return pin is null ? null : string.Create(CultureInfo.InvariantCulture, $"Pin \"{pin.Name}\" keeps the records from LSN {pin.FirstLsn} on.");
    }

    private static long LastDeletable(long recoveryFloor, IEnumerable<LogPin> pins) =>
        pins.Select(pin => pin.FirstLsn - 1).Append(recoveryFloor).Min();
}
