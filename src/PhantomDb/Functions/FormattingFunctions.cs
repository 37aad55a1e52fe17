using System.Globalization;
using System.Text;
using PhantomDb.Errors;
using PhantomDb.Types;

namespace PhantomDb.Functions;

/// <summary>to_char of dates and numbers, to_date and to_timestamp by template.</summary>
internal static class FormattingFunctions
{
    public static void AddTo(List<ScalarFunction> functions)
    {
        SqlType text = SqlType.Text;
        functions.Fallible("to_char", text, [SqlType.Timestamp, text], RowKernels.NullableText((in RowReader row, TextBuffer output) =>
            DateTimeTemplate.Format(row.Value<long>(0), null, 0, row.String(1), output)));
        functions.Add(new BoundScalarFunction("to_char", text, [SqlType.TimestampTz, text], RowKernels.NullableText((in RowReader row, TextBuffer output) =>
        {
            long utc = row.Value<long>(0);
            SessionTimeZone zone = row.Statement.TimeZone;
            return DateTimeTemplate.Format(DateTimeCasts.ToLocal(utc, zone), zone, utc, row.String(1), output);
        }))
        {
            IsFallible = true, Volatility = Volatility.Stable,
        });
        functions.Fallible("to_char", text, [SqlType.Interval, text], RowKernels.Text((in RowReader _, TextBuffer _) =>
            throw Error.NotSupported("to_char of an interval")));
        functions.Fallible("to_char", text, [SqlType.Numeric, text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            output.Append(NumberTemplate.Format(row.Value<Numeric>(0), row.String(1)))));
        functions.Fallible("to_char", text, [SqlType.Int32, text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            output.Append(NumberTemplate.Format(Numeric.FromInt64(row.Value<int>(0)), row.String(1)))));
        functions.Fallible("to_char", text, [SqlType.Int64, text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            output.Append(NumberTemplate.Format(Numeric.FromInt64(row.Value<long>(0)), row.String(1)))));
        functions.Fallible("to_char", text, [SqlType.Double, text], RowKernels.Text((in RowReader row, TextBuffer output) =>
            output.Append(NumberTemplate.Format(Numeric.FromDouble(row.Value<double>(0)), row.String(1)))));
        functions.Fallible("to_date", SqlType.Date, [text, text], RowKernels.Value((in RowReader row) =>
            DateTimeArithmetic.ToDate(DateTimeTemplate.Parse(row.String(0), row.String(1)))));
        functions.Add(new BoundScalarFunction("to_timestamp", SqlType.TimestampTz, [text, text], RowKernels.Value((in RowReader row) =>
            row.Statement.TimeZone.ToUtc(DateTimeTemplate.Parse(row.String(0), row.String(1)))))
        {
            IsFallible = true, Volatility = Volatility.Stable,
        });
        functions.Fallible("to_number", SqlType.Numeric, [text, text], RowKernels.Value<Numeric>((in RowReader _) =>
            throw Error.NotSupported("to_number")));
    }
}

/// <summary>Templates of dates and times: fields by their names, all else literally. What is not known here is 0A000.</summary>
internal static class DateTimeTemplate
{
    /// <summary>Longest first where one begins like another. Upper case; letters of the template choose the case of words.</summary>
    private static readonly string[] Fields =
    [
        "HH24", "HH12", "IYYY", "SSSSS", "SSSS", "MONTH", "YYYY", "DAY", "MON", "IDDD", "DDD", "YYY", "IYY", "A.M.", "P.M.", "A.D.", "B.C.",
        "FF1", "FF2", "FF3", "FF4", "FF5", "FF6", "TZH", "TZM", "HH", "MI", "SS", "MS", "US", "AM", "PM", "MM", "DD", "DY", "ID", "YY",
        "IW", "IY", "WW", "CC", "OF", "TZ", "BC", "AD", "RM", "Y,YYY", "Y", "D", "Q", "W", "J", "I",
    ];

    /// <summary>Writes a local time; false (NULL) for an infinity.</summary>
    public static bool Format(long local, SessionTimeZone? zone, long utc, string template, TextBuffer output)
    {
        if (!CivilCalendar.IsFiniteTimestamp(local))
        {
            return false;
        }

        int days = CivilCalendar.SplitDays(local, out long time);
        CivilCalendar.FromDays(days, out int year, out int month, out int day);
        for (int i = 0; i < template.Length;)
        {
            if (TryLiteral(template, ref i, out string literal))
            {
                output.Append(literal);
                continue;
            }

            bool fill = true;
            while (StartsWith(template, i, "FM") || StartsWith(template, i, "TM"))
            {
                fill &= !StartsWith(template, i, "FM");
                i += 2;
            }

            string? field = Array.Find(Fields, name => StartsWith(template, i, name));
            if (field is null)
            {
                if (i < template.Length)
                {
                    output.Append(template[i++].ToString());
                }

                continue;
            }

            string spelled = template.Substring(i, field.Length);
            i += field.Length;
            string value = FieldText(field, spelled, fill, year, month, day, days, time, zone, utc);
            if (StartsWith(template, i, "TH"))
            {
                value += Ordinal(value, char.IsUpper(template[i]));
                i += 2;
            }

            output.Append(value);
        }

        return true;
    }

    /// <summary>Reads a local time; fields that are missing are those of 0001-01-01 00:00:00.</summary>
    public static long Parse(string text, string template)
    {
        int year = 1, month = 1, day = 1, hour = 0, minute = 0, second = 0, at = 0;
        long microseconds = 0;
        bool? isAfternoon = null;
        bool isHour12 = false;
        for (int i = 0; i < template.Length;)
        {
            string? field = Array.Find(Fields, name => StartsWith(template, i, name));
            if (StartsWith(template, i, "FM"))
            {
                i += 2;
                continue;
            }

            if (field is null)
            {
                if (char.IsAsciiLetter(template[i]) || template[i] == '"')
                {
                    throw Error.NotSupported($"\"{template[i]}\" in a template for reading dates");
                }

                // A separator stands for any one of them.
                if (at < text.Length && !char.IsLetterOrDigit(text[at]))
                {
                    at++;
                }

                i++;
                continue;
            }

            i += field.Length;
            while (at < text.Length && text[at] == ' ')
            {
                at++;
            }

            switch (field)
            {
                case "YYYY": year = Number(text, ref at, 4, field); break;
                case "MM": month = Number(text, ref at, 2, field); break;
                case "DD": day = Number(text, ref at, 2, field); break;
                case "HH24": hour = Number(text, ref at, 2, field); break;
                case "HH12" or "HH": hour = Number(text, ref at, 2, field); isHour12 = true; break;
                case "MI": minute = Number(text, ref at, 2, field); break;
                case "SS": second = Number(text, ref at, 2, field); break;
                case "MS" or "US":
                    int start = at;
                    int digits = field == "MS" ? 3 : 6;
                    int fraction = Number(text, ref at, digits, field);
                    microseconds = fraction * (long)PowersOfTen.Narrow[6 - (at - start)];
                    break;
                case "MON": month = Name(text, ref at, 3); break;
                case "MONTH": month = Name(text, ref at, int.MaxValue); break;
                case "AM" or "PM":
                    isAfternoon = string.Compare(text, at, "PM", 0, 2, StringComparison.OrdinalIgnoreCase) == 0;
                    if (isAfternoon == false && string.Compare(text, at, "AM", 0, 2, StringComparison.OrdinalIgnoreCase) != 0)
                    {
                        throw Invalid(text[at..], field);
                    }

                    at += 2;
                    break;
                default: throw Error.NotSupported($"{field} in a template for reading dates");
            }
        }

        if (isHour12)
        {
            if (hour is < 1 or > 12)
            {
                throw new PhantomDbException(SqlStates.InvalidDatetimeFormat, $"hour \"{hour}\" is invalid for the 12-hour clock");
            }

            hour = (hour % 12) + (isAfternoon == true ? 12 : 0);
        }

        if (hour > 23 || minute > 59 || second > 59 || !CivilCalendar.TryToDays(year, month, day, out int days))
        {
            throw Error.DatetimeFieldOverflow(text);
        }

        return (days * CivilCalendar.MicrosecondsPerDay)
            + (((((hour * 60L) + minute) * 60) + second) * CivilCalendar.MicrosecondsPerSecond) + microseconds;
    }

    private static string FieldText(
        string field, string spelled, bool fill, int year, int month, int day, int days, long time, SessionTimeZone? zone, long utc)
    {
        long seconds = time / CivilCalendar.MicrosecondsPerSecond;
        int micros = (int)(time % CivilCalendar.MicrosecondsPerSecond);
        int hour = (int)(seconds / 3600);
        int shownYear = year > 0 ? year : 1 - year;
        switch (field)
        {
            case "YYYY": return Digits(shownYear, 4);
            case "YYY": return Digits(shownYear % 1000, 3);
            case "YY": return Digits(shownYear % 100, 2);
            case "Y": return Digits(shownYear % 10, 1);
            case "Y,YYY": return $"{shownYear / 1000},{shownYear % 1000:000}";
            case "IYYY" or "IYY" or "IY" or "I":
                CivilCalendar.IsoWeek(days, out int isoYear);
                return Digits(isoYear % (int)Math.Pow(10, field.Length), field.Length);
            case "MM": return Digits(month, 2);
            case "DD": return Digits(day, 2);
            case "DDD": return Digits(CivilCalendar.DayOfYear(year, month, day), 3);
            case "D": return Digits(CivilCalendar.DayOfWeek(days) + 1, 1);
            case "ID": return Digits(((CivilCalendar.DayOfWeek(days) + 6) % 7) + 1, 1);
            case "Q": return Digits(((month - 1) / 3) + 1, 1);
            case "W": return Digits(((day - 1) / 7) + 1, 1);
            case "WW": return Digits(((CivilCalendar.DayOfYear(year, month, day) - 1) / 7) + 1, 2);
            case "IW": return Digits(CivilCalendar.IsoWeek(days, out _), 2);
            case "CC" when year > 0: return Digits((year + 99) / 100, 2);
            case "J": return (days + CivilCalendar.JulianEpoch).ToString(CultureInfo.InvariantCulture);
            case "HH24": return Digits(hour, 2);
            case "HH12" or "HH": return Digits(hour % 12 == 0 ? 12 : hour % 12, 2);
            case "MI": return Digits((int)(seconds / 60 % 60), 2);
            case "SS": return Digits((int)(seconds % 60), 2);
            case "SSSS" or "SSSSS": return seconds.ToString(CultureInfo.InvariantCulture);
            case "MS": return Digits(micros / 1000, 3);
            case "US": return Digits(micros, 6);
            case "FF1" or "FF2" or "FF3" or "FF4" or "FF5" or "FF6":
                return micros.ToString("000000", CultureInfo.InvariantCulture)[..(field[2] - '0')];
            case "AM" or "PM": return Cased(hour < 12 ? "am" : "pm", spelled, isWord: false);
            case "A.M." or "P.M.": return Cased(hour < 12 ? "a.m." : "p.m.", spelled, isWord: false);
            case "AD" or "BC": return Cased(year > 0 ? "ad" : "bc", spelled, isWord: false);
            case "A.D." or "B.C.": return Cased(year > 0 ? "a.d." : "b.c.", spelled, isWord: false);
            case "MONTH": return Word(CultureInfo.InvariantCulture.DateTimeFormat.GetMonthName(month));
            case "MON": return Cased(CultureInfo.InvariantCulture.DateTimeFormat.GetAbbreviatedMonthName(month), spelled, isWord: true);
            case "DAY": return Word(CultureInfo.InvariantCulture.DateTimeFormat.GetDayName((DayOfWeek)CivilCalendar.DayOfWeek(days)));
            case "DY": return Cased(CultureInfo.InvariantCulture.DateTimeFormat.GetAbbreviatedDayName((DayOfWeek)CivilCalendar.DayOfWeek(days)), spelled, isWord: true);
            case "OF" when zone is not null || fill:
                int offset = zone?.OffsetAt(utc) ?? 0;
                int minutes = Math.Abs(offset) / 60 % 60;
                return (offset < 0 ? "-" : "+") + (Math.Abs(offset) / 3600).ToString("00", CultureInfo.InvariantCulture) + (minutes == 0 ? "" : $":{minutes:00}");
            case "TZ" when zone is null: return "";
            case "TZ" when zone.IsUtc: return char.IsUpper(spelled[0]) ? "UTC" : "utc";
            default: throw Error.NotSupported($"{field} in a template of to_char");
        }

        string Digits(int value, int width) => fill
            ? value.ToString(CultureInfo.InvariantCulture).PadLeft(width, '0') : value.ToString(CultureInfo.InvariantCulture);

        string Word(string name) => fill ? Cased(name, spelled, isWord: true).PadRight(9) : Cased(name, spelled, isWord: true);
    }

    private static string Cased(string word, string spelled, bool isWord) =>
        char.IsLower(spelled[0]) ? word.ToLowerInvariant()
        : isWord && spelled.Length > 1 && char.IsLower(spelled[1]) ? word
        : word.ToUpperInvariant();

    private static string Ordinal(string number, bool isUpper)
    {
        char last = number[^1];
        bool isTeen = number.Length > 1 && number[^2] == '1';
        string suffix = isTeen ? "th" : last switch { '1' => "st", '2' => "nd", '3' => "rd", _ => "th" };
        return isUpper ? suffix.ToUpperInvariant() : suffix;
    }

    /// <summary>Text in quotes, or a character after a backslash before a quote.</summary>
    private static bool TryLiteral(string template, ref int i, out string literal)
    {
        literal = "";
        if (template[i] != '"')
        {
            return false;
        }

        var text = new StringBuilder();
        for (i++; i < template.Length && template[i] != '"'; i++)
        {
            if (template[i] == '\\' && i + 1 < template.Length)
            {
                i++;
            }

            text.Append(template[i]);
        }

        i++;
        literal = text.ToString();
        return true;
    }

    private static bool StartsWith(string template, int at, string name) =>
        string.Compare(template, at, name, 0, name.Length, StringComparison.OrdinalIgnoreCase) == 0 && at + name.Length <= template.Length;

    private static int Number(string text, ref int at, int digitsMax, string field)
    {
        int start = at;
        int value = 0;
        while (at < text.Length && at - start < digitsMax && char.IsAsciiDigit(text[at]))
        {
            value = (value * 10) + (text[at++] - '0');
        }

        return at == start ? throw Invalid(text[start..], field) : value;
    }

    private static int Name(string text, ref int at, int lengthMax)
    {
        for (int month = 1; month <= 12; month++)
        {
            string name = CultureInfo.InvariantCulture.DateTimeFormat.GetMonthName(month);
            name = name.Length > lengthMax ? name[..lengthMax] : name;
            if (string.Compare(text, at, name, 0, name.Length, StringComparison.OrdinalIgnoreCase) == 0)
            {
                at += name.Length;
                return month;
            }
        }

        throw Invalid(text[at..], lengthMax == 3 ? "MON" : "MONTH");
    }

    private static PhantomDbException Invalid(string text, string field) =>
        new(SqlStates.InvalidDatetimeFormat, $"invalid value \"{text}\" for \"{field}\"");
}

/// <summary>Templates of numbers: 9 0 . , D G FM. Signs and other letters are 0A000.</summary>
internal static class NumberTemplate
{
    public static string Format(Numeric value, string template)
    {
        string upper = template.ToUpperInvariant();
        bool fill = !upper.StartsWith("FM", StringComparison.Ordinal);
        string pattern = (fill ? upper : upper[2..]).Replace('D', '.').Replace('G', ',');
        if (pattern.AsSpan().ContainsAnyExcept("90.,") || pattern.Count(c => c == '.') > 1 || !value.IsFinite)
        {
            throw Error.NotSupported($"the template \"{template}\" of to_char");
        }

        int point = pattern.IndexOf('.', StringComparison.Ordinal);
        string whole = point < 0 ? pattern : pattern[..point];
        string fraction = point < 0 ? "" : pattern[(point + 1)..].Replace(",", "", StringComparison.Ordinal);
        string digits = Numeric.Round(Numeric.Abs(value), fraction.Length).ToString();
        int digitPoint = digits.IndexOf('.', StringComparison.Ordinal);
        string wholeDigits = digitPoint < 0 ? digits : digits[..digitPoint];
        string fractionDigits = digitPoint < 0 ? "" : digits[(digitPoint + 1)..];
        int places = whole.Count(c => c != ',');
        wholeDigits = wholeDigits == "0" ? "" : wholeDigits;
        bool isTooLong = wholeDigits.Length > places;
        if (wholeDigits.Length == 0 && point < 0 && places > 0)
        {
            wholeDigits = "0";
        }

        int firstZero = whole.IndexOf('0', StringComparison.Ordinal);
        var body = new StringBuilder();
        int place = places;
        bool started = false;
        int blanks = 0;
        for (int i = 0; i < whole.Length; i++)
        {
            if (whole[i] == ',')
            {
                if (started)
                {
                    body.Append(',');
                }
                else
                {
                    blanks++;
                }

                continue;
            }

            bool hasDigit = isTooLong || place <= wholeDigits.Length;
            started |= hasDigit || (firstZero >= 0 && i >= firstZero);
            if (!started)
            {
                blanks++;
            }
            else
            {
                body.Append(isTooLong ? '#' : hasDigit ? wholeDigits[^place] : '0');
            }

            place--;
        }

        if (point >= 0)
        {
            body.Append('.');
            string shown = isTooLong ? new string('#', fraction.Length) : fractionDigits;
            if (!fill)
            {
                int keep = fraction.LastIndexOf('0') + 1;
                while (shown.Length > keep && shown[^1] == '0')
                {
                    shown = shown[..^1];
                }
            }

            body.Append(shown);
        }

        bool isNegative = value.IsNegative;
        string sign = isNegative ? "-" : fill ? " " : "";
        return (fill ? new string(' ', blanks) : "") + sign + body;
    }
}
