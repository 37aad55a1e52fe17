using System.Diagnostics;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Functions;

/// <summary>GREATEST and LEAST over values of one type; NULLs do not count.</summary>
internal static class ExtremeFunctions
{
    public static void AddTo(List<ScalarFunction> functions)
    {
        functions.Add(new ScalarFunction("greatest", [SqlTypeId.Unknown], types => Bind("greatest", types, isGreatest: true)) { TakesAny = true, IsVariadic = true });
        functions.Add(new ScalarFunction("least", [SqlTypeId.Unknown], types => Bind("least", types, isGreatest: false)) { TakesAny = true, IsVariadic = true });
    }

    private static BoundScalarFunction Bind(string name, IReadOnlyList<SqlType> types, bool isGreatest)
    {
        SqlType type = types[0];
        return new BoundScalarFunction(name, type, Enumerable.Repeat(type, types.Count).ToArray(), type.Physical switch
        {
            PhysicalType.Boolean => Kernel<bool, BooleanOrder>(isGreatest),
            PhysicalType.Int16 => Kernel<short, IntegerOrder<short>>(isGreatest),
            PhysicalType.Int32 => Kernel<int, IntegerOrder<int>>(isGreatest),
            PhysicalType.Int64 => Kernel<long, IntegerOrder<long>>(isGreatest),
            PhysicalType.Int128 => Kernel<Int128, IntegerOrder<Int128>>(isGreatest),
            PhysicalType.Real => Kernel<float, FloatOrder<float>>(isGreatest),
            PhysicalType.Double => Kernel<double, FloatOrder<double>>(isGreatest),
            PhysicalType.Numeric => Kernel<Numeric, NumericOrder>(isGreatest),
            PhysicalType.Interval => Kernel<Interval, IntervalOrder>(isGreatest),
            PhysicalType.Uuid => Kernel<UInt128, IntegerOrder<UInt128>>(isGreatest),
            PhysicalType.String => RowKernels.NullableText((in RowReader row, TextBuffer output) => Strings(row, isGreatest, output)),
            _ => throw new UnreachableException(),
        })
        {
            IsStrict = false,
        };
    }

    private static ScalarKernel Kernel<T, TOrder>(bool isGreatest) where TOrder : struct, IValueOrder<T> =>
        RowKernels.Nullable((in RowReader row, out T best) =>
        {
            bool found = false;
            best = default!;
            for (int i = 0; i < row.Count; i++)
            {
                if (row.IsNull(i))
                {
                    continue;
                }

                T value = row.Value<T>(i);
                if (!found || (isGreatest ? TOrder.IsLess(best, value) : TOrder.IsLess(value, best)))
                {
                    best = value;
                    found = true;
                }
            }

            return found;
        });

    private static bool Strings(in RowReader row, bool isGreatest, TextBuffer output)
    {
        int best = -1;
        for (int i = 0; i < row.Count; i++)
        {
            if (row.IsNull(i))
            {
                continue;
            }

            int order = best < 0 ? 0 : row.Text(i).SequenceCompareTo(row.Text(best));
            if (best < 0 || (isGreatest ? order > 0 : order < 0))
            {
                best = i;
            }
        }

        if (best < 0)
        {
            return false;
        }

        output.Append(row.Text(best));
        return true;
    }
}
