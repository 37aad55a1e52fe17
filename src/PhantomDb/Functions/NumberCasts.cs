using System.Numerics;
using System.Runtime.CompilerServices;
using PhantomDb.Errors;
using PhantomDb.Types;
using PhantomDb.Vectors;
using Vector = PhantomDb.Vectors.Vector;

namespace PhantomDb.Functions;

/// <summary>Casts among integers, numerics and floating point, and between boolean, oid and integers.</summary>
internal static class NumberCasts
{
    public static BoundCast? TryBind(SqlType from, SqlType to)
    {
        if (from.Id == to.Id && from.Id != SqlTypeId.Numeric)
        {
            return IsNumber(from.Id) || from.Id is SqlTypeId.Boolean or SqlTypeId.Uuid || CastRegistry.IsOid(from.Id)
                ? new BoundCast(from, to, null) : null;
        }

        return (from.Id, to.Id) switch
        {
            (SqlTypeId.Boolean, SqlTypeId.Int32) => Safe(from, to, Kernels.Unary<bool, int>(value => value ? 1 : 0)),
            (SqlTypeId.Int32, SqlTypeId.Boolean) => Safe(from, to, Kernels.Unary<int, bool>(value => value != 0)),
            _ when CastRegistry.IsOid(from.Id) && CastRegistry.IsOid(to.Id) => new BoundCast(from, to, null),
            (SqlTypeId.Int64, _) when CastRegistry.IsOid(to.Id) => Fallible(from, to, Kernels.Unary<long, long>(ToOid)),
            (_, SqlTypeId.Int64) when CastRegistry.IsOid(from.Id) => new BoundCast(from, to, null),
            (_, SqlTypeId.Int32) when CastRegistry.IsOid(from.Id) => Safe(from, to, Kernels.Unary<long, int>(value => (int)(uint)value)),
            (SqlTypeId.Int32, _) when CastRegistry.IsOid(to.Id) => Safe(from, to, Kernels.Unary<int, long>(value => (uint)value)),
            (SqlTypeId.Int16, _) when CastRegistry.IsOid(to.Id) => Safe(from, to, Kernels.Unary<short, long>(value => (uint)value)),
            _ when IsNumber(from.Id) && IsNumber(to.Id) => BindNumber(from, to),
            _ => null,
        };
    }

    private static bool IsNumber(SqlTypeId id) =>
        id is SqlTypeId.Int16 or SqlTypeId.Int32 or SqlTypeId.Int64 or SqlTypeId.Numeric or SqlTypeId.Real or SqlTypeId.Double;

    private static BoundCast BindNumber(SqlType from, SqlType to) => (from.Id, to.Id) switch
    {
        (SqlTypeId.Numeric, SqlTypeId.Numeric) => BindNumeric(from, to),
        (SqlTypeId.Int16 or SqlTypeId.Int32 or SqlTypeId.Int64, SqlTypeId.Numeric) => BindIntegerToNumeric(from, to),
        (SqlTypeId.Numeric, _) => BindFromNumeric(from, to),
        (SqlTypeId.Int16, SqlTypeId.Int32) => Safe(from, to, Kernels.Unary<short, int, Convert<short, int>>()),
        (SqlTypeId.Int16, SqlTypeId.Int64) => Safe(from, to, Kernels.Unary<short, long, Convert<short, long>>()),
        (SqlTypeId.Int32, SqlTypeId.Int64) => Safe(from, to, Kernels.Unary<int, long, Convert<int, long>>()),
        (SqlTypeId.Int16, SqlTypeId.Real) => Safe(from, to, Kernels.Unary<short, float, Convert<short, float>>()),
        (SqlTypeId.Int32, SqlTypeId.Real) => Safe(from, to, Kernels.Unary<int, float, Convert<int, float>>()),
        (SqlTypeId.Int64, SqlTypeId.Real) => Safe(from, to, Kernels.Unary<long, float, Convert<long, float>>()),
        (SqlTypeId.Int16, SqlTypeId.Double) => Safe(from, to, Kernels.Unary<short, double, Convert<short, double>>()),
        (SqlTypeId.Int32, SqlTypeId.Double) => Safe(from, to, Kernels.Unary<int, double, Convert<int, double>>()),
        (SqlTypeId.Int64, SqlTypeId.Double) => Safe(from, to, Kernels.Unary<long, double, Convert<long, double>>()),
        (SqlTypeId.Real, SqlTypeId.Double) => Safe(from, to, Kernels.Unary<float, double, Convert<float, double>>()),
        (SqlTypeId.Int32, SqlTypeId.Int16) => Fallible(from, to, Kernels.Unary<int, short>(value => ToInt16(value))),
        (SqlTypeId.Int64, SqlTypeId.Int16) => Fallible(from, to, Kernels.Unary<long, short>(ToInt16)),
        (SqlTypeId.Int64, SqlTypeId.Int32) => Fallible(from, to, Kernels.Unary<long, int>(ToInt32)),
        (SqlTypeId.Double, SqlTypeId.Real) => Fallible(from, to, Kernels.Unary<double, float>(FloatText.ToSingle)),
        (SqlTypeId.Real, SqlTypeId.Int16) => Fallible(from, to, Kernels.Unary<float, short>(value => DoubleToInt16(value))),
        (SqlTypeId.Real, SqlTypeId.Int32) => Fallible(from, to, Kernels.Unary<float, int>(value => DoubleToInt32(value))),
        (SqlTypeId.Real, SqlTypeId.Int64) => Fallible(from, to, Kernels.Unary<float, long>(value => DoubleToInt64(value))),
        (SqlTypeId.Double, SqlTypeId.Int16) => Fallible(from, to, Kernels.Unary<double, short>(DoubleToInt16)),
        (SqlTypeId.Double, SqlTypeId.Int32) => Fallible(from, to, Kernels.Unary<double, int>(DoubleToInt32)),
        (SqlTypeId.Double, SqlTypeId.Int64) => Fallible(from, to, Kernels.Unary<double, long>(DoubleToInt64)),
        (SqlTypeId.Real, SqlTypeId.Numeric) => ToNumeric<float>(from, to, Numeric.FromSingle),
        (SqlTypeId.Double, SqlTypeId.Numeric) => ToNumeric<double>(from, to, Numeric.FromDouble),
        _ => throw CastRegistry.CannotCast(from, to),
    };

    private static BoundCast Safe(SqlType from, SqlType to, ScalarKernel kernel) => new(from, to, kernel);

    private static BoundCast Fallible(SqlType from, SqlType to, ScalarKernel kernel) => new(from, to, kernel) { IsFallible = true };

    private static BoundCast BindIntegerToNumeric(SqlType from, SqlType to) => (from.Id, to.Physical) switch
    {
        (SqlTypeId.Int16, PhysicalType.Numeric) => Safe(from, to, Kernels.Unary<short, Numeric>(value => Numeric.FromInt64(value))),
        (SqlTypeId.Int32, PhysicalType.Numeric) => Safe(from, to, Kernels.Unary<int, Numeric>(value => Numeric.FromInt64(value))),
        (SqlTypeId.Int64, PhysicalType.Numeric) => Safe(from, to, Kernels.Unary<long, Numeric>(Numeric.FromInt64)),
        (SqlTypeId.Int16, _) => Rescale<short>(from, to, digits: 5, scale: 0),
        (SqlTypeId.Int32, _) => Rescale<int>(from, to, digits: 10, scale: 0),
        _ => Rescale<long>(from, to, digits: 19, scale: 0),
    };

    private static BoundCast BindNumeric(SqlType from, SqlType to)
    {
        if (to.Physical == PhysicalType.Numeric)
        {
            int scale = from.Scale;
            return from.Physical switch
            {
                PhysicalType.Int64 => Safe(from, to, Kernels.Unary<long, Numeric>(value => Numeric.FromScaled(value, scale))),
                PhysicalType.Int128 => Safe(from, to, Kernels.Unary<Int128, Numeric>(value => Numeric.FromScaled(value, scale))),
                _ => new BoundCast(from, to, null),
            };
        }

        return from.Physical switch
        {
            PhysicalType.Int64 => Rescale<long>(from, to, from.Precision, from.Scale),
            PhysicalType.Int128 => Rescale<Int128>(from, to, from.Precision, from.Scale),
            _ => ToNumeric<Numeric>(from, to, value => value),
        };
    }

    /// <summary>Scaled integers to another scale or width.</summary>
    private static BoundCast Rescale<T>(SqlType from, SqlType to, int digits, int scale) where T : struct, IBinaryInteger<T>
    {
        // Rounding can carry into one digit more: 9.99 to one digit behind the point is 10.0.
        int carry = to.Scale < scale ? 1 : 0;
        bool canOverflow = digits - scale + carry > to.Precision - to.Scale;
        bool isWide = to.Physical == PhysicalType.Int128;
        if (to.Scale == scale && !canOverflow && !isWide && typeof(T) == typeof(long))
        {
            return new BoundCast(from, to, null);
        }

        if (to.Scale == scale && !canOverflow && isWide && typeof(T) == typeof(Int128))
        {
            return new BoundCast(from, to, null);
        }

        bool scalesUp = !canOverflow && to.Scale >= scale;
        return new BoundCast(from, to, scalesUp ? ScaleUp<T>(to.Scale - scale, isWide) : Round<T>(scale, to, isWide))
        {
            IsFallible = !scalesUp,
            AcceptsNarrow = typeof(T) == typeof(Int128),
        };
    }

    /// <summary>Multiplies by a power of ten where the digits are known to fit; in 64 bits where the chunk allows it.</summary>
    private static ScalarKernel ScaleUp<T>(int exponent, bool isWide) where T : struct, IBinaryInteger<T>
    {
        Int128 factor = PowersOfTen.Wide[exponent];
        return [MethodImpl(HotLoop.Options)] (in KernelArguments arguments, Vector result) =>
        {
            Vector vector = arguments[0];
            if (!isWide)
            {
                ScaleUpNarrow<T, T>(arguments, (long)factor, result.Write<long>());
            }
            else if (vector.Type != PhysicalType.Int128 && (long)factor == factor
                && (vector.IsNarrow
                    ? ScaleUpNarrow<T, long>(arguments, (long)factor, result.Write<long>(narrow: true))
                    : ScaleUpNarrow<T, T>(arguments, (long)factor, result.Write<long>(narrow: true))))
            {
                // Narrow, and no row overflowed.
            }
            else if (vector.IsNarrow)
            {
                ScaleUpWide<long>(arguments, factor, result.Write<Int128>());
            }
            else
            {
                ScaleUpWide<T>(arguments, factor, result.Write<Int128>());
            }
        };
    }

    [MethodImpl(HotLoop.Options)]
    private static bool ScaleUpNarrow<T, TData>(in KernelArguments arguments, long factor, Span<long> target)
        where TData : struct, IBinaryInteger<TData>
    {
        TData[] values = arguments[0].Data<TData>();
        long suspect = 0;
        for (int k = 0; k < arguments.Count; k++)
        {
            int i = arguments.HasSelection ? arguments.Selection[k] : k;
            long high = Math.BigMul(long.CreateTruncating(values[i]), factor, out long low);
            suspect |= high ^ (low >> 63);
            target[i] = low;
        }

        return suspect == 0;
    }

    [MethodImpl(HotLoop.Options)]
    private static void ScaleUpWide<T>(in KernelArguments arguments, Int128 factor, Span<Int128> target) where T : struct, IBinaryInteger<T>
    {
        T[] values = arguments[0].Data<T>();
        for (int k = 0; k < arguments.Count; k++)
        {
            int i = arguments.HasSelection ? arguments.Selection[k] : k;
            target[i] = Int128.CreateTruncating(values[i]) * factor;   // at NULL positions whatever comes out
        }
    }

    private static ScalarKernel Round<T>(int scale, SqlType to, bool isWide) where T : struct, IBinaryInteger<T>
    {
        int toScale = to.Scale;
        int toPrecision = to.Precision;
        return [MethodImpl(HotLoop.Options)] (in KernelArguments arguments, Vector result) =>
        {
            if (arguments[0].IsNarrow)
            {
                RoundRows<long>(arguments, result, scale, toScale, toPrecision, isWide);
            }
            else
            {
                RoundRows<T>(arguments, result, scale, toScale, toPrecision, isWide);
            }
        };
    }

    [MethodImpl(HotLoop.Options)]
    private static void RoundRows<T>(in KernelArguments arguments, Vector result, int scale, int toScale, int toPrecision, bool isWide)
        where T : struct, IBinaryInteger<T>
    {
        T[] values = arguments[0].Data<T>();
        Span<long> narrow = isWide ? default : result.Write<long>();
        Span<Int128> wide = isWide ? result.Write<Int128>() : default;
        for (int k = 0; k < arguments.Count; k++)
        {
            int i = arguments.HasSelection ? arguments.Selection[k] : k;
            if (isWide)
            {
                wide[i] = FixedNumeric.Rescale(Int128.CreateTruncating(values[i]), scale, toScale, toPrecision);
            }
            else if (typeof(T) == typeof(Int128))
            {
                narrow[i] = (long)FixedNumeric.Rescale(Int128.CreateTruncating(values[i]), scale, toScale, toPrecision);
            }
            else
            {
                narrow[i] = FixedNumeric.Rescale(long.CreateTruncating(values[i]), scale, toScale, toPrecision);
            }
        }
    }

    private static BoundCast ToNumeric<T>(SqlType from, SqlType to, Func<T, Numeric> convert)
    {
        int precision = to.Precision;
        int scale = to.Scale;
        return Fallible(from, to, to.Physical switch
        {
            PhysicalType.Int64 => Kernels.Unary<T, long>(value => convert(value).ToScaledInt64(precision, scale)),
            PhysicalType.Int128 => Kernels.Unary<T, Int128>(value => convert(value).ToScaled(precision, scale)),
            _ => Kernels.Unary(convert),
        });
    }

    private static BoundCast BindFromNumeric(SqlType from, SqlType to) => from.Physical switch
    {
        PhysicalType.Int64 => BindFromFixed<long>(from, to),
        PhysicalType.Int128 => BindFromFixed<Int128>(from, to),
        _ => to.Id switch
        {
            SqlTypeId.Int16 => Fallible(from, to, Kernels.Unary<Numeric, short>(value => value.ToInt16())),
            SqlTypeId.Int32 => Fallible(from, to, Kernels.Unary<Numeric, int>(value => value.ToInt32())),
            SqlTypeId.Int64 => Fallible(from, to, Kernels.Unary<Numeric, long>(value => value.ToInt64())),
            SqlTypeId.Real => Fallible(from, to, Kernels.Unary<Numeric, float>(value => value.ToSingle())),
            _ => Fallible(from, to, Kernels.Unary<Numeric, double>(value => value.ToDouble())),
        },
    };

    private static BoundCast BindFromFixed<T>(SqlType from, SqlType to) where T : struct, IBinaryInteger<T>
    {
        int scale = from.Scale;
        if (typeof(T) == typeof(long) && to.Id == SqlTypeId.Double)
        {
            return Safe(from, to, Kernels.Unary<long, double>(value => FixedNumeric.ToDouble(value, scale)));
        }

        return to.Id switch
        {
            SqlTypeId.Int16 => Fallible(from, to, Kernels.Unary<T, short>(value => AsNumeric(value, scale).ToInt16())),
            SqlTypeId.Int32 => Fallible(from, to, Kernels.Unary<T, int>(value => AsNumeric(value, scale).ToInt32())),
            SqlTypeId.Int64 => Fallible(from, to, Kernels.Unary<T, long>(value => AsNumeric(value, scale).ToInt64())),
            SqlTypeId.Real => Fallible(from, to, Kernels.Unary<T, float>(value => AsNumeric(value, scale).ToSingle())),
            _ => Fallible(from, to, Kernels.Unary<T, double>(value => AsNumeric(value, scale).ToDouble())),
        };
    }

    private static Numeric AsNumeric<T>(T value, int scale) where T : struct, IBinaryInteger<T> =>
        Numeric.FromScaled(Int128.CreateTruncating(value), scale);

    private static short ToInt16(long value) => value == (short)value ? (short)value : throw Error.OutOfRange("smallint");

    private static int ToInt32(long value) => value == (int)value ? (int)value : throw Error.OutOfRange("integer");

    private static long ToOid(long value) => value == (uint)value ? value : throw Error.OutOfRange("OID");

    private static short DoubleToInt16(double value) => FloatText.TryToInt16(value, out short result) ? result : throw Error.OutOfRange("smallint");

    private static int DoubleToInt32(double value) => FloatText.TryToInt32(value, out int result) ? result : throw Error.OutOfRange("integer");

    private static long DoubleToInt64(double value) => FloatText.TryToInt64(value, out long result) ? result : throw Error.OutOfRange("bigint");

    private readonly struct Convert<TFrom, TTo> : IUnaryOperation<TFrom, TTo>
        where TFrom : struct, INumberBase<TFrom>
        where TTo : struct, INumberBase<TTo>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TTo Apply(TFrom value) => TTo.CreateTruncating(value);
    }
}
