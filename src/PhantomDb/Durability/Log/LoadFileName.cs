using System.Globalization;

namespace PhantomDb.Durability.Log;

/// <summary>
/// The name of a side file: <c>shop_load_20261121_120003_120451</c>, with the time (UTC, microseconds) at which it was begun; for the rare second one
/// of the same microsecond <c>…_2</c>. For listings, and to be found again: what counts stands in the file and in the record that names it.
/// </summary>
internal sealed record LoadFileName(string DatabaseName, DateTime BegunAt, int Number = 1)
{
    private const string Mark = "_load_";
    private const string TimeFormat = "yyyyMMdd_HHmmss_ffffff";

    public override string ToString() => DatabaseName + Mark + BegunAt.ToString(TimeFormat, CultureInfo.InvariantCulture)
        + (Number > 1 ? "_" + Number.ToString(CultureInfo.InvariantCulture) : "");

    /// <summary>The parts of a file's name (without folder); null for one that is not a side file's.</summary>
    public static LoadFileName? TryParse(string fileName)
    {
        int mark = fileName.AsSpan().LastIndexOf(Mark);
        int time = mark + Mark.Length;
        if (mark < 1 || fileName.AsSpan().ContainsAny('/', '\\') || fileName.Length < time + TimeFormat.Length
            || !DateTime.TryParseExact(fileName.AsSpan(time, TimeFormat.Length), TimeFormat, CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime begunAt))
        {
            return null;
        }
        string end = fileName[(time + TimeFormat.Length)..];
        int number = 1;
        if (end.Length > 0 && !(end[0] == '_' && int.TryParse(end.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out number)))
        {
            return null;
        }
        var name = new LoadFileName(fileName[..mark], begunAt, number);
        return name.ToString() == fileName ? name : null;   // leading zeros and the like
    }

    /// <summary>True for a side file of a database.</summary>
    public static bool IsOf(string databaseName, string fileName) => TryParse(fileName)?.DatabaseName == databaseName;
}
