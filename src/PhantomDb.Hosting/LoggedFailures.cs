using System.Text.RegularExpressions;

namespace PhantomDb.Hosting;

/// <summary>
/// Which failures of the disk have been logged lately: a disk that fails does so many times a second, with the log and with each snapshot. They are of one kind where they have the same message but for
/// numbers, as those in the names of snapshots.
/// </summary>
internal sealed partial class LoggedFailures(TimeProvider clock)
{
    private static readonly TimeSpan RepetitionTime = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _times = new(StringComparer.Ordinal);   // of each kind, when it was logged

    /// <summary>Notes that it is logged now; false where one of its kind has been, within a minute.</summary>
    public bool TryAdd(PhantomDbException failure)
    {
        string kind = Numbers().Replace(failure.Message, "#");
        lock (_gate)
        {
            foreach ((string old, long time) in _times)
            {
                if (clock.GetElapsedTime(time) >= RepetitionTime)
                {
                    _times.Remove(old);
                }
            }
            return _times.TryAdd(kind, clock.GetTimestamp());
        }
    }

    [GeneratedRegex("[0-9_]+")]   // 20261123_035504 is as 20261123_035504_2
    private static partial Regex Numbers();
}
