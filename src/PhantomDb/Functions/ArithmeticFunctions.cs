using System.Numerics;
using System.Runtime.CompilerServices;
using PhantomDb.Errors;
using PhantomDb.Types;

namespace PhantomDb.Functions;

/// <summary>+ - * / % and signs of integers and floating point, with PostgreSQL's overflow errors.</summary>
internal static class ArithmeticFunctions
{
    public static void AddTo(List<ScalarFunction> functions)
    {
        AddInteger<short, Int16Name>(functions, SqlType.Int16, AddNarrow<short, Int16Name>(), SubtractNarrow<short, Int16Name>(), MultiplyNarrow<short, Int16Name>());
        AddInteger<int, Int32Name>(functions, SqlType.Int32, AddNarrow<int, Int32Name>(), SubtractNarrow<int, Int32Name>(), MultiplyNarrow<int, Int32Name>());
        AddInteger<long, Int64Name>(functions, SqlType.Int64,
            Kernels.Checked<long, long, long, AddInt64>(),
            Kernels.Checked<long, long, long, SubtractInt64>(),
            Kernels.Checked<long, long, long, MultiplyInt64>());
        AddFloat<float>(functions, SqlType.Real);
        AddFloat<double>(functions, SqlType.Double);
    }

    private static void AddInteger<T, TName>(
        List<ScalarFunction> functions, SqlType type, ScalarKernel add, ScalarKernel subtract, ScalarKernel multiply)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
        where TName : struct, IIntegerName
    {
        functions.Fallible("+", type, [type, type], add);
        functions.Fallible("-", type, [type, type], subtract);
        functions.Fallible("*", type, [type, type], multiply);
        functions.Fallible("/", type, [type, type], Kernels.Binary<T, T, T, DivideInteger<T, TName>>());
        functions.Fallible("%", type, [type, type], IntegerModulo.Kernel<T>());
        functions.Fallible("mod", type, [type, type], IntegerModulo.Kernel<T>());
        functions.Fallible("-", type, [type], Kernels.Unary<T, T, NegateInteger<T, TName>>());
        functions.Add("+", type, [type], Kernels.Unary<T, T, Identity<T>>());
        functions.Fallible("abs", type, [type], Kernels.Unary<T, T, AbsoluteInteger<T, TName>>());
        functions.Fallible("@", type, [type], Kernels.Unary<T, T, AbsoluteInteger<T, TName>>());
        functions.Add("&", type, [type, type], Kernels.Binary<T, T, T, BitAnd<T>>());
        functions.Add("|", type, [type, type], Kernels.Binary<T, T, T, BitOr<T>>());
        functions.Add("#", type, [type, type], Kernels.Binary<T, T, T, BitXor<T>>());
        functions.Add("~", type, [type], Kernels.Unary<T, T, BitNot<T>>());
        functions.Add("<<", type, [type, SqlType.Int32], Kernels.Binary<T, int, T, ShiftLeft<T>>());
        functions.Add(">>", type, [type, SqlType.Int32], Kernels.Binary<T, int, T, ShiftRight<T>>());
    }

    private static void AddFloat<T>(List<ScalarFunction> functions, SqlType type) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        functions.Fallible("+", type, [type, type], Kernels.Checked<T, T, T, AddFloating<T>>());
        functions.Fallible("-", type, [type, type], Kernels.Checked<T, T, T, SubtractFloating<T>>());
        functions.Fallible("*", type, [type, type], Kernels.Checked<T, T, T, MultiplyFloating<T>>());
        functions.Fallible("/", type, [type, type], Kernels.Checked<T, T, T, DivideFloating<T>>());
        functions.Add("-", type, [type], Kernels.Unary<T, T, NegateFloating<T>>());
        functions.Add("+", type, [type], Kernels.Unary<T, T, Identity<T>>());
        functions.Add("abs", type, [type], Kernels.Unary<T, T, AbsoluteFloating<T>>());
        functions.Add("@", type, [type], Kernels.Unary<T, T, AbsoluteFloating<T>>());
    }

    private static ScalarKernel AddNarrow<T, TName>() where T : struct, IBinaryInteger<T> where TName : struct, IIntegerName =>
        Kernels.Checked<T, T, T, AddSmall<T, TName>>();

    private static ScalarKernel SubtractNarrow<T, TName>() where T : struct, IBinaryInteger<T> where TName : struct, IIntegerName =>
        Kernels.Checked<T, T, T, SubtractSmall<T, TName>>();

    private static ScalarKernel MultiplyNarrow<T, TName>() where T : struct, IBinaryInteger<T> where TName : struct, IIntegerName =>
        Kernels.Checked<T, T, T, MultiplySmall<T, TName>>();
}

/// <summary>The type's name in "smallint out of range".</summary>
internal interface IIntegerName
{
    static abstract string Name { get; }
}

internal readonly struct Int16Name : IIntegerName
{
    public static string Name => "smallint";
}

internal readonly struct Int32Name : IIntegerName
{
    public static string Name => "integer";
}

internal readonly struct Int64Name : IIntegerName
{
    public static string Name => "bigint";
}

/// <summary>16- and 32-bit sums, computed in 64 bits: what does not survive the way back has overflowed.</summary>
internal readonly struct AddSmall<T, TName> : ICheckedOperation<T, T, T> where T : struct, IBinaryInteger<T> where TName : struct, IIntegerName
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right, ref long suspect)
    {
        long sum = long.CreateTruncating(left) + long.CreateTruncating(right);
        T result = T.CreateTruncating(sum);
        suspect |= sum ^ long.CreateTruncating(result);
        return result;
    }

    public static T Exact(T left, T right)
    {
        long suspect = 0;
        T result = Apply(left, right, ref suspect);
        return suspect == 0 ? result : throw Error.OutOfRange(TName.Name);
    }
}

internal readonly struct SubtractSmall<T, TName> : ICheckedOperation<T, T, T> where T : struct, IBinaryInteger<T> where TName : struct, IIntegerName
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right, ref long suspect)
    {
        long difference = long.CreateTruncating(left) - long.CreateTruncating(right);
        T result = T.CreateTruncating(difference);
        suspect |= difference ^ long.CreateTruncating(result);
        return result;
    }

    public static T Exact(T left, T right)
    {
        long suspect = 0;
        T result = Apply(left, right, ref suspect);
        return suspect == 0 ? result : throw Error.OutOfRange(TName.Name);
    }
}

internal readonly struct MultiplySmall<T, TName> : ICheckedOperation<T, T, T> where T : struct, IBinaryInteger<T> where TName : struct, IIntegerName
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right, ref long suspect)
    {
        long product = long.CreateTruncating(left) * long.CreateTruncating(right);
        T result = T.CreateTruncating(product);
        suspect |= product ^ long.CreateTruncating(result);
        return result;
    }

    public static T Exact(T left, T right)
    {
        long suspect = 0;
        T result = Apply(left, right, ref suspect);
        return suspect == 0 ? result : throw Error.OutOfRange(TName.Name);
    }
}

/// <summary>64-bit sums: overflow shows in the sign bit of (left ^ sum) &amp; (right ^ sum).</summary>
internal readonly struct AddInt64 : ICheckedOperation<long, long, long>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Apply(long left, long right, ref long suspect)
    {
        long sum = left + right;
        suspect |= ((left ^ sum) & (right ^ sum)) >> 63;
        return sum;
    }

    public static long Exact(long left, long right)
    {
        long suspect = 0;
        long result = Apply(left, right, ref suspect);
        return suspect == 0 ? result : throw Error.OutOfRange("bigint");
    }
}

internal readonly struct SubtractInt64 : ICheckedOperation<long, long, long>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Apply(long left, long right, ref long suspect)
    {
        long difference = left - right;
        suspect |= ((left ^ right) & (left ^ difference)) >> 63;
        return difference;
    }

    public static long Exact(long left, long right)
    {
        long suspect = 0;
        long result = Apply(left, right, ref suspect);
        return suspect == 0 ? result : throw Error.OutOfRange("bigint");
    }
}

/// <summary>64-bit products: overflow shows where the high word is not the low word's sign.</summary>
internal readonly struct MultiplyInt64 : ICheckedOperation<long, long, long>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Apply(long left, long right, ref long suspect)
    {
        long high = Math.BigMul(left, right, out long low);
        suspect |= high ^ (low >> 63);
        return low;
    }

    public static long Exact(long left, long right)
    {
        long suspect = 0;
        long result = Apply(left, right, ref suspect);
        return suspect == 0 ? result : throw Error.OutOfRange("bigint");
    }
}

internal readonly struct DivideInteger<T, TName> : IBinaryOperation<T, T, T>
    where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
    where TName : struct, IIntegerName
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right)
    {
        if (T.IsZero(right))
        {
            throw Error.DivisionByZero();
        }

        if (right == -T.One)
        {
            return left == T.MinValue ? throw Error.OutOfRange(TName.Name) : -left;
        }

        return left / right;
    }
}

internal readonly struct ModuloInteger<T> : IBinaryOperation<T, T, T> where T : struct, IBinaryInteger<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right)
    {
        if (T.IsZero(right))
        {
            throw Error.DivisionByZero();
        }

        return right == -T.One ? T.Zero : left % right;
    }
}

internal readonly struct NegateInteger<T, TName> : IUnaryOperation<T, T>
    where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
    where TName : struct, IIntegerName
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T value) => value == T.MinValue ? throw Error.OutOfRange(TName.Name) : -value;
}

internal readonly struct AbsoluteInteger<T, TName> : IUnaryOperation<T, T>
    where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
    where TName : struct, IIntegerName
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T value) => value == T.MinValue ? throw Error.OutOfRange(TName.Name) : T.Abs(value);
}

internal readonly struct Identity<T> : IUnaryOperation<T, T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T value) => value;
}

internal readonly struct BitAnd<T> : IBinaryOperation<T, T, T> where T : struct, IBinaryInteger<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right) => left & right;
}

internal readonly struct BitOr<T> : IBinaryOperation<T, T, T> where T : struct, IBinaryInteger<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right) => left | right;
}

internal readonly struct BitXor<T> : IBinaryOperation<T, T, T> where T : struct, IBinaryInteger<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right) => left ^ right;
}

internal readonly struct BitNot<T> : IUnaryOperation<T, T> where T : struct, IBinaryInteger<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T value) => ~value;
}

/// <summary>As the processor does it under PostgreSQL: smallint is shifted as 32 bits, the amount is taken modulo the width.</summary>
internal readonly struct ShiftLeft<T> : IBinaryOperation<T, int, T> where T : struct, IBinaryInteger<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, int right) => typeof(T) == typeof(long)
        ? T.CreateTruncating(long.CreateTruncating(left) << right)
        : T.CreateTruncating(int.CreateTruncating(left) << right);
}

internal readonly struct ShiftRight<T> : IBinaryOperation<T, int, T> where T : struct, IBinaryInteger<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, int right) => typeof(T) == typeof(long)
        ? T.CreateTruncating(long.CreateTruncating(left) >> right)
        : T.CreateTruncating(int.CreateTruncating(left) >> right);
}

/// <summary>Floating-point sums: what is not finite is looked at again, because an infinity may have come in.</summary>
internal readonly struct AddFloating<T> : ICheckedOperation<T, T, T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right, ref long suspect)
    {
        T sum = left + right;
        suspect |= T.IsFinite(sum) ? 0L : 1L;
        return sum;
    }

    public static T Exact(T left, T right) => FloatingChecks.Overflow(left + right, left, right);
}

internal readonly struct SubtractFloating<T> : ICheckedOperation<T, T, T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right, ref long suspect)
    {
        T difference = left - right;
        suspect |= T.IsFinite(difference) ? 0L : 1L;
        return difference;
    }

    public static T Exact(T left, T right) => FloatingChecks.Overflow(left - right, left, right);
}

internal readonly struct MultiplyFloating<T> : ICheckedOperation<T, T, T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right, ref long suspect)
    {
        T product = left * right;
        suspect |= T.IsFinite(product) & !(T.IsZero(product) & !(T.IsZero(left) | T.IsZero(right))) ? 0L : 1L;
        return product;
    }

    public static T Exact(T left, T right)
    {
        T product = FloatingChecks.Overflow(left * right, left, right);
        return T.IsZero(product) && !T.IsZero(left) && !T.IsZero(right) ? throw Error.FloatUnderflow() : product;
    }
}

internal readonly struct DivideFloating<T> : ICheckedOperation<T, T, T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T left, T right, ref long suspect)
    {
        T quotient = left / right;
        suspect |= T.IsFinite(quotient) & !(T.IsZero(quotient) & !T.IsZero(left)) ? 0L : 1L;
        return quotient;
    }

    public static T Exact(T left, T right)
    {
        if (T.IsZero(right) && !T.IsNaN(left))
        {
            throw Error.DivisionByZero();
        }

        T quotient = left / right;
        if (T.IsInfinity(quotient) && !T.IsInfinity(left))
        {
            throw Error.FloatOverflow();
        }

        return T.IsZero(quotient) && !T.IsZero(left) && !T.IsInfinity(right) ? throw Error.FloatUnderflow() : quotient;
    }
}

internal static class FloatingChecks
{
    /// <summary>An infinity that neither side brought is an overflow.</summary>
    public static T Overflow<T>(T result, T left, T right) where T : IBinaryFloatingPointIeee754<T> =>
        T.IsInfinity(result) && !T.IsInfinity(left) && !T.IsInfinity(right) ? throw Error.FloatOverflow() : result;
}

internal readonly struct NegateFloating<T> : IUnaryOperation<T, T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T value) => -value;
}

internal readonly struct AbsoluteFloating<T> : IUnaryOperation<T, T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply(T value) => T.Abs(value);
}
