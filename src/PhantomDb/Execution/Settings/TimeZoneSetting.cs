using System.Globalization;

namespace PhantomDb.Execution.Settings;

/// <summary>Time zones by the names that SET TIME ZONE takes: IANA names, and hours east of UTC as a number.</summary>
internal static class TimeZoneSetting
{
    /// <summary>The zone; null where there is none of that name.</summary>
    public static TimeZoneInfo? Find(string name)
    {
        if (name.Equals("utc", StringComparison.OrdinalIgnoreCase) || name.Equals("gmt", StringComparison.OrdinalIgnoreCase)
            || name.Equals("z", StringComparison.OrdinalIgnoreCase))
        {
            return TimeZoneInfo.Utc;
        }
        if (double.TryParse(name, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double hours))
        {
            if (Math.Abs(hours) > 14)
            {
                return null;
            }
            TimeSpan offset = TimeSpan.FromMinutes(Math.Round(hours * 60));
            string sign = hours < 0 ? "-" : "+";
            string other = hours < 0 ? "+" : "-";
            string digits = offset.Minutes == 0 ? $"{Math.Abs(offset.Hours):00}" : $"{offset:hh\\:mm}";
            string id = $"<{sign}{digits}>{other}{digits}";   // as SHOW timezone prints it: POSIX, whose sign is the other way round
            return offset == TimeSpan.Zero ? TimeZoneInfo.Utc : TimeZoneInfo.CreateCustomTimeZone(id, offset, id, id);
        }
        return TimeZoneInfo.TryFindSystemTimeZoneById(name, out TimeZoneInfo? zone) ? zone : null;
    }
}
