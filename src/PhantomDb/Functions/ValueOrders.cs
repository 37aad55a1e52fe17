using System.Numerics;
using System.Runtime.CompilerServices;
using PhantomDb.Types;

namespace PhantomDb.Functions;

/// <summary>SQL's order of values of a physical type, for kernels that are specialised by struct type. Strings have their own.</summary>
internal interface IValueOrder<T>
{
    static abstract bool IsEqual(in T left, in T right);

    static abstract bool IsLess(in T left, in T right);

    /// <summary>Equal for equal values.</summary>
    static abstract int Hash(in T value);
}

/// <summary>Integers of all widths, and uuid.</summary>
internal readonly struct IntegerOrder<T> : IValueOrder<T> where T : struct, INumberBase<T>, IComparisonOperators<T, T, bool>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsEqual(in T left, in T right) => left == right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsLess(in T left, in T right) => left < right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Hash(in T value) => value.GetHashCode();
}

/// <summary>Floating point: NaN equals NaN and is above all others.</summary>
internal readonly struct FloatOrder<T> : IValueOrder<T> where T : struct, IFloatingPoint<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsEqual(in T left, in T right) => left == right || (T.IsNaN(left) && T.IsNaN(right));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsLess(in T left, in T right) => left < right || (T.IsNaN(right) && !T.IsNaN(left));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Hash(in T value) => value.GetHashCode();
}

internal readonly struct BooleanOrder : IValueOrder<bool>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsEqual(in bool left, in bool right) => left == right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsLess(in bool left, in bool right) => !left & right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Hash(in bool value) => value ? 1 : 0;
}

internal readonly struct NumericOrder : IValueOrder<Numeric>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsEqual(in Numeric left, in Numeric right) => Numeric.Compare(left, right) == 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsLess(in Numeric left, in Numeric right) => Numeric.Compare(left, right) < 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Hash(in Numeric value) => Numeric.Hash(value).GetHashCode();
}

/// <summary>Intervals by their total, a month being 30 days and a day 24 hours.</summary>
internal readonly struct IntervalOrder : IValueOrder<Interval>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsEqual(in Interval left, in Interval right) => Total(left) == Total(right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsLess(in Interval left, in Interval right) => Total(left) < Total(right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Hash(in Interval value) => Total(value).GetHashCode();

    /// <summary>Microseconds in all.</summary>
    public static Int128 Total(in Interval value) =>
        ((Int128)(((long)value.Months * 30) + value.Days) * 86_400_000_000) + value.Microseconds;
}
