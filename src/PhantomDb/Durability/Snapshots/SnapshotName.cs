using System.Globalization;

namespace PhantomDb.Durability.Snapshots;

/// <summary>
/// The file name of a snapshot: <c>shop_snapshot_20261121_022500</c>, with the time (UTC) at which it was begun; a second one of the same second has <c>_2</c> behind
/// it. For people and listings: which of two is newer, the LSN in the header says.
/// </summary>
internal sealed record SnapshotName(string DatabaseName, DateTime Time, int Number = 1)
{
    private const string Mark = "_snapshot_";
    private const string TimeFormat = "yyyyMMdd_HHmmss";

    /// <summary>While it is being written; what a crash leaves under such a name is nothing.</summary>
    public const string NewEnding = ".new";

    public override string ToString() =>
        DatabaseName + Mark + Time.ToString(TimeFormat, CultureInfo.InvariantCulture) + (Number > 1 ? string.Create(CultureInfo.InvariantCulture, $"_{Number}") : "");

    /// <summary>The parts of a file's name (without folder); null for one that is not a snapshot's.</summary>
    public static SnapshotName? TryParse(string fileName)
    {
        int mark = fileName.AsSpan().LastIndexOf(Mark);
        int number = 1;
        if (mark < 1 || fileName.Length < mark + Mark.Length + TimeFormat.Length
            || !DateTime.TryParseExact(fileName.AsSpan(mark + Mark.Length, TimeFormat.Length), TimeFormat, CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime time))
        {
            return null;
        }
        ReadOnlySpan<char> rest = fileName.AsSpan(mark + Mark.Length + TimeFormat.Length);
        if (!rest.IsEmpty && !(rest[0] == '_' && int.TryParse(rest[1..], NumberStyles.None, CultureInfo.InvariantCulture, out number)))
        {
            return null;
        }
        var name = new SnapshotName(fileName[..mark], time, number);
        return name.ToString() == fileName ? name : null;   // leading zeros and the like
    }
}
