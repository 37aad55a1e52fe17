using System.Numerics;
using System.Runtime.CompilerServices;
using PhantomDb.Errors;
using PhantomDb.Types;
using PhantomDb.Vectors;
using Vector = PhantomDb.Vectors.Vector;

namespace PhantomDb.Functions;

/// <summary>
/// + - * / % of numerics. Where both scales are known from the types the values are scaled integers: 64-bit where the
/// digits allow it, else tried in 64 bits chunk by chunk and done in 128 where one row overflows. All else, and what
/// would need more than 38 digits to scale, is <see cref="Numeric"/>.
/// </summary>
internal static class NumericArithmetic
{
    public static void AddTo(List<ScalarFunction> functions)
    {
        SqlTypeId[] two = [SqlTypeId.Numeric, SqlTypeId.Numeric];
        SqlTypeId[] one = [SqlTypeId.Numeric];
        functions.Add(new ScalarFunction("+", two, types => BindSum<AddInt64, AddInt128, AddNumeric>("+", types)));
        functions.Add(new ScalarFunction("-", two, types => BindSum<SubtractInt64, SubtractInt128, SubtractNumeric>("-", types)));
        functions.Add(new ScalarFunction("*", two, BindProduct));
        functions.Fallible("/", SqlType.Numeric, [SqlType.Numeric, SqlType.Numeric], Kernels.Binary<Numeric, Numeric, Numeric, DivideNumeric>());
        functions.Fallible("%", SqlType.Numeric, [SqlType.Numeric, SqlType.Numeric], Kernels.Binary<Numeric, Numeric, Numeric, ModuloNumeric>());
        functions.Fallible("mod", SqlType.Numeric, [SqlType.Numeric, SqlType.Numeric], Kernels.Binary<Numeric, Numeric, Numeric, ModuloNumeric>());
        functions.Add(new ScalarFunction("-", one, types => BindSign<NegateSigned<long>, NegateSigned<Int128>, NegateNumeric>("-", types)));
        functions.Add(new ScalarFunction("+", one, types => BindSign<Identity<long>, Identity<Int128>, Identity<Numeric>>("+", types)));
        functions.Add(new ScalarFunction("abs", one, types => BindSign<AbsoluteSigned<long>, AbsoluteSigned<Int128>, AbsoluteNumeric>("abs", types)));
        functions.Add(new ScalarFunction("@", one, types => BindSign<AbsoluteSigned<long>, AbsoluteSigned<Int128>, AbsoluteNumeric>("@", types)));
    }

    /// <summary>Sum or difference: both sides in the larger scale, one digit more.</summary>
    private static BoundScalarFunction BindSum<TNarrow, TWide, TAny>(string name, IReadOnlyList<SqlType> types)
        where TNarrow : struct, ICheckedOperation<long, long, long>
        where TWide : struct, IWideOperation
        where TAny : struct, IBinaryOperation<Numeric, Numeric, Numeric>
    {
        SqlType left = types[0], right = types[1];
        int scale = Math.Max(left.Scale, right.Scale);
        int leftDigits = left.Precision - left.Scale + scale;
        int rightDigits = right.Precision - right.Scale + scale;
        int digits = Math.Max(leftDigits, rightDigits);
        if (!left.IsFixedNumeric || !right.IsFixedNumeric || digits > SqlType.NumericPrecisionMax)
        {
            return Variable<TAny>(name);
        }

        SqlType result = SqlType.FixedNumeric(Math.Min(digits + 1, SqlType.NumericPrecisionMax), scale);
        SqlType[] arguments = [SqlType.FixedNumeric(leftDigits, scale), SqlType.FixedNumeric(rightDigits, scale)];
        return Fixed<TNarrow, TWide>(name, result, arguments, canOverflow: digits == SqlType.NumericPrecisionMax);
    }

    /// <summary>Product: scales and digits add up. Beyond 38 digits only real values tell whether it overflows.</summary>
    private static BoundScalarFunction BindProduct(IReadOnlyList<SqlType> types)
    {
        SqlType left = types[0], right = types[1];
        int scale = left.Scale + right.Scale;
        if (!left.IsFixedNumeric || !right.IsFixedNumeric || scale > SqlType.NumericPrecisionMax)
        {
            return Variable<MultiplyNumeric>("*");
        }

        int digits = left.Precision + right.Precision;
        SqlType result = SqlType.FixedNumeric(Math.Min(digits, SqlType.NumericPrecisionMax), scale);
        return Fixed<MultiplyInt64, MultiplyInt128>("*", result, [left, right], canOverflow: digits > SqlType.NumericPrecisionMax);
    }

    private static BoundScalarFunction Variable<TAny>(string name) where TAny : struct, IBinaryOperation<Numeric, Numeric, Numeric> =>
        new(name, SqlType.Numeric, [SqlType.Numeric, SqlType.Numeric], Kernels.Binary<Numeric, Numeric, Numeric, TAny>())
        {
            IsFallible = true,
        };

    private static BoundScalarFunction Fixed<TNarrow, TWide>(string name, SqlType result, SqlType[] arguments, bool canOverflow)
        where TNarrow : struct, ICheckedOperation<long, long, long>
        where TWide : struct, IWideOperation =>
        result.Physical == PhysicalType.Int64
            ? new(name, result, arguments, Kernels.Checked<long, long, long, TNarrow>())
            : new(name, result, arguments, WideKernel<TNarrow, TWide>)
            {
                IsFallible = canOverflow,
                AcceptsNarrow = true,
            };

    /// <summary>Result of up to 38 digits: 64-bit arguments give a narrow result unless a row overflows.</summary>
    private static void WideKernel<TNarrow, TWide>(in KernelArguments arguments, Vector result)
        where TNarrow : struct, ICheckedOperation<long, long, long>
        where TWide : struct, IWideOperation
    {
        bool leftIsNarrow = arguments[0].Type == PhysicalType.Int64;
        bool rightIsNarrow = arguments[1].Type == PhysicalType.Int64;
        if (leftIsNarrow && rightIsNarrow
            && Kernels.TryChecked<long, long, long, TNarrow>(arguments, result.Write<long>(narrow: true)))
        {
            return;
        }

        Span<Int128> target = result.Write<Int128>();
        switch (leftIsNarrow, rightIsNarrow)
        {
            case (true, true): Wide<long, long, TWide>(arguments, target); break;
            case (true, false): Wide<long, Int128, TWide>(arguments, target); break;
            case (false, true): Wide<Int128, long, TWide>(arguments, target); break;
            case (false, false): Wide<Int128, Int128, TWide>(arguments, target); break;
        }
    }

    [MethodImpl(HotLoop.Options)]
    private static void Wide<TLeft, TRight, TOperation>(in KernelArguments arguments, Span<Int128> target)
        where TLeft : struct, INumberBase<TLeft>
        where TRight : struct, INumberBase<TRight>
        where TOperation : struct, IWideOperation
    {
        TLeft[] left = arguments[0].Data<TLeft>();
        TRight[] right = arguments[1].Data<TRight>();
        int leftMask = arguments[0].IsConstant ? 0 : -1;
        int rightMask = arguments[1].IsConstant ? 0 : -1;
        for (int k = 0; k < arguments.Count; k++)
        {
            int i = arguments.HasSelection ? arguments.Selection[k] : k;
            target[i] = TOperation.Apply(Int128.CreateTruncating(left[i & leftMask]), Int128.CreateTruncating(right[i & rightMask]));
        }
    }

    private static BoundScalarFunction BindSign<TNarrow, TWide, TAny>(string name, IReadOnlyList<SqlType> types)
        where TNarrow : struct, IUnaryOperation<long, long>
        where TWide : struct, IUnaryOperation<Int128, Int128>
        where TAny : struct, IUnaryOperation<Numeric, Numeric>
    {
        SqlType type = types[0];
        return type.Physical switch
        {
            PhysicalType.Int64 => new(name, type, [type], Kernels.Unary<long, long, TNarrow>()),
            PhysicalType.Int128 => new(name, type, [type], Kernels.Unary<Int128, Int128, TWide>()),
            _ => new(name, SqlType.Numeric, [SqlType.Numeric], Kernels.Unary<Numeric, Numeric, TAny>()),
        };
    }
}

/// <summary>128-bit arithmetic that throws 22003 beyond 38 digits. Never called for rows that do not count.</summary>
internal interface IWideOperation
{
    static abstract Int128 Apply(Int128 left, Int128 right);
}

internal readonly struct AddInt128 : IWideOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int128 Apply(Int128 left, Int128 right) => WideChecks.InRange(left + right);
}

internal readonly struct SubtractInt128 : IWideOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int128 Apply(Int128 left, Int128 right) => WideChecks.InRange(left - right);
}

internal readonly struct MultiplyInt128 : IWideOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int128 Apply(Int128 left, Int128 right)
    {
        if ((long)left == left && (long)right == right)
        {
            long high = Math.BigMul((long)left, (long)right, out long low);
            return new Int128((ulong)high, (ulong)low);   // below 10^38: two factors below 2^63
        }

        return PowersOfTen.TryMultiply(PowersOfTen.Magnitude(left), PowersOfTen.Magnitude(right), out UInt128 product)
            && product < (UInt128)PowersOfTen.Wide[PowersOfTen.ExponentMax]
            ? (left < 0) == (right < 0) ? (Int128)product : -(Int128)product
            : throw Error.NumericOverflow();
    }
}

internal static class WideChecks
{
    private static readonly Int128 Limit = PowersOfTen.Wide[PowersOfTen.ExponentMax];

    /// <summary>Sums of two values of 38 digits do not leave 128 bits, so the check comes after.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Int128 InRange(Int128 value) => value < Limit && value > -Limit ? value : throw Error.NumericOverflow();
}

internal readonly struct AddNumeric : IBinaryOperation<Numeric, Numeric, Numeric>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Numeric Apply(Numeric left, Numeric right) => Numeric.Add(left, right);
}

internal readonly struct SubtractNumeric : IBinaryOperation<Numeric, Numeric, Numeric>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Numeric Apply(Numeric left, Numeric right) => Numeric.Subtract(left, right);
}

internal readonly struct MultiplyNumeric : IBinaryOperation<Numeric, Numeric, Numeric>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Numeric Apply(Numeric left, Numeric right) => Numeric.Multiply(left, right);
}

internal readonly struct DivideNumeric : IBinaryOperation<Numeric, Numeric, Numeric>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Numeric Apply(Numeric left, Numeric right) => Numeric.Divide(left, right);
}

internal readonly struct ModuloNumeric : IBinaryOperation<Numeric, Numeric, Numeric>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Numeric Apply(Numeric left, Numeric right) => Numeric.Modulo(left, right);
}

internal readonly struct NegateSigned<T> : IUnaryOperation<T, T> where T : struct, ISignedNumber<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T value) => -value;
}

/// <summary>Not T.Abs, which throws for the lowest bits that a position out of the selection may hold.</summary>
internal readonly struct AbsoluteSigned<T> : IUnaryOperation<T, T> where T : struct, ISignedNumber<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T value) => T.IsNegative(value) ? -value : value;
}

internal readonly struct NegateNumeric : IUnaryOperation<Numeric, Numeric>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Numeric Apply(Numeric value) => Numeric.Negate(value);
}

internal readonly struct AbsoluteNumeric : IUnaryOperation<Numeric, Numeric>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Numeric Apply(Numeric value) => Numeric.Abs(value);
}
