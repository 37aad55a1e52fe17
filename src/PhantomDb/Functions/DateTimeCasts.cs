using PhantomDb.Types;
using static PhantomDb.Types.DateTimeArithmetic;

namespace PhantomDb.Functions;

/// <summary>Casts among dates, times and intervals, and their modifiers.</summary>
internal static class DateTimeCasts
{
    public static BoundCast? TryBind(SqlType from, SqlType to)
    {
        int precision = to.Precision;
        bool rounds = (uint)precision < 6 && !((uint)from.Precision <= (uint)precision && from.Id == to.Id);
        return (from.Id, to.Id) switch
        {
            (SqlTypeId.Date, SqlTypeId.Date) => new BoundCast(from, to, null),
            (SqlTypeId.Time, SqlTypeId.Time) or (SqlTypeId.Timestamp, SqlTypeId.Timestamp) or (SqlTypeId.TimestampTz, SqlTypeId.TimestampTz) =>
                new BoundCast(from, to, rounds ? Kernels.Unary<long, long>(value => DateTimeText.RoundToPrecision(value, precision)) : null),
            (SqlTypeId.Interval, SqlTypeId.Interval) => rounds
                ? Fallible(from, to, Kernels.Unary<Interval, Interval>(value => IntervalArithmetic.Restrict(value, IntervalFields.All, precision)))
                : new BoundCast(from, to, null),
            (SqlTypeId.Date, SqlTypeId.Timestamp) => Fallible(from, to, Kernels.Unary<int, long>(ToTimestamp)),
            (SqlTypeId.Date, SqlTypeId.TimestampTz) => Zoned(from, to, RowKernels.Value((in RowReader row) =>
                ToUtc(ToTimestamp(row.Value<int>(0)), row.Statement.TimeZone))),
            (SqlTypeId.Timestamp, SqlTypeId.Date) => Fallible(from, to, Kernels.Unary<long, int>(ToDate)),
            (SqlTypeId.Timestamp, SqlTypeId.Time) => TimeOf(from, to, zoned: false),
            (SqlTypeId.TimestampTz, SqlTypeId.Time) => TimeOf(from, to, zoned: true),
            (SqlTypeId.Timestamp, SqlTypeId.TimestampTz) => Zoned(from, to, RowKernels.Value((in RowReader row) =>
                DateTimeText.RoundToPrecision(ToUtc(row.Value<long>(0), row.Statement.TimeZone), precision))),
            (SqlTypeId.TimestampTz, SqlTypeId.Timestamp) => Zoned(from, to, RowKernels.Value((in RowReader row) =>
                DateTimeText.RoundToPrecision(ToLocal(row.Value<long>(0), row.Statement.TimeZone), precision))),
            (SqlTypeId.TimestampTz, SqlTypeId.Date) => Zoned(from, to, RowKernels.Value((in RowReader row) =>
                ToDate(ToLocal(row.Value<long>(0), row.Statement.TimeZone)))),
            (SqlTypeId.Time, SqlTypeId.Interval) => new BoundCast(from, to, Kernels.Unary<long, Interval>(value => new Interval(0, 0, value))),
            (SqlTypeId.Interval, SqlTypeId.Time) => Fallible(from, to, Kernels.Unary<Interval, long>(
                value => DateTimeText.RoundToPrecision(IntervalArithmetic.ToTime(value), precision))),
            _ => null,
        };
    }

    public static long ToUtc(long local, SessionTimeZone zone) => CivilCalendar.IsFiniteTimestamp(local) ? zone.ToUtc(local) : local;

    public static long ToLocal(long utc, SessionTimeZone zone) => CivilCalendar.IsFiniteTimestamp(utc) ? zone.ToLocal(utc) : utc;

    /// <summary>The time of day; of an infinity there is none.</summary>
    private static BoundCast TimeOf(SqlType from, SqlType to, bool zoned)
    {
        int precision = to.Precision;
        return Zoned(from, to, RowKernels.Nullable((in RowReader row, out long time) =>
        {
            long value = row.Value<long>(0);
            time = 0;
            if (!CivilCalendar.IsFiniteTimestamp(value))
            {
                return false;
            }

            time = DateTimeText.RoundToPrecision(ToTime(zoned ? row.Statement.TimeZone.ToLocal(value) : value), precision);
            return true;
        }));
    }

    private static BoundCast Fallible(SqlType from, SqlType to, ScalarKernel kernel) => new(from, to, kernel) { IsFallible = true };

    private static BoundCast Zoned(SqlType from, SqlType to, ScalarKernel kernel) =>
        new(from, to, kernel) { IsFallible = true, Volatility = Volatility.Stable };
}
