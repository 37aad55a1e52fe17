using System.Globalization;
using System.Text;

namespace PhantomDb.Types;

/// <summary>
/// A time zone as SET TIME ZONE and AT TIME ZONE name it: UTC, a fixed offset, or an IANA zone from the system's
/// database. Offsets are seconds east of Greenwich. Zones follow the rules of <see cref="TimeZoneInfo"/>, which knows
/// whole minutes and the years 1 to 9999; beyond them the nearest year's rule holds.
/// </summary>
internal sealed class SessionTimeZone
{
    public static readonly SessionTimeZone Utc = new("UTC", 0, null);

    private readonly int _fixedOffset;
    private readonly TimeZoneInfo? _zone;

    private SessionTimeZone(string name, int fixedOffset, TimeZoneInfo? zone)
    {
        Name = name;
        _fixedOffset = fixedOffset;
        _zone = zone;
    }

    /// <summary>As SHOW timezone gives it.</summary>
    public string Name { get; }

    public static SessionTimeZone FromOffset(int offsetSeconds) => offsetSeconds == 0
        ? Utc
        : new SessionTimeZone(OffsetName(offsetSeconds), offsetSeconds, null);

    /// <summary>
    /// Finds a zone by IANA name, abbreviation (EST), or POSIX form (UTC+3, which lies west of Greenwich). Case does not
    /// matter. False where there is none: the caller throws 22023.
    /// </summary>
    public static bool TryFind(string name, out SessionTimeZone zone)
    {
        zone = Utc;
        if (name.Length is 0 or > 60)
        {
            return false;
        }

        string lower = name.ToLowerInvariant();
        if (lower is "utc" or "gmt" or "z" or "zulu" or "uct" or "etc/utc" or "universal" or "greenwich")
        {
            return true;
        }

        if (TryFindIana(name, out TimeZoneInfo? info))
        {
            zone = new SessionTimeZone(info!.Id, 0, info);
            return true;
        }

        Span<byte> bytes = stackalloc byte[Encoding.UTF8.GetMaxByteCount(lower.Length)];
        int length = Encoding.UTF8.GetBytes(lower, bytes);
        if (TimeZoneAbbreviations.TryGetOffset(bytes[..length], out int seconds))
        {
            zone = new SessionTimeZone(name.ToUpperInvariant(), seconds, null);
            return true;
        }

        return TryParsePosix(name, out zone);
    }

    /// <summary>Seconds east of Greenwich at an instant (microseconds since 2000-01-01 UTC).</summary>
    public int OffsetAt(long utc)
    {
        if (_zone is null)
        {
            return _fixedOffset;
        }

        return (int)_zone.GetUtcOffset(ToDateTime(utc, DateTimeKind.Utc)).TotalSeconds;
    }

    public long ToLocal(long utc) => utc + (OffsetAt(utc) * CivilCalendar.MicrosecondsPerSecond);

    /// <summary>
    /// The instant of a wall-clock time. One that a clock shows twice means standard time; one that is skipped is read
    /// with the offset before the gap, both as in PostgreSQL.
    /// </summary>
    public long ToUtc(long local)
    {
        if (_zone is null)
        {
            return local - (_fixedOffset * CivilCalendar.MicrosecondsPerSecond);
        }

        // The offsets a day earlier and later bracket any transition near the time.
        long guess = local - (OffsetAt(local) * CivilCalendar.MicrosecondsPerSecond);
        int before = OffsetAt(guess - CivilCalendar.MicrosecondsPerDay);
        int after = OffsetAt(guess + CivilCalendar.MicrosecondsPerDay);
        if (before == after)
        {
            return local - (before * CivilCalendar.MicrosecondsPerSecond);
        }

        long withBefore = local - (before * CivilCalendar.MicrosecondsPerSecond);
        long withAfter = local - (after * CivilCalendar.MicrosecondsPerSecond);
        bool beforeHolds = OffsetAt(withBefore) == before;
        bool afterHolds = OffsetAt(withAfter) == after;
        if (beforeHolds != afterHolds)
        {
            return beforeHolds ? withBefore : withAfter;
        }

        // Both hold when clocks went back, neither when they went forward: the smaller offset is standard time.
        return before > after ? withAfter : withBefore;
    }

    /// <summary>What to_char's TZ shows: an abbreviation where one is known, else the offset.</summary>
    public string AbbreviationAt(long utc)
    {
        int offset = OffsetAt(utc);
        if (_zone is null)
        {
            return Name;
        }

        bool isDaylight = _zone.IsDaylightSavingTime(ToDateTime(utc, DateTimeKind.Utc));
        return TimeZoneAbbreviations.NameFor(_zone.Id, offset, isDaylight) ?? NumericName(offset);
    }

    private static bool TryFindIana(string name, out TimeZoneInfo? info)
    {
        info = null;
        // The lookup opens a file of this name: nothing but zone names may reach it.
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('/' or '_' or '-' or '+'))
            {
                return false;
            }
        }

        if (!name.Contains('/', StringComparison.Ordinal) && name.AsSpan().IndexOfAny('+', '-') >= 0 && !name.StartsWith("Etc", StringComparison.OrdinalIgnoreCase))
        {
            return false; // POSIX form
        }

        if (!TimeZoneInfo.TryFindSystemTimeZoneById(name, out info)
            && !TimeZoneInfo.TryFindSystemTimeZoneById(TitleCase(name), out info)
            && !TimeZoneInfo.TryFindSystemTimeZoneById(name.ToUpperInvariant(), out info))
        {
            return false;
        }

        return info.HasIanaId || name.Contains('/', StringComparison.Ordinal);
    }

    /// <summary>europe/berlin to Europe/Berlin, for file systems that tell cases apart.</summary>
    private static string TitleCase(string name)
    {
        char[] characters = name.ToLowerInvariant().ToCharArray();
        for (int i = 0; i < characters.Length; i++)
        {
            if (i == 0 || characters[i - 1] is '/' or '_' or '-')
            {
                characters[i] = char.ToUpperInvariant(characters[i]);
            }
        }

        return new string(characters);
    }

    private static bool TryParsePosix(string name, out SessionTimeZone zone)
    {
        zone = Utc;
        int i = 0;
        if (name.StartsWith('<') && name.IndexOf('>', StringComparison.Ordinal) is var close and > 0)
        {
            i = close + 1;   // "<+05>-05": the name in angle brackets is of any characters
        }
        while (i < name.Length && char.IsAsciiLetter(name[i]))
        {
            i++;
        }

        if (i is not 0 and < 3 || i == name.Length)
        {
            return false;
        }

        int sign = name[i] == '-' ? 1 : -1; // POSIX counts west of Greenwich
        i += name[i] is '-' or '+' ? 1 : 0;
        string[] parts = name[i..].Split(':');
        if (parts.Length > 3)
        {
            return false;
        }

        int seconds = 0;
        int unit = 3600;
        foreach (string part in parts)
        {
            if (part.Length is 0 or > 2 || !int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int value))
            {
                return false;
            }

            seconds += value * unit;
            unit /= 60;
        }

        if (seconds > 168 * 3600)
        {
            return false;
        }

        zone = new SessionTimeZone(name, sign * seconds, null);
        return true;
    }

    private static DateTime ToDateTime(long timestamp, DateTimeKind kind)
    {
        long ticks = Math.Clamp(
            timestamp,
            -630_822_816_000_000_000 / 10,
            252_455_615_999_000_000) * 10;
        return new DateTime(630_822_816_000_000_000 + ticks, kind); // ticks of 2000-01-01
    }

    private static string OffsetName(int seconds)
    {
        string numeric = NumericName(seconds);
        return $"<{numeric}>{(numeric[0] == '-' ? '+' : '-')}{numeric[1..]}";
    }

    private static string NumericName(int seconds)
    {
        int magnitude = Math.Abs(seconds);
        string text = (seconds < 0 ? "-" : "+") + (magnitude / 3600).ToString("00", CultureInfo.InvariantCulture);
        return magnitude % 3600 == 0
            ? text
            : text + ":" + (magnitude / 60 % 60).ToString("00", CultureInfo.InvariantCulture);
    }
}
