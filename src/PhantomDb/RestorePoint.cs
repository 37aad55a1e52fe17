using System.Globalization;
using PhantomDb.Errors;

namespace PhantomDb;

/// <summary>A state that a database had: behind the last transaction that ends at an LSN or before, or that was committed at a time or before.</summary>
public sealed record RestorePoint
{
    /// <summary>Log sequence number; null where <see cref="Time"/> says it.</summary>
    public long? Lsn { get; init; }

    /// <summary>Time in UTC; null where <see cref="Lsn"/> says it.</summary>
    public DateTime? Time { get; init; }

    /// <summary>The history that is meant; null: the one that the database has now. A restore ends one and begins the next.</summary>
    public int? Timeline { get; init; }

    /// <summary>
    /// Reads an LSN (<c>1204</c>) or a time (<c>2026-11-21 12:00:03.5</c>, in UTC where it has no offset); before either, and a colon behind it, the
    /// number of a timeline may stand after a t: <c>t1:1204</c>.
    /// </summary>
    /// <exception cref="PhantomDbException">22023: the text is neither.</exception>
    public static RestorePoint Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string point = text.Trim();
        int? timeline = null;
        int colon = point.IndexOf(':', StringComparison.Ordinal);
        if (point.Length > 1 && point[0] is 't' or 'T' && colon > 0
            && int.TryParse(point.AsSpan(1, colon - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            timeline = number;
            point = point[(colon + 1)..].Trim();
        }
        if (long.TryParse(point, NumberStyles.None, CultureInfo.InvariantCulture, out long lsn))
        {
            return new RestorePoint { Lsn = lsn, Timeline = timeline };
        }
        if (DateTime.TryParse(point, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal | DateTimeStyles.NoCurrentDateDefault, out DateTime time)
            && time.Year > 1)
        {
            return new RestorePoint { Time = time, Timeline = timeline };
        }
        throw new PhantomDbException(SqlStates.InvalidParameterValue, $"\"{text}\" is neither an LSN nor a time")
        {
            Hint = "Write an LSN such as 1204, or a time such as '2026-11-21 12:00:03', which is UTC unless it has an offset.",
        };
    }

    /// <summary>As <see cref="Parse"/> reads it, in quotes where a shell needs them.</summary>
    internal string ToArgument() => (Timeline is { } timeline ? string.Create(CultureInfo.InvariantCulture, $"t{timeline}:") : "") is var prefix && Lsn is { } lsn
        ? string.Create(CultureInfo.InvariantCulture, $"{prefix}{lsn}") : string.Create(CultureInfo.InvariantCulture, $"'{prefix}{Time:yyyy-MM-dd HH:mm:ss.FFFFFF}'");

    /// <summary>For people to read.</summary>
    public override string ToString() => (Timeline is { } timeline ? string.Create(CultureInfo.InvariantCulture, $"timeline {timeline}, ") : "")
        + (Lsn is { } lsn ? string.Create(CultureInfo.InvariantCulture, $"LSN {lsn}")
            : Time is { } time ? time.ToString("yyyy-MM-dd HH:mm:ss.FFFFFF 'UTC'", CultureInfo.InvariantCulture) : "the end of the log");
}
