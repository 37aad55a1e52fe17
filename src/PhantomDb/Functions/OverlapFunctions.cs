using PhantomDb.Types;
using static PhantomDb.Types.DateTimeArithmetic;

namespace PhantomDb.Functions;

/// <summary>
/// (start, end) OVERLAPS (start, end). An end may be an interval, counted from its start; either end may come first; a
/// NULL end is an end that is not known, which matters only where the answer hangs on it.
/// </summary>
internal static class OverlapFunctions
{
    public static void AddTo(List<ScalarFunction> functions)
    {
        foreach (SqlType type in new[] { SqlType.Timestamp, SqlType.TimestampTz, SqlType.Time })
        {
            Add(functions, type, type, type);
            Add(functions, type, SqlType.Interval, type);
            Add(functions, type, type, SqlType.Interval);
            Add(functions, type, SqlType.Interval, SqlType.Interval);
        }
    }

    private static void Add(List<ScalarFunction> functions, SqlType type, SqlType firstEnd, SqlType secondEnd) =>
        functions.Add(new BoundScalarFunction("overlaps", SqlType.Boolean, [type, firstEnd, type, secondEnd], RowKernels.Nullable((in RowReader row, out bool result) =>
            Overlap(Value(row, 0), End(row, type, firstEnd, 0), Value(row, 2), End(row, type, secondEnd, 2), out result)))
        {
            IsStrict = false,
            IsFallible = true,
            Volatility = type.Id == SqlTypeId.TimestampTz ? Volatility.Stable : Volatility.Immutable,
        });

    private static long? Value(in RowReader row, int argument) => row.IsNull(argument) ? null : row.Value<long>(argument);

    private static long? End(in RowReader row, SqlType type, SqlType end, int start)
    {
        if (end.Id != SqlTypeId.Interval)
        {
            return Value(row, start + 1);
        }

        if (row.IsNull(start) || row.IsNull(start + 1))
        {
            return null;
        }

        long from = row.Value<long>(start);
        Interval length = row.Value<Interval>(start + 1);
        return type.Id switch
        {
            SqlTypeId.Time => AddToTime(from, length),
            SqlTypeId.TimestampTz => AddTz(from, length, row.Statement.TimeZone),
            _ => PhantomDb.Types.DateTimeArithmetic.Add(from, length),
        };
    }

    /// <summary>False where the answer is not known.</summary>
    private static bool Overlap(long? start1, long? end1, long? start2, long? end2, out bool result)
    {
        result = false;
        if (!Order(ref start1, ref end1) || !Order(ref start2, ref end2))
        {
            return false;
        }

        if (start1 == start2)
        {
            // Both begin there: they overlap, unless an end that is missing makes it unknown whether they last.
            result = true;
            return end1 is not null && end2 is not null;
        }

        // The later start must lie before the other period's end.
        (long later, long? end, long? endOfLater) = start1 > start2 ? (start1!.Value, end2, end1) : (start2!.Value, end1, end2);
        if (end is null)
        {
            return false;
        }

        if (later < end)
        {
            result = true;
            return true;
        }

        return endOfLater is not null;
    }

    /// <summary>The earlier first; a period with one end known starts there. False where neither is known.</summary>
    private static bool Order(ref long? start, ref long? end)
    {
        if (start is null)
        {
            (start, end) = (end, null);
            return start is not null;
        }

        if (end < start)
        {
            (start, end) = (end, start);
        }

        return true;
    }
}
