namespace PhantomDb.Types;

/// <summary>
/// The common time zone abbreviations with their fixed offsets, as in PostgreSQL's default set. Others are no words in
/// a timestamp: zones have names (Europe/Berlin) for that.
/// </summary>
internal static class TimeZoneAbbreviations
{
    /// <summary>Seconds east of Greenwich of an abbreviation in lower case.</summary>
    public static bool TryGetOffset(ReadOnlySpan<byte> name, out int seconds)
    {
        seconds = 0;
        if (name.Length is 0 or > 5)
        {
            return false;
        }

        Span<char> characters = stackalloc char[5];
        for (int i = 0; i < name.Length; i++)
        {
            characters[i] = (char)name[i];
        }

        int minutes = characters[..name.Length] switch
        {
            "utc" or "gmt" or "z" or "zulu" or "ut" or "uct" or "wet" or "egst" => 0,
            "cet" or "bst" or "mez" or "west" or "met" or "wat" => 60,
            "cest" or "eet" or "mesz" or "mest" or "sast" or "cat" => 120,
            "ist" => 120,
            "eest" or "msk" or "idt" or "trt" or "eat" => 180,
            "msd" => 240,
            "irst" => 210,
            "pkt" or "yekt" => 300,
            "npt" => 345,
            "ict" => 420,
            "cct" or "hkt" or "pht" or "awst" or "sgt" => 480,
            "jst" or "kst" => 540,
            "acst" => 570,
            "aest" or "chst" => 600,
            "acdt" => 630,
            "aedt" => 660,
            "nzst" => 720,
            "nzdt" => 780,
            "egt" or "azot" => -60,
            "fnt" => -120,
            "brt" or "art" or "uyt" => -180,
            "nst" => -210,
            "ndt" => -150,
            "ast" => -240,
            "adt" => -180,
            "est" => -300,
            "edt" => -240,
            "cst" => -360,
            "cdt" => -300,
            "mst" => -420,
            "mdt" => -360,
            "pst" => -480,
            "pdt" => -420,
            "akst" => -540,
            "akdt" => -480,
            "hst" => -600,
            _ => int.MinValue,
        };
        if (minutes == int.MinValue)
        {
            return false;
        }

        seconds = minutes * 60;
        return true;
    }

    /// <summary>The abbreviation that is usual in a zone, or null.</summary>
    public static string? NameFor(string zoneId, int offsetSeconds, bool isDaylight)
    {
        int minutes = offsetSeconds / 60;
        if (zoneId.StartsWith("America/", StringComparison.Ordinal) || zoneId.StartsWith("US/", StringComparison.Ordinal))
        {
            return (minutes, isDaylight) switch
            {
                (-300, false) => "EST",
                (-240, true) => "EDT",
                (-360, false) => "CST",
                (-300, true) => "CDT",
                (-420, false) => "MST",
                (-360, true) => "MDT",
                (-480, false) => "PST",
                (-420, true) => "PDT",
                _ => null,
            };
        }

        if (zoneId.StartsWith("Europe/", StringComparison.Ordinal))
        {
            bool isBritish = zoneId is "Europe/London" or "Europe/Belfast";
            return (minutes, isDaylight) switch
            {
                (0, false) => isBritish ? "GMT" : "WET",
                (60, true) => isBritish ? "BST" : "WEST",
                (60, false) => "CET",
                (120, true) => "CEST",
                (120, false) => "EET",
                (180, true) => "EEST",
                _ => null,
            };
        }

        return (zoneId, minutes) switch
        {
            ("Asia/Tokyo", _) => "JST",
            ("Asia/Kolkata" or "Asia/Calcutta", _) => "IST",
            (_, 0) => "UTC",
            _ => null,
        };
    }
}
