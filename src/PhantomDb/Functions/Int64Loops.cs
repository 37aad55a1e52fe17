using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using PhantomDb.Types;

namespace PhantomDb.Functions;

/// <summary>
/// Checked + - * of 64-bit integers, a vector register at a time. A side of one value stands for all. Where a product
/// might overflow (by the bits of both sides) the rows are tried one by one.
/// </summary>
internal static class Int64Loops
{
    /// <summary>-2^n times -2^m is 2^(n + m), which must be below 2^63.</summary>
    private const int ProductBitsMax = 62;

    /// <summary>True for the operations that are found here; known when a kernel is compiled.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Covers<TOperation>() =>
        typeof(TOperation) == typeof(AddInt64) || typeof(TOperation) == typeof(SubtractInt64) || typeof(TOperation) == typeof(MultiplyInt64);

    /// <summary>Computes all rows; false where one of them is in doubt.</summary>
    public static bool TryApply<TOperation>(ReadOnlySpan<long> left, ReadOnlySpan<long> right, Span<long> target) =>
        typeof(TOperation) == typeof(AddInt64) ? Run<Sum>(left, right, target)
        : typeof(TOperation) == typeof(SubtractInt64) ? Run<Difference>(left, right, target)
        : Bits(left) + Bits(right) <= ProductBitsMax ? Run<SmallProduct>(left, right, target)
        : TryMultiply(left, right, target);

    /// <summary>The least n for which all values lie from -2^n to 2^n - 1.</summary>
    [MethodImpl(HotLoop.Options)]
    public static int Bits(ReadOnlySpan<long> values)
    {
        Vector256<long> seen = Vector256<long>.Zero;
        ref long first = ref MemoryMarshal.GetReference(values);
        int i = 0;
        for (; i <= values.Length - Vector256<long>.Count; i += Vector256<long>.Count)
        {
            Vector256<long> four = Vector256.LoadUnsafe(ref first, (nuint)i);
            seen |= four ^ Vector256.ShiftRightArithmetic(four, 63);
        }

        long all = seen[0] | seen[1] | seen[2] | seen[3];
        for (; i < values.Length; i++)
        {
            all |= values[i] ^ (values[i] >> 63);
        }

        return 64 - BitOperations.LeadingZeroCount((ulong)all);
    }

    [MethodImpl(HotLoop.Options)]
    private static bool Run<TOperation>(ReadOnlySpan<long> left, ReadOnlySpan<long> right, Span<long> target) where TOperation : struct, IRegisterOperation
    {
        int leftStep = left.Length == 1 ? 0 : 1;
        int rightStep = right.Length == 1 ? 0 : 1;
        ref long leftFirst = ref MemoryMarshal.GetReference(left);
        ref long rightFirst = ref MemoryMarshal.GetReference(right);
        ref long targetFirst = ref MemoryMarshal.GetReference(target);
        Vector256<long> leftConstant = Vector256.Create(leftFirst);
        Vector256<long> rightConstant = Vector256.Create(rightFirst);
        Vector256<long> suspects = Vector256<long>.Zero;
        int i = 0;
        for (; i <= target.Length - Vector256<long>.Count; i += Vector256<long>.Count)
        {
            Vector256<long> a = leftStep == 0 ? leftConstant : Vector256.LoadUnsafe(ref leftFirst, (nuint)i);
            Vector256<long> b = rightStep == 0 ? rightConstant : Vector256.LoadUnsafe(ref rightFirst, (nuint)i);
            TOperation.Apply(a, b, ref suspects).StoreUnsafe(ref targetFirst, (nuint)i);
        }

        long suspect = (suspects[0] | suspects[1] | suspects[2] | suspects[3]) >> 63;
        for (; i < target.Length; i++)
        {
            target[i] = TOperation.Apply(left[i * leftStep], right[i * rightStep], ref suspect);
        }

        return suspect == 0;
    }

    [MethodImpl(HotLoop.Options)]
    private static bool TryMultiply(ReadOnlySpan<long> left, ReadOnlySpan<long> right, Span<long> target)
    {
        int leftStep = left.Length == 1 ? 0 : 1;
        int rightStep = right.Length == 1 ? 0 : 1;
        long suspect = 0;
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = MultiplyInt64.Apply(left[i * leftStep], right[i * rightStep], ref suspect);
        }

        return suspect == 0;
    }

    /// <summary>An operation for four rows and for one; the sign bit of a suspect is set where a result is in doubt.</summary>
    private interface IRegisterOperation
    {
        static abstract Vector256<long> Apply(Vector256<long> left, Vector256<long> right, ref Vector256<long> suspects);

        static abstract long Apply(long left, long right, ref long suspect);
    }

    private readonly struct Sum : IRegisterOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<long> Apply(Vector256<long> left, Vector256<long> right, ref Vector256<long> suspects)
        {
            Vector256<long> sum = left + right;
            suspects |= (left ^ sum) & (right ^ sum);
            return sum;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static long Apply(long left, long right, ref long suspect) => AddInt64.Apply(left, right, ref suspect);
    }

    private readonly struct Difference : IRegisterOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<long> Apply(Vector256<long> left, Vector256<long> right, ref Vector256<long> suspects)
        {
            Vector256<long> difference = left - right;
            suspects |= (left ^ right) & (left ^ difference);
            return difference;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static long Apply(long left, long right, ref long suspect) => SubtractInt64.Apply(left, right, ref suspect);
    }

    /// <summary>Where no product can overflow: nothing is ever in doubt.</summary>
    private readonly struct SmallProduct : IRegisterOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<long> Apply(Vector256<long> left, Vector256<long> right, ref Vector256<long> suspects) => left * right;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static long Apply(long left, long right, ref long suspect) => left * right;
    }
}
