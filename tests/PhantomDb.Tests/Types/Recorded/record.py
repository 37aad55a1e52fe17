#!/usr/bin/env python3
"""Records what PostgreSQL 15 answers, for the tests of PhantomDb.Types.

usage: PGHOST=... PGPORT=... PGUSER=... ./record.py     (needs psql and a server of version 15; rewrites the .tsv files)

A line is: operation, arguments, then the answer as text, or `!SQLSTATE message`. Times are UTC.
"""
import itertools
import pathlib
import subprocess

HERE = pathlib.Path(__file__).parent

SETUP = """
set timezone = 'UTC'; set datestyle = 'ISO, MDY'; set intervalstyle = 'postgres'; set extra_float_digits = 1;
\\pset null NULL
"""


def quote(value):
    return "'" + value.replace("'", "''") + "'"


def record(name, cases):
    """cases: list of (operation, [arguments], SQL expression)"""
    script = SETUP
    for _, _, expression in cases:
        text = f"({expression})::text" if not expression.startswith("select ") else None
        if text is None:
            column, _, rest = expression.removeprefix("select ").partition(" from (select set_config")
            script += "begin;\n" if rest else ""
            script += f"select set_config{rest.split(') z')[0]} \\g /dev/null\n" if rest else ""
            text = f"({column})::text"
        else:
            rest = ""
        script += f"select {text};\n\\if :ERROR\n\\echo !:SQLSTATE :LAST_ERROR_MESSAGE\n\\endif\n" + ("rollback;\n" if rest else "")
    output = subprocess.run(["psql", "-XAtq", "-d", "postgres"], input=script, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    answers = output.removesuffix("\n").split("\n")
    assert len(answers) == len(cases), (name, len(answers), len(cases))
    with open(HERE / f"{name}.tsv", "w", encoding="utf-8", newline="\n") as file:
        for (operation, arguments, _), answer in zip(cases, answers):
            escaped = [a.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n") for a in arguments]
            file.write("\t".join([operation, *escaped, answer]) + "\n")


def unary(operation, template, values):
    return [(operation, [v], template.format(quote(v))) for v in values]


def binary(operation, template, lefts, rights):
    return [(operation, [a, b], template.format(quote(a), quote(b))) for a, b in itertools.product(lefts, rights)]


NUMERIC_TEXTS = [
    "0", "1", "-1", "+5", "  42  ", "007", "1.0", "1.50", ".5", "-.5", "5.", "0.000", "-0.0", "-0", "123456789.987654321",
    "12345678901234567890", "0.00000000000000000001", "99999999999999999999999999999999999999", "1e5", "1.5e3", "1.5E-3",
    "1e-10", "12.34e1", "12.34e2", "12.34e3", "0e5", "0e-5", "NaN", "nan", "Infinity", "-infinity", "inf", "+Inf", "-inf",
    "", " ", "abc", "1..2", "1.2.3", "1e", "1e+", "e5", "--1", "+-1", "1 2", "1_000", "-NaN", "+NaN", "0x10", "1,000", ".",
    "-", "1e5x", "infinit", "infinity1", "\t7\n", "1e 5", "$5",
]

NUMERIC_VALUES = [
    "0", "1", "-1", "2", "3", "7", "10", "0.5", "-2.50", "1.00", "0.001", "-0.03", "9999", "10000", "12345.678",
    "99999999.99", "0.00001234", "123456789012345678", "-98765432109876.54321", "Infinity", "-Infinity", "NaN",
]

ROUNDED = [
    "0", "0.5", "-0.5", "1.5", "2.5", "-2.5", "2.49999", "1234.5678", "-1234.5678", "999.995", "0.005", "0.0049", "50", "49",
    "-50", "149", "150", "0.45", "99.99", "NaN", "Infinity", "12345678901234567890.5",
]

FUNCTION_VALUES = [
    "0", "1", "-1", "2", "0.5", "10", "100", "0.001", "1.00001", "0.99", "1.05", "123.456", "123456789.123", "0.0000001", "3.14159",
    "2.00", "1e20", "1e-20", "99999", "7", "NaN", "Infinity", "-Infinity", "0.9", "1.1", "1.10000001", "0.89999", "1.0000000000001",
]

POWERS = [
    ("2", "10"), ("2", "0.5"), ("1.5", "-3"), ("10", "-20"), ("0", "0"), ("2", "-2.5"), ("123.456", "7"), ("1.0001", "1000"),
    ("-2", "3"), ("-2", "2"), ("-2", "0.5"), ("7.2", "20"), ("0.5", "30"), ("1.1", "2.5"), ("10.00", "2"), ("0", "-1"), ("0", "2.5"),
    ("0.000", "3"), ("7", "0.333"), ("0.001", "0.5"), ("3", "40"), ("12.5", "1"), ("12.5", "-1"), ("12.5", "0"), ("0.3", "100"),
    ("3.7", "-40"), ("NaN", "0"), ("1", "NaN"), ("2", "NaN"), ("Infinity", "2"), ("Infinity", "-2"), ("-Infinity", "3"),
    ("-Infinity", "2"), ("2", "Infinity"), ("0.5", "Infinity"), ("-1", "Infinity"), ("2", "-Infinity"), ("0", "Infinity"),
    ("1.000000001", "1000000"), ("0.999999", "123456"), ("1.01", "365"), ("2", "100"), ("1.5", "2.0"), ("9", "0.5"), ("1e10", "1.5"),
]

INTEGER_TEXTS = [
    "0", "1", "-1", "+1", "  12  ", "\t-5\n", "32767", "-32768", "32768", "2147483647", "-2147483648", "2147483648",
    "9223372036854775807", "-9223372036854775808", "9223372036854775808", "00000000000000000000000012", "", " ", "-", "+", "1.0",
    "1e3", "abc", "12x", "1 2", "99999999999999999999999x", "-0", "--1", "0x1F", "1_0",
]

BOOLEAN_TEXTS = [
    "t", "f", "T", "F", "true", "TRUE", "tru", "tr", "false", "fals", "yes", "ye", "y", "no", "n", "on", "off", "of", "o", "1", "0",
    "  true  ", "truee", "", "2", "10", "yess", "nope", "onn", " 1 ", "tx",
]

FLOAT_TEXTS = [
    "0", "-0", "1", "-1.5", "0.1", "0.2", "0.3", "1e15", "1e14", "999999999999999", "1e16", "123456789012345678", "1e-4", "0.00001",
    "1234567", "123456", "1e6", "999999", "16777216", "16777217", "1.5e-7", "3.4028235e38", "1e38", "1e39", "1.7976931348623157e308",
    "1e309", "5e-324", "1e-400", "2.2250738585072014e-308", "1e-45", "1e-46", "NaN", "nan", "Infinity", "-Infinity", "inf", "-inf",
    "+inf", "  3.5  ", "abc", "", " ", "1e", "1e+", ".", ".5", "5.", "1.2.3", "1 2", "0x1F", "0x1.8p3", "infi", "+5", "1e0400",
    "0.1234567890123456789", "3.14159265358979323846", "100000", "1000000", "10000000", "123456789.5", "-nan", "1_0",
    "4.35", "0.000123456", "9007199254740993", "1.1754944e-38", "8388608.5", "33554432", "1e22", "1e23", "12345.678", "9e22", "4e23", "8.5e22", "5e25", "1e24", "-1e23", "8589973000", "6e9",
]

DOUBLE_VALUES = [
    "0", "-0", "1.5", "2.5", "-2.5", "0.1", "1e20", "123456789.123456789", "1e-10", "3e37", "1e38", "32767.4", "32767.5", "-32768.5",
    "-32768.6", "2147483647.5", "2147483646.5", "9.2233720368547e18", "9223372036854775807", "NaN", "Infinity", "-Infinity",
    "0.3333333333333333", "1e40", "1e-50", "123456.5", "1234567.5", "4e38",
]


DATETIME_TEXTS = [
    "2024-01-31", "2024-02-29", "2023-02-29", "2024-13-01", "2024-00-10", "2024-01-32", "0001-01-01", "0000-01-01", "99999-01-01",
    "5874897-12-31", "5874898-01-01", "4713-01-01 BC", "4714-11-24 BC", "4714-11-23 BC", "294276-12-31", "294277-01-01",
    "2024-1-5", "24-1-5", "70-01-01", "69-01-01", "99-12-31", "20240131", "240131", "2024.031", "2024-031", "2024.031 10:00",
    "Jan 31 2024", "Jan 31, 2024", "January 31 2024", "31 Jan 2024", "31-Jan-2024", "31-Jan-24", "2024-Jan-31", "Jan-31-2024",
    "1/31/2024", "01/31/24", "31/1/2024", "2024/01/31", "1.31.2024", "31.1.2024", "Wed Jan 31 2024", "Wednesday, January 31, 2024",
    "Jan 31 2024 10:11:12", "2024-01-31T10:11:12.5Z", "2024-01-31 10:11:12.5+02", "2024-01-31 10:11:12-05:30", "2024-01-31 10:11:12 +0530",
    "2024-01-31 10:11:12.123456", "2024-01-31 10:11:12.1234567", "2024-01-31 10:11:12.1234565", "2024-01-31 10:11:12.9999999",
    "2024-01-31 10:11", "2024-01-31 10", "2024-01-31 24:00:00", "2024-01-31 24:00:01", "2024-01-31 23:59:60", "2024-01-31 23:59:61",
    "2024-01-31 10:60", "2024-01-31 25:00", "2024-01-31T101112", "20240131T101112", "20240131 101112", "20240131T101112.25",
    "20240131T101112-05", "2024-01-31 10:11:12 PM", "2024-01-31 12:11:12 AM", "2024-01-31 12:11 PM", "2024-01-31 13:11 PM", "2024-01-31 10:11am",
    "epoch", "infinity", "-infinity", "+infinity", "Infinity", "INFINITY", "inf", "now", "today", "yesterday", "tomorrow", "allballs", "today 10:00",
    "tomorrow 04:05", "now 10:00", "2024-01-31 allballs", "2024-01-31 10:11:12 EST", "2024-01-31 10:11:12 PST", "2024-01-31 10:11:12 UTC",
    "2024-01-31 10:11:12 Europe/Berlin", "2024-07-31 10:11:12 Europe/Berlin", "2024-07-31 10:11:12 America/New_York", "2024-01-31 10:11:12 foo",
    "2024-01-31 10:11:12 Foo/Bar", "2024-01-31 10:11:12 +16", "2024-01-31 10:11:12 +15:59", "2024-01-31 10:11:12 +02:60", "2024-01-31 10:11:12 z",
    "2024-03-31 02:30:00 Europe/Berlin", "2024-10-27 02:30:00 Europe/Berlin", "2024-03-10 02:30 America/New_York", "2024-01-31 10:11:12+02:30:15",
    "J2451187", "J2451187.5", "julian 2451187", "y2001m02d04", "y2001m02d04 t040506", "Y2024 M3 D5", "2024-01-31 BC", "44-03-15 BC", "Mar 15 44 BC",
    "0044-03-15 BC", "2024-01-31 AD", "", " ", "abc", "2024", "2024-01", "01-31", "Jan", "Jan 2024", "10:11:12", "10:11", "2024-01-31 10:11:12 10:11",
    "2024-01-31 2024-01-31", "2024--01-31", "2024-01-31-05", "  2024-01-31  ", "2024-01-31x", "x2024-01-31", "2024-01-31 10:11:12.", "2024-01-31 .5",
    "2024-01-31 10:11:12,5", "2024/Jan/31", "Jan312024", "31Jan2024", "2024Jan31", "1 2 3", "1 2 2003", "2003 1 2", "12 13 2003", "13 12 2003",
    "2024-01-31 at 10:00", "on 2024-01-31", "2024-01-31 10:11:12 +", "2024-01-31 10:11:12 -0", "2024-1-31 1:2:3", "2024-01-31 1:2", "2024-01-31 001:02:03",
    "99999999999-01-01", "2024-99999999999-01", "2024-01-31 99999999999:00", "12:30 2024-01-31", "10:00 PM Jan 31 2024", "2024-01-31\t10:00", "200", "20240", "2024013",
    "20240132", "Feb 30 2024", "30 Feb 2024", "dow 5", "2024-01-31 12", "2024-01-31 1200", "2024-01-31 120000", "2024-01-31 12.5", "1999-01-08 04:05:06.789-8",
    "1999-01-08 04:05:06.789-08:00", "January 8, 99 BC", "1999.008", "990108", "08-Jan-99", "Jan-08-1999", "040506.789+08", "1999-01-08 040506+08",
    "Dec 25 2023 13:37:00.000001 America/Los_Angeles", "Sat Aug 17 2013 10:11:12 PDT", "2013-08-17T10:11:12.345678+00:00", "2024-01-31 10:11:12 MST7MDT",
    "2024-01-31 10:11:12 UTC+3", "2024-01-31 10:11:12 GMT-3", "2024-01-31 00:00:00.0000004", "2024-02-30 10:00", "294276-12-31 23:59:59.999999",
    "294276-12-31 23:59:59.9999999", "4714-11-24 00:00:00 BC", "4714-11-23 23:59:59 BC", "0001-12-31 BC", "2024-01-31 t 10:11", "2024-01-31 t",
    "1999-W03-1", "12/25/1999 3:45 pm", "3:45 pm 12/25/1999", "noon", "2024-06-30T23:59:60Z", "10000-01-01", "12345-06-07", "2024-01-31 10:11:12 dst",
    "2024-07-31 10:11:12 CET dst", "Mon Tue 2024-01-01", "2024-01-31\n", "2024_01_31", "2024-01-31 10-11-12", "2024-01-31 +05", "é2024",
]

TIME_TEXTS = [
    "10:11:12", "10:11", "101112", "1011", "10:11:12.5", "10:11:12.123456", "10:11:12.1234567", "23:59:59.9999999", "24:00:00", "24:00:01", "00:00:60",
    "23:59:60", "23:59:61", "10:60", "25:00", "10:11 PM", "12:00 AM", "12:00 PM", "13:00 PM", "10:11:12 AM", "10:11:12+02", "10:11:12 EST", "now", "allballs",
    "2024-01-31 10:11:12", "10:11:12 2024-01-31", "04:05:06.789-8", "040506-08", "040506.789", "10", "1", "", "abc", "10:11:12:13", "2024-01-31", "10:11:12 foo",
    "T10:11:12", "t101112", "10:11:12 Europe/Berlin", "2024-01-31 10:11:12 Europe/Berlin", "infinity", "today", "10:-11", "1:2:3", "  10:11:12  ", "3pm", "3:4", "3:4.5", "epoch",
    "10 PM", "h10 m11 s12", "10:11:", ":10", "10.5", "101112.25", "12345",
]


INTERVAL_TEXTS = [
    "1 year 2 mons 3 days 04:05:06.789", "-1 year -2 mons +3 days -04:05:06", "P1Y2M3DT4H5M6S", "P1Y2M3DT4H5M6.7S", "P1.5Y", "P1.5M", "P2W", "PT36H", "P0001-02-03T04:05:06",
    "P00010203T040506", "P-1Y-2M", "P1Y-2M3DT-4H", "PT0.000001S", "P", "PT", "P1", "P1-2", "P1Y2", "PT1", "PT1:2:3", "1-2", "-1-2", "+1-2", "1-12", "3 4:05:06", "3 -4:05:06",
    "-3 4:05:06", "1-2 3 4:05:06", "+1-2 -3 +4:05:06", "1 day ago", "1 year 2 days ago", "ago", "0", "-00:00:01", "00:00", "1:2", "1:2:3", "1:2.5", "100:59:59.999999", "1:60", "1:2:61",
    "1 mon -1 day", "1.5 years", "1.5 months", "1.5 weeks", "1.75 days", "1.5 hours", "1.5 minutes", "1.5 seconds", "1.5 decades", "0.1 months", "-1.5 months", "1.23456789 sec", "@ 1 minute",
    "@ 1 day 2 hours ago", "1 century 2 decades", "1 millennium", "3 mil", "1 week", "5 w", "1y2mon3d4h5m6s", "1 y 2 mon", "100 ms", "100 us", "1500 milliseconds", "1000000 microseconds",
    "1 day 1 day", "1 day 2", "2 1 day", "1 2 hours", "5", "5.5", "-5.5", "", " ", "abc", "1 foo", "1 day foo", "day 1", "day", "1 quarter", "2147483647 days", "2147483648 days",
    "178956970 years", "178956971 years", "178956970 years 8 months", "99999999999 years", "2147483647 months", "2562047788:00:54.775807", "2562047788:00:54.775808", "9223372036854775807 us",
    "9223372036854775808 us", "infinity", "1 day 24:00:00", "1 mon 30 days", "1 year 12 mons", "23:59:60", "1 hour 30", "1 yr 2 hrs 3 mins 4 secs", "1 d", "1 c", "1 dec", "2 days 3:4:5 ago", "1 day, 2 hours",
    "1  day", "\t1 day\n", "1day", "one day", "1 DAY", "1e2 days", "1. day", ".5 day", "0.5 0:00", "1 month 1.5 month", "0.00000049 sec", "0.0000005 sec", "1.0000005 sec", "3 days -00:00:01", "-1 day +00:00:01",
]

INTERVALS = [
    "0", "1 day", "-1 day", "1 month", "1 year 2 months", "1 month -1 day", "36:00:00", "-36:00:00", "1 day 12:34:56.789012", "35 days", "-35 days 10:00", "1 year 1 month 1 day 1:01:01.5", "100 years",
    "2 mons 40 days 30:00:00", "1 mon -40 days", "-1 mon 3 days -30:00", "2147483647 days", "0.000001 sec", "178956970 years", "9:59:59.9999995", "13 mons 29 days", "-5 mons",
]

TIMESTAMPS = [
    "2000-01-01", "1999-12-31 23:59:59.999999", "2024-02-29 12:34:56.789012", "2024-01-31 10:00", "2023-03-31", "0001-01-01", "0001-12-31 BC", "0044-03-15 12:00 BC", "1970-01-01", "294276-12-31 23:59:59",
    "4714-11-24 BC", "2001-09-11 08:46:40", "1900-02-28", "2100-12-31 00:00:00.5", "0101-01-01", "1000-06-15", "1001-01-01", "0010-05-05 BC", "0100-01-01 BC", "1001-12-31 BC", "2020-12-31", "2021-01-03", "2018-12-31",
    "infinity", "-infinity",
]

FIELDS = [
    "microseconds", "milliseconds", "second", "minute", "hour", "day", "week", "month", "quarter", "year", "decade", "century", "millennium", "isoyear", "dow", "isodow", "doy", "epoch", "julian", "timezone",
    "timezone_hour", "timezone_minute", "hours", "mins", "foo",
]

INTERVAL_FIELDS = {
    "All": "", "Year": "year", "Month": "month", "YearToMonth": "year to month", "Day": "day", "Hour": "hour", "Minute": "minute", "Second": "second", "DayToHour": "day to hour", "DayToMinute": "day to minute",
    "DayToSecond": "day to second", "HourToMinute": "hour to minute", "HourToSecond": "hour to second", "MinuteToSecond": "minute to second",
}


def intervals():
    cases = unary("parse", "{}::interval", INTERVAL_TEXTS)
    for name, fields in INTERVAL_FIELDS.items():
        cases += [("fields", [t, name], f"{quote(t)}::interval {fields}") for t in
                  ["1 day 2:3:4.56", "1:2", "10", "1-2", "1 year 5 days 3:4:5.678", "100", "5 months 40 days 50:60:00", "-17 mons -1:02:03.4", "1.5", "3 4:05:06"]]
    cases += [("precision", [t, str(p)], f"{quote(t)}::interval({p})") for t in ["1.2345678 sec", "-1.5 sec", "1 day 0.0004 sec", "59.999999 sec"] for p in (0, 2, 3, 6)]
    cases += binary("add", "{}::interval + {}::interval", INTERVALS, INTERVALS[:8])
    cases += binary("subtract", "{}::interval - {}::interval", INTERVALS, INTERVALS[:8])
    cases += binary("less", "({}::interval < {}::interval)", INTERVALS, INTERVALS)
    for symbol, name in (("*", "multiply"), ("/", "divide")):
        cases += [(name, [i, f], f"{quote(i)}::interval {symbol} {f}::float8") for i in INTERVALS for f in ["2", "0.5", "-1.5", "3", "7", "0.1", "1e10", "0"]]
    for function in ("justify_hours", "justify_days", "justify_interval"):
        cases += unary(function, f"{function}({{}}::interval)", INTERVALS)
    cases += unary("negate", "-{}::interval", INTERVALS)
    cases += unary("to_time", "{}::interval::time", INTERVALS)
    for field in FIELDS:
        cases += [(f, [field, i], e.format(quote(field), quote(i))) for i in INTERVALS for f, e in
                  (("extract", "extract({} from {}::interval)"), ("part", "date_part({}, {}::interval)"), ("trunc", "date_trunc({}, {}::interval)"))]
    record("interval", cases)


def datetime_arithmetic():
    cases = binary("add", "{}::timestamp + {}::interval", TIMESTAMPS, INTERVALS)
    cases += binary("subtract", "{}::timestamp - {}::interval", TIMESTAMPS, INTERVALS)
    cases += binary("difference", "{}::timestamp - {}::timestamp", TIMESTAMPS, TIMESTAMPS)
    cases += binary("age", "age({}::timestamp, {}::timestamp)", TIMESTAMPS[:-2], TIMESTAMPS[:-2])
    for field in FIELDS:
        for t in TIMESTAMPS:
            f, v = quote(field), quote(t)
            cases += [("extract", [field, t], f"extract({f} from {v}::timestamp)"), ("part", [field, t], f"date_part({f}, {v}::timestamp)"),
                      ("trunc", [field, t], f"date_trunc({f}, {v}::timestamp)"), ("extract_date", [field, t], f"extract({f} from {v}::date)")]
        for t in ["00:00", "12:34:56.789012", "23:59:59.999999", "24:00"]:
            cases += [("extract_time", [field, t], f"extract({quote(field)} from {quote(t)}::time)"), ("part_time", [field, t], f"date_part({quote(field)}, {quote(t)}::time)")]
        for t in ["2024-07-01 10:11:12.5+00", "2024-01-01 23:30+00", "2024-03-31 01:30+00", "2024-10-27 00:30+00", "1999-12-31 22:59:59+00"]:
            if field not in ("julian",):
                cases += [("extract_tz", [field, t], f"select extract({quote(field)} from {quote(t)}::timestamptz) from (select set_config('timezone','Europe/Berlin',true)) z"),
                          ("trunc_tz", [field, t], f"select date_trunc({quote(field)}, {quote(t)}::timestamptz, 'Europe/Berlin')")]
    cases += [("add_days", [d, n], f"{quote(d)}::date + {n}") for d in ["2024-02-28", "infinity", "5874897-12-31", "4714-11-24 BC", "0001-12-31 BC"] for n in ["1", "-1", "366", "2147483647", "-2147483648"]]
    cases += binary("subtract_dates", "{}::date - {}::date", ["2024-03-01", "2000-01-01", "5874897-12-31", "4714-11-24 BC", "infinity"], ["2024-03-01", "2000-01-01", "4714-11-24 BC", "infinity"])
    cases += unary("date_to_timestamp", "{}::date::timestamp", ["2024-03-01", "infinity", "294276-12-31", "294277-01-01", "5874897-12-31", "4714-11-24 BC"])
    cases += binary("add_to_time", "{}::time + {}::interval", ["00:00", "12:34:56.789012", "23:59:59.999999"], INTERVALS)
    cases += [("make_date", a, f"make_date({','.join(a)})") for a in (["2024", "2", "29"], ["2023", "2", "29"], ["-44", "3", "15"], ["0", "1", "1"], ["2024", "13", "1"], ["5874898", "1", "1"], ["-4714", "11", "24"], ["-4714", "11", "23"])]
    cases += [("make_time", a, f"make_time({','.join(a)})") for a in (["8", "15", "23.5"], ["24", "0", "0"], ["24", "0", "1"], ["25", "0", "0"], ["1", "60", "0"], ["1", "59", "60"], ["1", "1", "60.5"])]
    cases += unary("to_timestamp", "to_timestamp({}::float8)", ["0", "1.5", "-1.5", "1e10", "1e20", "NaN", "Infinity", "1706695872.123456", "-210866803200"])
    cases += [("bin", [i, t, o], f"date_bin({quote(i)}, {quote(t)}::timestamp, {quote(o)}::timestamp)") for i in ["15 minutes", "1 day", "7 days 1 hour", "0", "-1 day", "1 month"]
              for t in ["2024-02-29 12:34:56.789012", "1999-12-31 23:59:59", "infinity"] for o in ["2000-01-01", "2030-01-01 00:07"]]
    record("datetime_arithmetic", cases)


DATE_TEMPLATES = [
    "YYYY-MM-DD", "YYYY-MM-DD HH24:MI:SS", "YYYY-MM-DD HH24:MI:SS.US", "HH12:MI:SS AM", "hh:mi:ss pm", "DD Mon YYYY", "Day, DD Month YYYY", "FMDay, FMDD FMMonth YYYY", "DY DAY dy day Dy", "MON mon Mon MONTH month",
    "YYYY YYY YY Y", "Y,YYY", "IYYY-IW-ID IYY IY I IDDD", "Q", "WW W", "DDD D J", "CC", "AD BC A.D. B.C. ad b.c.", "am P.M. a.m.", "SSSS SSSSS", "MS US FF1 FF2 FF3 FF4 FF5 FF6", "RM rm FMRM", "TZ tz TZH TZM OF", "DDth DDTH",
    "FMDDth FMMonth", '"quoted YYYY" YYYY', "YYYY\\YY", "foo YYYY", "HH24H MIm", "FMHH24:FMMI:FMSS", "FMYYYY-FMMM-FMDD", "yyyy-mm-dd", "Yyyy", "TMDay TMMonth", "FXYYYY", "HHHH24", "YYYYMMDD", "\"a\\\"b\"", "DD/MM/YYYY", "Dth Qth", "FMCC", "ID Day", "-", "é YYYY",
]

DATE_READINGS = [
    ("2024-01-31", "YYYY-MM-DD"), ("20240131", "YYYYMMDD"), ("31 Jan 2024", "DD Mon YYYY"), ("31 january 2024", "DD Month YYYY"), ("31JAN2024", "DDMonYYYY"), ("24-1-5", "YY-MM-DD"), ("70-1-5", "YY-MM-DD"), ("2024 1 5", "YYYY MM DD"),
    ("2024/01/31", "YYYY-MM-DD"), ("2024-01-31 10:11:12", "YYYY-MM-DD HH24:MI:SS"), ("2024-01-31 10:11:12.5", "YYYY-MM-DD HH24:MI:SS.MS"), ("2024-01-31 10:11:12.123456", "YYYY-MM-DD HH24:MI:SS.US"),
    ("2024-01-31 10:11:12.123", "YYYY-MM-DD HH24:MI:SS.FF3"), ("2024-01-31 10:11 PM", "YYYY-MM-DD HH12:MI AM"), ("2024-01-31 12:11 am", "YYYY-MM-DD HH:MI pm"), ("2024-01-31 13:11 PM", "YYYY-MM-DD HH12:MI AM"), ("2024 031", "YYYY DDD"), ("2024031", "YYYYDDD"),
    ("2024-W05-3", "IYYY-\"W\"IW-ID"), ("2024 5", "IYYY IW"), ("2024 5", "YYYY WW"), ("2024 1 3", "YYYY MM W"), ("2451187", "J"), ("XII 2024", "RM YYYY"), ("44 BC", "YYYY BC"), ("20 24", "CC YY"), ("21", "CC"), ("2,024", "Y,YYY"), ("2024-13-01", "YYYY-MM-DD"),
    ("2024-02-30", "YYYY-MM-DD"), ("2024-00-01", "YYYY-MM-DD"), ("abc", "YYYY"), ("2024-xx-01", "YYYY-MM-DD"), ("2024-1", "YYYY-MM-DD"), ("", "YYYY"), ("2024", ""), ("2024-01-31", "YYYY-MM-DD HH24:MI"), ("  2024-01-31", "YYYY-MM-DD"), ("2024-01-31   ", "YYYY-MM-DD"),
    ("2024--01-31", "YYYY-MM-DD"), ("2024-01-31", "YYYYMMDD"), ("202401", "YYYYMM"), ("2024131", "YYYYMMDD"), ("Wed 31 Jan 2024", "Dy DD Mon YYYY"), ("Xyz 2024", "Mon YYYY"), ("31 Foo", "DD Month"), ("2024-01-31 +02", "YYYY-MM-DD TZH"), ("2024-01-31 10:00 -05:30", "YYYY-MM-DD HH24:MI TZH:TZM"),
    ("2024-01-31 UTC", "YYYY-MM-DD TZ"), ("31st of January 2024", "DDth \"of\" Month YYYY"), ("2024-01-31 86399", "YYYY-MM-DD SSSS"), ("2024-01-31 24:00:00", "YYYY-MM-DD HH24:MI:SS"), ("2024-01-31 25:00:00", "YYYY-MM-DD HH24:MI:SS"), ("12/25/1999", "MM/DD/YYYY"), ("1999 12 25", "FXYYYY MM DD"),
    ("1999  12 25", "FXYYYY MM DD"), ("2024-01-31 2024-01-30", "YYYY-MM-DD YYYY-MM-DD"), ("2024 2", "YYYY Q"), ("2024-01-31", "IYYY-MM-DD"), ("5", "DD"), ("2024-060", "YYYY-DDD"), ("366 2023", "DDD YYYY"), ("99999999999", "YYYY"), ("-44-03-15", "YYYY-MM-DD"), ("10:11:12", "HH24:MI:SS"), ("0", "HH12"), ("20240131T101112", "YYYYMMDD\"T\"HH24MISS"),
    ("2024Jan31", "YYYYMonDD"), ("1 1 1", "YYY MM DD"), ("520 1 1", "YYY MM DD"), ("5 1 1", "Y MM DD"), ("2024.01.31", "YYYY-MM-DD"), ("2024_01_31", "YYYY MM DD"), ("5874898-01-01", "YYYY-MM-DD"), ("294277-01-01", "YYYY-MM-DD"), ("060", "DDD"),
]


NUMBER_TEMPLATES = [
    "999", "9999.99", "0000.00", "9,999.99", "FM999.99", "FM9999.00", "FM9,999.09", "S9999", "9999S", "9999MI", "MI9999", "PL9999", "9999PL", "SG9999", "9999SG", "9999PR", "FM9999PR", "L999", "999D99", "99G999", "9G999D99", "RN", "FMRN", "rn",
    "999th", "999TH", "FM999th", "V99", "99V99", "FM9V99", "9.99EEEE", "9EEEE", "999.9EEEE", '"pre" 999 "post"', "B999", "FM0999", "FM0", ".99", "9", "0", "FM", "", "999x", "9 9 9 9", "99.99S", "S99.99", "SG99.9", "99.99MI", "FM99.99MI", "FMS999",
    "FM999S", "009.90", "FM990.09", "FM90.9990", "0,000", "FM000,000", "9,9,9", "9.9.9", "9PR9", "9S S", "S9MI", "9V9.9", "9EEEE9", "9PRS", "FM9EEEE", "S9PR", "9.", "FM9.", "C999", "999SP", "99 \\\"x\\\"", "é99", "fm99.0", "9pr", "s99", "FM999,999,999", "000000", "FM.00",
]

NUMBER_READINGS = [
    ("12,454.8-", "99G999D9S"), ("-12", "S99"), ("1,234.56", "9,999.99"), ("abc", "999"), ("12a3", "999"), ("$12", "L99"), ("<12>", "99PR"), ("12", "9"), ("1 2", "999"), ("", "9"), (" 12", "99"), ("1.5", "9"), ("12th", "99th"), ("-1.5", "9.9"), ("1e5", "9"),
    ("+12", "S99"), ("12-", "99MI"), ("12+", "99PL"), ("-12", "SG99"), ("12-", "99S"), ("-34,338,492", "99G999G999"), ("-34,338,492.654,878", "99G999G999D999G999"), ("0.00001-", "9.999999S"), ("5.01-", "FM9.999999S"), ("5 4 4 4 4 8 . 7 8", "9 9 9 9 9 9 . 9 9"),
    (".01", "FM9.99"), (".0", "99999999.99999999"), ("0", "99.99"), (".-01", "S99.99"), (".01-", "99.99S"), (" . 0 1-", " 9 9 . 9 9 S"), ("34,50", "999,99"), ("123,000", "999G"), ("123456", "999G999"), ("$1234.56", "L9,999.99"), ("$1234.56", "L99,999.99"), ("1234.56", "L9,999.99"),
    ("42nd", "99th"), ("1", "RN"), ("1", "9EEEE"), ("1234", "99V99"), ("100", "999V9"), ("  1234", "9999"), ("--12", "S99"), ("12.345", "99.9"), ("007", "000"),
]


def templates():
    stamps = ["2024-02-29 13:04:05.067089", "1999-01-01 00:00:00", "0044-03-15 12:30:00 BC", "0001-01-01 11:59:59.999999", "12345-12-31 23:00:00", "2021-01-03 01:02:03.5", "1901-11-21 10:00"]
    cases = [("to_char", [t, f], f"to_char({quote(t)}::timestamp, {quote(f)})") for t in stamps for f in DATE_TEMPLATES]
    cases += [("to_char_tz", [t, f], f"select to_char({quote(t)}::timestamptz, {quote(f)}) from (select set_config('timezone','Europe/Berlin',true)) z")
              for t in ["2024-07-01 10:11:12.5+00", "2024-01-01 23:30+00"] for f in ["YYYY-MM-DD HH24:MI:SS TZ", "tz TZH TZM OF", "FMOF", "HH24 TZH:TZM"]]
    cases += [("to_char_interval", [t, f], f"to_char({quote(t)}::interval, {quote(f)})") for t in ["1 year 2 mons 3 days 04:05:06.789", "-1 year -2 mons", "100:00:00", "15 days", "26 hours"]
              for f in ["YYYY-MM-DD HH24:MI:SS", "HH12 AM", "FMYYYY FMMM FMDD", "DDD", "Q", "RM", "Day", "Month", "CC", "MS US", "SSSS", "YY", "AD", "ID"]]
    cases += [("to_date", [t, f], f"to_date({quote(t)}, {quote(f)})") for t, f in DATE_READINGS]
    cases += [("to_timestamp", [t, f], f"to_timestamp({quote(t)}, {quote(f)})") for t, f in DATE_READINGS]
    numbers = ["0", "1", "-1", "0.5", "-0.5", "12", "485", "-485", "1234.567", "-1234.567", "0.001", "99.995", "123456789", "1.10", "NaN", "Infinity", "3999", "4000", "101", "112"]
    cases += [("number", [n, f], f"to_char({quote(n)}::numeric, {quote(f)})") for n in numbers for f in NUMBER_TEMPLATES if not (n in ("NaN", "Infinity") and "RN" in f.upper())]
    cases += [("number_float8", [n, f], f"to_char({quote(n)}::float8, {quote(f)})") for n in ["0", "0.1", "-12.5", "123456789.123", "1e15", "2.5", "3.14159265358979", "0.000012345", "1e20"]
              for f in ["9.99", "9.999999999999999999", "FM999999999.99999999", "9.99EEEE", "999999999999999999999", "S99D9", "0000.000"]]
    cases += [("number_float4", [n, f], f"to_char({quote(n)}::float4, {quote(f)})") for n in ["0.1", "-12.5", "123456.78", "2.5"] for f in ["9.99", "9.9999999999", "999999.999", "9.99EEEE"]]
    cases += [("to_number", [t, f], f"to_number({quote(t)}, {quote(f)})") for t, f in NUMBER_READINGS]
    record("template", cases)


def datetimes():
    clock = [t for t in DATETIME_TEXTS if not any(w in t for w in ("now", "today", "tomorrow", "yesterday"))]
    cases = []
    for typename in ["date", "timestamp", "timestamptz"]:
        cases += unary(typename, f"{{}}::{typename}", clock)
    for typename in ["timestamp(0)", "timestamp(2)", "timestamptz(3)"]:
        cases += unary(typename, f"{{}}::{typename}", [t for t in clock if "." in t] + ["1999-12-31 23:59:59.5", "1999-12-31 23:59:59.4999"])
    cases += unary("time", "{}::time", [t for t in TIME_TEXTS if t != "now"])
    cases += unary("time(2)", "{}::time(2)", [t for t in TIME_TEXTS if "." in t])
    record("datetime", cases)


def numerics():
    finite = [v for v in NUMERIC_VALUES if v[-1].isdigit()]
    cases = unary("parse", "{}::numeric", NUMERIC_TEXTS)
    for operation, symbol in [("add", "+"), ("subtract", "-"), ("multiply", "*"), ("divide", "/"), ("modulo", "%")]:
        cases += binary(operation, f"{{}}::numeric {symbol} {{}}::numeric", NUMERIC_VALUES, NUMERIC_VALUES)
    cases += binary("div", "div({}::numeric, {}::numeric)", finite, finite)
    cases += binary("less", "({}::numeric < {}::numeric)", NUMERIC_VALUES, NUMERIC_VALUES)
    for digits in ["0", "1", "2", "5", "-1", "-2", "-4"]:
        cases += [("round", [v, digits], f"round({quote(v)}::numeric, {digits})") for v in ROUNDED]
        cases += [("trunc", [v, digits], f"trunc({quote(v)}::numeric, {digits})") for v in ROUNDED]
    for function in ["ceil", "floor", "abs", "sign", "trim_scale"]:
        cases += unary(function, f"{function}({{}}::numeric)", ROUNDED + NUMERIC_VALUES)
    for function in ["sqrt", "exp", "ln", "log"]:
        values = [v for v in FUNCTION_VALUES if function != "exp" or v not in ("1e20", "123456789.123", "99999", "100", "123.456")]
        cases += unary(function, f"{function}({{}}::numeric)", values)
    cases += binary("logb", "log({}::numeric, {}::numeric)", ["2", "10", "2.5", "0.5", "1", "0", "1.0001"],
                    ["1", "2", "8", "1000", "0.001", "0", "-1", "1.00001", "NaN"])
    cases += [("power", [a, b], f"power({quote(a)}::numeric, {quote(b)}::numeric)") for a, b in POWERS]
    for typename in ["int2", "int4", "int8", "float8", "float4"]:
        cases += unary("to_" + typename, f"{{}}::numeric::{typename}", ROUNDED + NUMERIC_VALUES)
    for precision, scale in [(5, 2), (3, 0), (10, 4), (18, 2), (2, 2), (38, 10), (3, 5), (20, 4)]:
        cases += [("fixed", [v, str(precision), str(scale)], f"{quote(v)}::numeric({precision},{scale})")
                  for v in NUMERIC_TEXTS + ROUNDED if v.lower() != "nan"]
    cases += unary("from_float8", "{}::float8::numeric", DOUBLE_VALUES[:-2])
    cases += unary("from_float4", "{}::float8::float4::numeric", [v for v in DOUBLE_VALUES if v not in ("1e40", "1e-50", "4e38")])
    record("numeric", cases)


def scalars():
    cases = []
    for typename in ["int2", "int4", "int8"]:
        cases += unary(typename, f"{{}}::{typename}", INTEGER_TEXTS)
        cases += unary("float8_" + typename, f"{{}}::float8::{typename}", DOUBLE_VALUES)
    cases += unary("bool", "{}::bool", BOOLEAN_TEXTS)
    for typename in ["float8", "float4"]:
        cases += unary(typename, f"{{}}::{typename}", FLOAT_TEXTS)
    cases += unary("float8_float4", "{}::float8::float4", DOUBLE_VALUES)
    cases += unary("uuid", "{}::uuid", [
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "a0eebc999c0b4ef8bb6d6bb9bd380a11",
        "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11", "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}", "", "x", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-", "a0-eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", " a0eebc999c0b4ef8bb6d6bb9bd380a11"])
    cases += unary("bytea", "{}::bytea", ["", "\\x", "\\x00ff", "\\xDEADbeef", "\\x 00 ff", "\\x0", "\\x0g", "\\xé0", "abc", "a\\\\b", "\\000\\377", "\\400", "a\\9", "\\", "é", "\\x0 0", "\\X00"])
    texts = ["", "abc", "äöü", "a€b😀c", "日本語テキスト"]
    cases += unary("length", "char_length({})", texts)
    cases += [("substring", [t, str(a), str(n)], f"substring({quote(t)} from {a} for {n})") for t in texts for a in (-2, 0, 1, 2, 4, 2147483647) for n in (0, 1, 3, 2147483647)]
    cases += [("substring_negative", ["abc", "1", "-1"], "substring('abc' from 1 for -1)")]
    cases += [(f, [t, str(n)], f"{f}({quote(t)}, {n})") for f in ("left", "right") for t in texts for n in (-9, -2, -1, 0, 1, 2, 9)]
    record("scalar", cases)


if __name__ == "__main__":
    numerics()
    scalars()
    datetimes()
    intervals()
    datetime_arithmetic()
    templates()
