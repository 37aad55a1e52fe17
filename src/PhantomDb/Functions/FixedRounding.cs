using System.Numerics;
using PhantomDb.Types;

namespace PhantomDb.Functions;

/// <summary>Where rounding to fewer digits goes.</summary>
internal enum RoundingDirection : byte
{
    /// <summary>Half away from zero.</summary>
    Nearest,
    TowardZero,
    Up,
    Down,
}

/// <summary>
/// round, trunc, ceil and floor of numerics whose scale is known from their type, to a scale that is known too: integer
/// arithmetic on scaled integers.
/// </summary>
internal static class FixedRounding
{
    /// <summary>The function for a type; null where the scaled integers would not hold the result.</summary>
    public static BoundScalarFunction? TryBind(string name, SqlType type, int scale, RoundingDirection direction)
    {
        if (!type.IsFixedNumeric || scale is < 0 or > SqlType.NumericPrecisionMax)
        {
            return null;
        }

        int carry = scale < type.Scale && direction != RoundingDirection.TowardZero ? 1 : 0;
        int precision = Math.Max(type.Precision - type.Scale + carry + scale, 1);
        if (precision > SqlType.NumericPrecisionMax)
        {
            return null;
        }

        SqlType result = SqlType.FixedNumeric(precision, scale);
        ScalarKernel kernel = (type.Physical, result.Physical) switch
        {
            (PhysicalType.Int64, PhysicalType.Int64) => Kernel<long, long>(type.Scale - scale, direction),
            (PhysicalType.Int64, _) => Kernel<long, Int128>(type.Scale - scale, direction),
            (_, PhysicalType.Int64) => Kernel<Int128, long>(type.Scale - scale, direction),
            _ => Kernel<Int128, Int128>(type.Scale - scale, direction),
        };
        return new BoundScalarFunction(name, result, [type], kernel);
    }

    private static ScalarKernel Kernel<TValue, TResult>(int dropped, RoundingDirection direction)
        where TValue : struct, IBinaryInteger<TValue>
        where TResult : struct, IBinaryInteger<TResult>
    {
        if (dropped <= 0)
        {
            TResult factor = TResult.CreateTruncating(PowersOfTen.Wide[-dropped]);
            return (in KernelArguments arguments, Vectors.Vector result) =>
            {
                TValue[] values = arguments[0].Data<TValue>();
                Span<TResult> target = result.Write<TResult>();
                for (int k = 0; k < arguments.Count; k++)
                {
                    int i = arguments.HasSelection ? arguments.Selection[k] : k;
                    target[i] = TResult.CreateTruncating(values[i]) * factor;
                }
            };
        }

        TValue divisor = TValue.CreateTruncating(PowersOfTen.Wide[dropped]);
        TValue half = divisor / (TValue.One + TValue.One);
        return direction switch
        {
            RoundingDirection.Nearest => Loop<TValue, TResult, Nearest<TValue>>(divisor, half),
            RoundingDirection.TowardZero => Loop<TValue, TResult, TowardZero<TValue>>(divisor, half),
            RoundingDirection.Up => Loop<TValue, TResult, Up<TValue>>(divisor, half),
            _ => Loop<TValue, TResult, Down<TValue>>(divisor, half),
        };
    }

    private static ScalarKernel Loop<TValue, TResult, TStep>(TValue divisor, TValue half)
        where TValue : struct, IBinaryInteger<TValue>
        where TResult : struct, IBinaryInteger<TResult>
        where TStep : struct, IRoundingStep<TValue> => (in KernelArguments arguments, Vectors.Vector result) =>
    {
        TValue[] values = arguments[0].Data<TValue>();
        Span<TResult> target = result.Write<TResult>();
        for (int k = 0; k < arguments.Count; k++)
        {
            int i = arguments.HasSelection ? arguments.Selection[k] : k;
            TValue quotient = values[i] / divisor;
            target[i] = TResult.CreateTruncating(quotient + TStep.Of(values[i] - (quotient * divisor), half));
        }
    };

    /// <summary>What to add to a quotient that was cut off, by its remainder.</summary>
    private interface IRoundingStep<T>
    {
        static abstract T Of(T remainder, T half);
    }

    private readonly struct Nearest<T> : IRoundingStep<T> where T : struct, IBinaryInteger<T>
    {
        public static T Of(T remainder, T half) => remainder >= half ? T.One : -remainder >= half ? -T.One : T.Zero;
    }

    private readonly struct TowardZero<T> : IRoundingStep<T> where T : struct, IBinaryInteger<T>
    {
        public static T Of(T remainder, T half) => T.Zero;
    }

    private readonly struct Up<T> : IRoundingStep<T> where T : struct, IBinaryInteger<T>
    {
        public static T Of(T remainder, T half) => remainder > T.Zero ? T.One : T.Zero;
    }

    private readonly struct Down<T> : IRoundingStep<T> where T : struct, IBinaryInteger<T>
    {
        public static T Of(T remainder, T half) => remainder < T.Zero ? -T.One : T.Zero;
    }
}
