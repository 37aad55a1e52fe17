using System.Diagnostics;
using PhantomDb.Errors;
using PhantomDb.Types;
using static PhantomDb.Types.DateTimeArithmetic;

namespace PhantomDb.Functions;

/// <summary>Arithmetic and functions of dates, times and intervals; the calendar itself is in Types.</summary>
internal static class DateTimeFunctions
{
    private static readonly SqlType Date = SqlType.Date;
    private static readonly SqlType Time = SqlType.Time;
    private static readonly SqlType Timestamp = SqlType.Timestamp;
    private static readonly SqlType TimestampTz = SqlType.TimestampTz;
    private static readonly SqlType Span = SqlType.Interval;
    private static readonly SqlType Int = SqlType.Int32;
    private static readonly SqlType Text = SqlType.Text;

    public static void AddTo(List<ScalarFunction> functions)
    {
        AddDateOperators(functions);
        AddTimestampOperators(functions);
        AddIntervalOperators(functions);
        AddClocks(functions);
        AddExtraction(functions);
        AddTruncation(functions);
        AddConstruction(functions);
        AddZones(functions);
    }

    private static void AddDateOperators(List<ScalarFunction> functions)
    {
        functions.Fallible("+", Date, [Date, Int], Kernels.Binary<int, int, int>((date, days) => AddDays(date, days)));
        functions.Fallible("+", Date, [Int, Date], Kernels.Binary<int, int, int>((days, date) => AddDays(date, days)));
        functions.Fallible("-", Date, [Date, Int], Kernels.Binary<int, int, int>((date, days) => AddDays(date, -(long)days)));
        functions.Fallible("-", Int, [Date, Date], Kernels.Binary<int, int, int>(SubtractDates));
        functions.Fallible("+", Timestamp, [Date, Span], Kernels.Binary<int, Interval, long>((date, interval) => Add(ToTimestamp(date), interval)));
        functions.Fallible("+", Timestamp, [Span, Date], Kernels.Binary<Interval, int, long>((interval, date) => Add(ToTimestamp(date), interval)));
        functions.Fallible("-", Timestamp, [Date, Span], Kernels.Binary<int, Interval, long>((date, interval) => Subtract(ToTimestamp(date), interval)));
        functions.Fallible("+", Timestamp, [Date, Time], Kernels.Binary<int, long, long>((date, time) => Add(ToTimestamp(date), new Interval(0, 0, time))));
        functions.Fallible("+", Timestamp, [Time, Date], Kernels.Binary<long, int, long>((time, date) => Add(ToTimestamp(date), new Interval(0, 0, time))));
    }

    private static void AddTimestampOperators(List<ScalarFunction> functions)
    {
        functions.Fallible("+", Timestamp, [Timestamp, Span], Kernels.Binary<long, Interval, long>(Add));
        functions.Fallible("+", Timestamp, [Span, Timestamp], Kernels.Binary<Interval, long, long>((interval, timestamp) => Add(timestamp, interval)));
        functions.Fallible("-", Timestamp, [Timestamp, Span], Kernels.Binary<long, Interval, long>(Subtract));
        functions.Fallible("-", Span, [Timestamp, Timestamp], Kernels.Binary<long, long, Interval>(SubtractTimestamps));
        functions.Fallible("-", Span, [TimestampTz, TimestampTz], Kernels.Binary<long, long, Interval>(SubtractTimestamps));
        Stable(functions, "+", TimestampTz, [TimestampTz, Span], RowKernels.Value((in RowReader row) =>
            AddTz(row.Value<long>(0), row.Value<Interval>(1), row.Statement.TimeZone)));
        Stable(functions, "+", TimestampTz, [Span, TimestampTz], RowKernels.Value((in RowReader row) =>
            AddTz(row.Value<long>(1), row.Value<Interval>(0), row.Statement.TimeZone)));
        Stable(functions, "-", TimestampTz, [TimestampTz, Span], RowKernels.Value((in RowReader row) =>
            SubtractTz(row.Value<long>(0), row.Value<Interval>(1), row.Statement.TimeZone)));
        functions.Fallible("+", Time, [Time, Span], Kernels.Binary<long, Interval, long>(AddToTime));
        functions.Fallible("+", Time, [Span, Time], Kernels.Binary<Interval, long, long>((interval, time) => AddToTime(time, interval)));
        functions.Fallible("-", Time, [Time, Span], Kernels.Binary<long, Interval, long>((time, interval) =>
            AddToTime(time, new Interval(0, 0, -(interval.Microseconds % CivilCalendar.MicrosecondsPerDay)))));
        functions.Fallible("-", Span, [Time, Time], Kernels.Binary<long, long, Interval>((left, right) => new Interval(0, 0, left - right)));
    }

    private static void AddIntervalOperators(List<ScalarFunction> functions)
    {
        functions.Fallible("+", Span, [Span, Span], Kernels.Binary<Interval, Interval, Interval>(IntervalArithmetic.Add));
        functions.Fallible("-", Span, [Span, Span], Kernels.Binary<Interval, Interval, Interval>(IntervalArithmetic.Subtract));
        functions.Fallible("-", Span, [Span], Kernels.Unary<Interval, Interval>(IntervalArithmetic.Negate));
        functions.Fallible("*", Span, [Span, SqlType.Double], Kernels.Binary<Interval, double, Interval>(IntervalArithmetic.Multiply));
        functions.Fallible("*", Span, [SqlType.Double, Span], Kernels.Binary<double, Interval, Interval>((factor, value) => IntervalArithmetic.Multiply(value, factor)));
        functions.Fallible("/", Span, [Span, SqlType.Double], Kernels.Binary<Interval, double, Interval>(IntervalArithmetic.Divide));
        functions.Fallible("justify_hours", Span, [Span], Kernels.Unary<Interval, Interval>(IntervalArithmetic.JustifyHours));
        functions.Fallible("justify_days", Span, [Span], Kernels.Unary<Interval, Interval>(IntervalArithmetic.JustifyDays));
        functions.Fallible("justify_interval", Span, [Span], Kernels.Unary<Interval, Interval>(IntervalArithmetic.JustifyInterval));
    }

    private static void AddClocks(List<ScalarFunction> functions)
    {
        foreach (string name in new[] { "now", "current_timestamp", "transaction_timestamp" })
        {
            Stable(functions, name, TimestampTz, [], RowKernels.Value((in RowReader row) => row.Statement.TransactionTime));
        }

        Stable(functions, "statement_timestamp", TimestampTz, [], RowKernels.Value((in RowReader row) => row.Statement.StatementTime));
        functions.Add(new BoundScalarFunction("clock_timestamp", TimestampTz, [], RowKernels.Value((in RowReader row) =>
            DateTimeClock.Now(row.Statement.TimeZone).NowUtc))
        {
            Volatility = Volatility.Volatile,
        });
        functions.Add(new BoundScalarFunction("pg_sleep", SqlType.Void, [SqlType.Double], RowKernels.Text((in RowReader row, TextBuffer _) =>
            Sleep(row.Value<double>(0), row.Statement)))
        {
            Volatility = Volatility.Volatile, IsFallible = true,
        });
        Stable(functions, "current_date", Date, [], RowKernels.Value((in RowReader row) => ToDate(LocalNow(row))));
        Stable(functions, "localtimestamp", Timestamp, [], RowKernels.Value((in RowReader row) => LocalNow(row)));
        Stable(functions, "localtime", Time, [], RowKernels.Value((in RowReader row) => ToTime(LocalNow(row))));
        Stable(functions, "current_timestamp", TimestampTz, [Int], RowKernels.Value((in RowReader row) =>
            DateTimeText.RoundToPrecision(row.Statement.TransactionTime, row.Value<int>(0))));
        Stable(functions, "localtimestamp", Timestamp, [Int], RowKernels.Value((in RowReader row) =>
            DateTimeText.RoundToPrecision(LocalNow(row), row.Value<int>(0))));
        Stable(functions, "localtime", Time, [Int], RowKernels.Value((in RowReader row) =>
            DateTimeText.RoundToPrecision(ToTime(LocalNow(row)), row.Value<int>(0))));
        functions.Add("isfinite", SqlType.Boolean, [Date], Kernels.Unary<int, bool>(CivilCalendar.IsFiniteDate));
        functions.Add("isfinite", SqlType.Boolean, [Timestamp], Kernels.Unary<long, bool>(CivilCalendar.IsFiniteTimestamp));
        functions.Add("isfinite", SqlType.Boolean, [TimestampTz], Kernels.Unary<long, bool>(CivilCalendar.IsFiniteTimestamp));
        functions.Add("isfinite", SqlType.Boolean, [Span], Kernels.Unary<Interval, bool>(_ => true));
    }

    /// <summary>Waits in short steps: the statement may be cancelled, or run into its time limit, meanwhile.</summary>
    private static void Sleep(double seconds, IStatementContext statement)
    {
        const double StepSeconds = 0.01;
        long start = Stopwatch.GetTimestamp();
        while (seconds - Stopwatch.GetElapsedTime(start).TotalSeconds is > 0 and var left)
        {
            statement.ThrowIfCancelled();
            Thread.Sleep(TimeSpan.FromSeconds(Math.Min(left, StepSeconds)));
        }
        statement.ThrowIfCancelled();
    }

    private static void AddExtraction(List<ScalarFunction> functions)
    {
        SqlType numeric = SqlType.Numeric;
        functions.Fallible("extract", numeric, [Text, Date], RowKernels.Nullable((in RowReader row, out Numeric result) =>
            DateTimeExtraction.TryExtractDate(Field(row, Date), row.Value<int>(1), out result)));
        functions.Fallible("extract", numeric, [Text, Timestamp], RowKernels.Nullable((in RowReader row, out Numeric result) =>
            DateTimeExtraction.TryExtractTimestamp(Field(row, Timestamp), row.Value<long>(1), out result)));
        Stable(functions, "extract", numeric, [Text, TimestampTz], RowKernels.Nullable((in RowReader row, out Numeric result) =>
            DateTimeExtraction.TryExtractTimestampTz(Field(row, TimestampTz), row.Value<long>(1), row.Statement.TimeZone, out result)));
        functions.Fallible("extract", numeric, [Text, Time], RowKernels.Value((in RowReader row) =>
            DateTimeExtraction.ExtractTime(Field(row, Time), row.Value<long>(1))));
        functions.Fallible("extract", numeric, [Text, Span], RowKernels.Value((in RowReader row) =>
            DateTimeExtraction.ExtractInterval(Field(row, Span), row.Value<Interval>(1))));
        functions.Fallible("date_part", SqlType.Double, [Text, Date], RowKernels.Nullable((in RowReader row, out double result) =>
            DateTimeExtraction.TryPartTimestamp(Field(row, Date), ToTimestamp(row.Value<int>(1)), out result)));
        functions.Fallible("date_part", SqlType.Double, [Text, Timestamp], RowKernels.Nullable((in RowReader row, out double result) =>
            DateTimeExtraction.TryPartTimestamp(Field(row, Timestamp), row.Value<long>(1), out result)));
        Stable(functions, "date_part", SqlType.Double, [Text, TimestampTz], RowKernels.Nullable((in RowReader row, out double result) =>
            DateTimeExtraction.TryPartTimestampTz(Field(row, TimestampTz), row.Value<long>(1), row.Statement.TimeZone, out result)));
        functions.Fallible("date_part", SqlType.Double, [Text, Time], RowKernels.Value((in RowReader row) =>
            DateTimeExtraction.PartTime(Field(row, Time), row.Value<long>(1))));
        functions.Fallible("date_part", SqlType.Double, [Text, Span], RowKernels.Value((in RowReader row) =>
            DateTimeExtraction.PartInterval(Field(row, Span), row.Value<Interval>(1))));
    }

    private static void AddTruncation(List<ScalarFunction> functions)
    {
        functions.Fallible("date_trunc", Timestamp, [Text, Timestamp], RowKernels.Value((in RowReader row) =>
            Truncate(Field(row, Timestamp), row.Value<long>(1))));
        Stable(functions, "date_trunc", TimestampTz, [Text, TimestampTz], RowKernels.Value((in RowReader row) =>
            TruncateTz(Field(row, TimestampTz), row.Value<long>(1), row.Statement.TimeZone)));
        functions.Fallible("date_trunc", TimestampTz, [Text, TimestampTz, Text], RowKernels.Value((in RowReader row) =>
            TruncateTz(Field(row, TimestampTz), row.Value<long>(1), Zone(row.String(2)))));
        functions.Fallible("date_trunc", Span, [Text, Span], RowKernels.Value((in RowReader row) =>
            Truncate(Field(row, Span), row.Value<Interval>(1))));
        functions.Fallible("date_bin", Timestamp, [Span, Timestamp, Timestamp], Kernels.Ternary<Interval, long, long, long>(Bin));
        functions.Fallible("date_bin", TimestampTz, [Span, TimestampTz, TimestampTz], Kernels.Ternary<Interval, long, long, long>(Bin));
        functions.Fallible("age", Span, [Timestamp, Timestamp], Kernels.Binary<long, long, Interval>(Age));
        Stable(functions, "age", Span, [TimestampTz, TimestampTz], RowKernels.Value((in RowReader row) => Age(
            DateTimeCasts.ToLocal(row.Value<long>(0), row.Statement.TimeZone), DateTimeCasts.ToLocal(row.Value<long>(1), row.Statement.TimeZone))));
        Stable(functions, "age", Span, [Timestamp], RowKernels.Value((in RowReader row) => Age(ToTimestamp(ToDate(LocalNow(row))), row.Value<long>(0))));
        Stable(functions, "age", Span, [TimestampTz], RowKernels.Value((in RowReader row) => Age(
            ToTimestamp(ToDate(LocalNow(row))), DateTimeCasts.ToLocal(row.Value<long>(0), row.Statement.TimeZone))));
    }

    private static void AddConstruction(List<ScalarFunction> functions)
    {
        SqlType real = SqlType.Double;
        functions.Fallible("make_date", Date, [Int, Int, Int], RowKernels.Value((in RowReader row) =>
            MakeDate(row.Value<int>(0), row.Value<int>(1), row.Value<int>(2))));
        functions.Fallible("make_time", Time, [Int, Int, real], RowKernels.Value((in RowReader row) =>
            MakeTime(row.Value<int>(0), row.Value<int>(1), row.Value<double>(2))));
        functions.Fallible("make_timestamp", Timestamp, [Int, Int, Int, Int, Int, real], RowKernels.Value((in RowReader row) => Made(row)));
        Stable(functions, "make_timestamptz", TimestampTz, [Int, Int, Int, Int, Int, real], RowKernels.Value((in RowReader row) =>
            DateTimeCasts.ToUtc(Made(row), row.Statement.TimeZone)));
        functions.Fallible("make_timestamptz", TimestampTz, [Int, Int, Int, Int, Int, real, Text], RowKernels.Value((in RowReader row) =>
            DateTimeCasts.ToUtc(Made(row), Zone(row.String(6)))));
        SqlType[] parts = [Int, Int, Int, Int, Int, Int, real];
        for (int count = 0; count <= parts.Length; count++)
        {
            functions.Fallible("make_interval", Span, parts[..count], RowKernels.Value((in RowReader row) => IntervalArithmetic.MakeInterval(
                Part(row, 0), Part(row, 1), Part(row, 2), Part(row, 3), Part(row, 4), Part(row, 5), row.Count > 6 ? row.Value<double>(6) : 0)));
        }

        functions.Fallible("to_timestamp", TimestampTz, [real], Kernels.Unary<double, long>(FromUnixSeconds));

        static int Part(in RowReader row, int index) => index < row.Count ? row.Value<int>(index) : 0;
        static long Made(in RowReader row) => MakeTimestamp(
            row.Value<int>(0), row.Value<int>(1), row.Value<int>(2), row.Value<int>(3), row.Value<int>(4), row.Value<double>(5));
    }

    /// <summary>x AT TIME ZONE zone is timezone(zone, x).</summary>
    private static void AddZones(List<ScalarFunction> functions)
    {
        functions.Fallible("timezone", TimestampTz, [Text, Timestamp], RowKernels.Value((in RowReader row) =>
            DateTimeCasts.ToUtc(row.Value<long>(1), Zone(row.String(0)))));
        functions.Fallible("timezone", Timestamp, [Text, TimestampTz], RowKernels.Value((in RowReader row) =>
            DateTimeCasts.ToLocal(row.Value<long>(1), Zone(row.String(0)))));
        functions.Fallible("timezone", TimestampTz, [Span, Timestamp], RowKernels.Value((in RowReader row) =>
            DateTimeCasts.ToUtc(row.Value<long>(1), Zone(row.Value<Interval>(0)))));
        functions.Fallible("timezone", Timestamp, [Span, TimestampTz], RowKernels.Value((in RowReader row) =>
            DateTimeCasts.ToLocal(row.Value<long>(1), Zone(row.Value<Interval>(0)))));
    }

    private static void Stable(List<ScalarFunction> functions, string name, SqlType result, SqlType[] parameters, ScalarKernel kernel) =>
        functions.Add(new BoundScalarFunction(name, result, parameters, kernel) { Volatility = Volatility.Stable, IsFallible = true });

    private static long LocalNow(in RowReader row) => row.Statement.TimeZone.ToLocal(row.Statement.TransactionTime);

    // The name is mostly a constant: it is read once.
    private static DateTimeField Field(in RowReader row, SqlType type)
    {
        ReadOnlySpan<byte> name = row.Text(0);
        if (row.State.Value is FieldSite known && name.SequenceEqual(known.Name))
        {
            return known.Field;
        }

        if (!DateTimeFieldNames.TryFind(name, out DateTimeField field))
        {
            throw Error.InvalidParameter($"unit \"{row.String(0)}\" not recognized for type {type.BaseName}");
        }

        row.State.Value = new FieldSite(name.ToArray(), field);
        return field;
    }

    private static SessionTimeZone Zone(string name) => SessionTimeZone.TryFind(name, out SessionTimeZone zone)
        ? zone
        : throw Error.InvalidParameter($"time zone \"{name}\" not recognized");

    private static SessionTimeZone Zone(Interval offset) => offset.Months == 0 && offset.Days == 0
        ? SessionTimeZone.FromOffset((int)(offset.Microseconds / CivilCalendar.MicrosecondsPerSecond))
        : throw Error.InvalidParameter("interval time zone must not include months or days");

    /// <summary>The field last named at a place.</summary>
    private sealed record FieldSite(byte[] Name, DateTimeField Field);
}
