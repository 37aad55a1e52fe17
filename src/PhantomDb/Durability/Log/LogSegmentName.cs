using System.Globalization;

namespace PhantomDb.Durability.Log;

/// <summary>
/// The file name of a sealed segment: <c>shop_log_20261121_022107_20481.log</c>, with the time of rotation (UTC) and the first LSN. For the
/// rare second one of the same second and LSN, <c>…_20481_2.log</c>. For people and listings: what counts stands in the header.
/// </summary>
internal sealed record LogSegmentName(string DatabaseName, DateTime RotatedAt, long FirstLsn, int Number = 1)
{
    private const string Mark = "_log_";
    private const string Ending = ".log";
    private const string TimeFormat = "yyyyMMdd_HHmmss";

    /// <summary>The name of the segment that is written to.</summary>
    public static string Active(string databaseName) => databaseName + Ending;

    public override string ToString() =>
        DatabaseName + Mark + RotatedAt.ToString(TimeFormat, CultureInfo.InvariantCulture) + "_" + Text(FirstLsn) + (Number > 1 ? "_" + Text(Number) : "") + Ending;

    /// <summary>The parts of a file's name (without folder); null for one that is not a sealed segment's.</summary>
    public static LogSegmentName? TryParse(string fileName)
    {
        int mark = fileName.AsSpan().LastIndexOf(Mark);
        if (mark < 1 || fileName.Length < mark + Mark.Length + TimeFormat.Length + Ending.Length)
        {
            return null;
        }
        int time = mark + Mark.Length;
        string[] numbers = fileName[(time + TimeFormat.Length)..^Ending.Length].Split('_');
        if (numbers.Length is not (2 or 3) || !DateTime.TryParseExact(fileName.AsSpan(time, TimeFormat.Length), TimeFormat, CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime rotatedAt)
            || !long.TryParse(numbers[1], NumberStyles.None, CultureInfo.InvariantCulture, out long firstLsn))
        {
            return null;
        }
        int number = 1;
        if (numbers.Length == 3 && !int.TryParse(numbers[2], NumberStyles.None, CultureInfo.InvariantCulture, out number))
        {
            return null;
        }
        var name = new LogSegmentName(fileName[..mark], rotatedAt, firstLsn, number);
        return name.ToString() == fileName ? name : null;   // another ending, leading zeros and the like
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
