using PhantomDb.Errors;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Functions;

/// <summary>generate_series of integers, numerics and timestamps.</summary>
internal static class SeriesFunctions
{
    private const string Name = "generate_series";

    public static void AddTo(List<TableFunction> functions)
    {
        AddBoth<int>(functions, SqlType.Int32, (value, step) => (long)value + step is var next && next == (int)next ? ((int)next, true) : (0, false), 1, Math.Sign, (a, b) => a.CompareTo(b));
        AddBoth<long>(functions, SqlType.Int64, (value, step) => (Int128)value + step is var next && next == (long)next ? ((long)next, true) : (0, false), 1, Math.Sign, (a, b) => a.CompareTo(b));
        AddBoth<Numeric>(functions, SqlType.Numeric, (value, step) => (Numeric.Add(value, step), true), Numeric.One, step => step.SignValue, (a, b) => Numeric.Compare(a, b));
        functions.Add(Timestamps(SqlType.Timestamp));
        functions.Add(Timestamps(SqlType.TimestampTz));
    }

    private static void AddBoth<T>(
        List<TableFunction> functions, SqlType type, Func<T, T, (T, bool)> next, T one, Func<T, int> sign, Comparison<T> compare)
        where T : struct
    {
        functions.Add(new TableFunction(Name, [type.Id, type.Id], _ => Bind(type, [type, type], (arguments, statement) =>
            Open(arguments, one, next, sign, compare, statement))));
        functions.Add(new TableFunction(Name, [type.Id, type.Id, type.Id], _ => Bind(type, [type, type, type], (arguments, statement) =>
            Open(arguments, HasNull(arguments) ? one : arguments[2].Values<T>()[0], next, sign, compare, statement))));
    }

    private static TableFunction Timestamps(SqlType type) => new(Name, [type.Id, type.Id, SqlTypeId.Interval], _ =>
        Bind(type, [type, type, SqlType.Interval], (arguments, statement) =>
        {
            if (HasNull(arguments))
            {
                return new SeriesRows<long>(0, 0, default, isEmpty: true, static (_, _) => default, 1, static (_, _) => 0, statement);
            }

            Interval step = arguments[2].Values<Interval>()[0];
            int sign = step.Total.CompareTo(0);
            if (sign == 0)
            {
                throw StepIsZero();
            }

            SessionTimeZone zone = statement.TimeZone;
            Func<long, long, (long, bool)> next = type.Id == SqlTypeId.Timestamp
                ? (value, _) => (DateTimeArithmetic.Add(value, step), true)
                : (value, _) => (DateTimeArithmetic.AddTz(value, step, zone), true);
            return new SeriesRows<long>(
                arguments[0].Values<long>()[0], arguments[1].Values<long>()[0], 0, isEmpty: false, next, sign, static (a, b) => a.CompareTo(b), statement);
        }));

    private static BoundTableFunction Bind(SqlType type, SqlType[] arguments, Func<Vector[], IStatementContext, TableFunctionRows> open) =>
        new(Name, [(Name, type)], arguments, open);

    private static SeriesRows<T> Open<T>(
        Vector[] arguments, T step, Func<T, T, (T, bool)> next, Func<T, int> sign, Comparison<T> compare, IStatementContext statement)
        where T : struct
    {
        if (HasNull(arguments))
        {
            return new SeriesRows<T>(default, default, step, isEmpty: true, next, 1, compare, statement);
        }

        T first = arguments[0].Values<T>()[0];
        T last = arguments[1].Values<T>()[0];
        if (first is Numeric start && last is Numeric stop && step is Numeric by)
        {
            EnsureFinite(start, "start");
            EnsureFinite(stop, "stop");
            EnsureFinite(by, "step");
        }

        int direction = sign(step);
        return direction == 0 ? throw StepIsZero() : new SeriesRows<T>(first, last, step, isEmpty: false, next, direction, compare, statement);
    }

    private static void EnsureFinite(Numeric value, string what)
    {
        if (!value.IsFinite)
        {
            throw Error.InvalidParameter($"{what} value cannot be {(value.IsNaN ? "NaN" : "infinity")}");
        }
    }

    private static bool HasNull(Vector[] arguments) => Array.Exists(arguments, vector => !vector.IsValid(0));

    private static PhantomDbException StepIsZero() => Error.InvalidParameter("step size cannot equal zero");
}

/// <summary>The values from first to last by a step; past the type's range the series ends.</summary>
internal sealed class SeriesRows<T>(
    T first, T last, T step, bool isEmpty, Func<T, T, (T Value, bool IsInRange)> next, int direction, Comparison<T> compare, IStatementContext statement)
    : TableFunctionRows
    where T : struct
{
    private T _value = first;
    private bool _isDone = isEmpty;

    public override bool Next(DataChunk output)
    {
        statement.ThrowIfCancelled();
        Span<T> target = output[0].Write<T>();
        int count = 0;
        while (!_isDone && count < DataChunk.Capacity)
        {
            if (compare(_value, last) * direction > 0)
            {
                _isDone = true;
                break;
            }

            target[count++] = _value;
            (T value, bool isInRange) = next(_value, step);
            _value = value;
            _isDone = !isInRange;
        }

        output.Selection = null;
        output.Count = count;
        return count > 0;
    }
}
