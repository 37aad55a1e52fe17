using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Functions;

/// <summary>A function of two values that a loop is specialised for.</summary>
internal interface IBinaryOperation<TLeft, TRight, TResult>
{
    static abstract TResult Apply(TLeft left, TRight right);
}

/// <summary>
/// A function of two values that may fail. <see cref="Apply"/> computes without failing, for any bits, and leaves
/// something other than 0 in <c>suspect</c> where the result is in doubt; then <see cref="Exact"/> goes over the rows that
/// count and throws, or finds that all is well.
/// </summary>
internal interface ICheckedOperation<TLeft, TRight, TResult>
{
    static abstract TResult Apply(TLeft left, TRight right, ref long suspect);

    static abstract TResult Exact(TLeft left, TRight right);
}

/// <summary>A function of one value that a loop is specialised for.</summary>
internal interface IUnaryOperation<TValue, TResult>
{
    static abstract TResult Apply(TValue value);
}

/// <summary>
/// Makes kernels out of functions of single values: loops specialised by struct type for the hot ones, and delegates for
/// those whose own work is well above a call's.
/// </summary>
internal static class Kernels
{
    /// <summary>Where one in so many positions counts, computing all positions is faster than picking.</summary>
    private const int DenseShare = 4;

    /// <summary>A function of one value that may be called for any bits, or is marked fallible.</summary>
    public static ScalarKernel Unary<TValue, TResult, TOperation>() where TOperation : struct, IUnaryOperation<TValue, TResult> =>
        [MethodImpl(HotLoop.Options)] static (in KernelArguments arguments, Vector result) =>
        {
            Vector vector = arguments[0];
            ReadOnlySpan<TValue> values = vector.Values<TValue>();
            Span<TResult> target = result.Write<TResult>();
            if (arguments.HasSelection)
            {
                foreach (int i in arguments.Selection)
                {
                    target[i] = TOperation.Apply(values[i]);
                }

                return;
            }

            int count = arguments.Count;
            values = values[..count];
            target = target[..count];
            for (int i = 0; i < values.Length; i++)
            {
                target[i] = TOperation.Apply(values[i]);
            }
        };

    /// <summary>A function of one value as a delegate.</summary>
    public static ScalarKernel Unary<TValue, TResult>(Func<TValue, TResult> function) =>
        [MethodImpl(HotLoop.Options)] (in KernelArguments arguments, Vector result) =>
        {
            Vector vector = arguments[0];
            ReadOnlySpan<TValue> values = vector.Values<TValue>();
            Span<TResult> target = result.Write<TResult>();
            for (int k = 0; k < arguments.Count; k++)
            {
                int i = arguments.HasSelection ? arguments.Selection[k] : k;
                target[i] = function(values[vector.PositionOf(i)]);   // a volatile function may have a constant argument
            }
        };

    /// <summary>A function of two values as a delegate.</summary>
    public static ScalarKernel Binary<TLeft, TRight, TResult>(Func<TLeft, TRight, TResult> function) =>
        [MethodImpl(HotLoop.Options)] (in KernelArguments arguments, Vector result) =>
        {
            Vector left = arguments[0];
            Vector right = arguments[1];
            ReadOnlySpan<TLeft> leftValues = left.Values<TLeft>();
            ReadOnlySpan<TRight> rightValues = right.Values<TRight>();
            Span<TResult> target = result.Write<TResult>();
            for (int k = 0; k < arguments.Count; k++)
            {
                int i = arguments.HasSelection ? arguments.Selection[k] : k;
                target[i] = function(leftValues[left.PositionOf(i)], rightValues[right.PositionOf(i)]);
            }
        };

    /// <summary>A function of three values as a delegate.</summary>
    public static ScalarKernel Ternary<TFirst, TSecond, TThird, TResult>(Func<TFirst, TSecond, TThird, TResult> function) =>
        [MethodImpl(HotLoop.Options)] (in KernelArguments arguments, Vector result) =>
        {
            Vector first = arguments[0];
            Vector second = arguments[1];
            Vector third = arguments[2];
            ReadOnlySpan<TFirst> firstValues = first.Values<TFirst>();
            ReadOnlySpan<TSecond> secondValues = second.Values<TSecond>();
            ReadOnlySpan<TThird> thirdValues = third.Values<TThird>();
            Span<TResult> target = result.Write<TResult>();
            for (int k = 0; k < arguments.Count; k++)
            {
                int i = arguments.HasSelection ? arguments.Selection[k] : k;
                target[i] = function(
                    firstValues[first.PositionOf(i)], secondValues[second.PositionOf(i)], thirdValues[third.PositionOf(i)]);
            }
        };

    /// <summary>A function of two values that may be called for any bits, or is marked fallible.</summary>
    public static ScalarKernel Binary<TLeft, TRight, TResult, TOperation>()
        where TOperation : struct, IBinaryOperation<TLeft, TRight, TResult> =>
        [MethodImpl(HotLoop.Options)] static (in KernelArguments arguments, Vector result) =>
        {
            Vector left = arguments[0];
            Vector right = arguments[1];
            TLeft[] leftValues = left.Data<TLeft>();
            TRight[] rightValues = right.Data<TRight>();
            int leftMask = left.IsConstant ? 0 : -1;
            int rightMask = right.IsConstant ? 0 : -1;
            Span<TResult> target = result.Write<TResult>();
            if (arguments.HasSelection)
            {
                foreach (int i in arguments.Selection)
                {
                    target[i] = TOperation.Apply(leftValues[i & leftMask], rightValues[i & rightMask]);
                }

                return;
            }

            for (int i = 0; i < arguments.Count; i++)
            {
                target[i] = TOperation.Apply(leftValues[i & leftMask], rightValues[i & rightMask]);
            }
        };

    /// <summary>A checked function of two values: all rows first, then again with care where some row was in doubt.</summary>
    public static ScalarKernel Checked<TLeft, TRight, TResult, TOperation>()
        where TOperation : struct, ICheckedOperation<TLeft, TRight, TResult> =>
        [MethodImpl(HotLoop.Options)] static (in KernelArguments arguments, Vector result) =>
        {
            Span<TResult> target = result.Write<TResult>();
            if (!TryChecked<TLeft, TRight, TResult, TOperation>(arguments, target))
            {
                Exact<TLeft, TRight, TResult, TOperation>(arguments, target);
            }
        };

    /// <summary>Computes all rows; false where one of them (or one that does not count) is in doubt.</summary>
    public static bool TryChecked<TLeft, TRight, TResult, TOperation>(in KernelArguments arguments, Span<TResult> target)
        where TOperation : struct, ICheckedOperation<TLeft, TRight, TResult>
    {
        Vector left = arguments[0];
        Vector right = arguments[1];
        int end = DenseEnd(arguments);
        if (end <= 0 || (left.IsConstant && right.IsConstant))
        {
            return Selected<TLeft, TRight, TResult, TOperation>(arguments, target);
        }

        if (Int64Loops.Covers<TOperation>())
        {
            return Int64Loops.TryApply<TOperation>(
                left.Data<long>().AsSpan(0, left.IsConstant ? 1 : end),
                right.Data<long>().AsSpan(0, right.IsConstant ? 1 : end),
                MemoryMarshal.CreateSpan(ref Unsafe.As<TResult, long>(ref MemoryMarshal.GetReference(target[..end])), end));
        }

        ReadOnlySpan<TLeft> leftValues = left.Values<TLeft>();
        ReadOnlySpan<TRight> rightValues = right.Values<TRight>();
        return left.IsConstant ? ConstantFlat<TLeft, TRight, TResult, TOperation>(leftValues[0], rightValues[..end], target)
            : right.IsConstant ? FlatConstant<TLeft, TRight, TResult, TOperation>(leftValues[..end], rightValues[0], target)
            : FlatFlat<TLeft, TRight, TResult, TOperation>(leftValues[..end], rightValues[..end], target);
    }

    /// <summary>Computes the rows that count one by one; throws where one fails.</summary>
    [MethodImpl(HotLoop.Options)]
    public static void Exact<TLeft, TRight, TResult, TOperation>(in KernelArguments arguments, Span<TResult> target)
        where TOperation : struct, ICheckedOperation<TLeft, TRight, TResult>
    {
        Vector left = arguments[0];
        Vector right = arguments[1];
        ReadOnlySpan<TLeft> leftValues = left.Values<TLeft>();
        ReadOnlySpan<TRight> rightValues = right.Values<TRight>();
        for (int k = 0; k < arguments.Count; k++)
        {
            int i = arguments.HasSelection ? arguments.Selection[k] : k;
            target[i] = TOperation.Exact(leftValues[left.PositionOf(i)], rightValues[right.PositionOf(i)]);
        }
    }

    /// <summary>Number of positions from 0 on to compute where that is faster than picking; -1 where it is not.</summary>
    public static int DenseEnd(in KernelArguments arguments)
    {
        if (!arguments.HasSelection)
        {
            return arguments.Count;
        }

        int end = arguments.Count == 0 ? 0 : arguments.Selection[arguments.Count - 1] + 1;
        return arguments.Count * DenseShare >= end ? end : -1;
    }

    [MethodImpl(HotLoop.Options)]
    private static bool FlatFlat<TLeft, TRight, TResult, TOperation>(
        ReadOnlySpan<TLeft> left, ReadOnlySpan<TRight> right, Span<TResult> target)
        where TOperation : struct, ICheckedOperation<TLeft, TRight, TResult>
    {
        long suspect = 0;
        right = right[..left.Length];
        target = target[..left.Length];
        for (int i = 0; i < left.Length; i++)
        {
            target[i] = TOperation.Apply(left[i], right[i], ref suspect);
        }

        return suspect == 0;
    }

    [MethodImpl(HotLoop.Options)]
    private static bool FlatConstant<TLeft, TRight, TResult, TOperation>(ReadOnlySpan<TLeft> left, TRight right, Span<TResult> target)
        where TOperation : struct, ICheckedOperation<TLeft, TRight, TResult>
    {
        long suspect = 0;
        target = target[..left.Length];
        for (int i = 0; i < left.Length; i++)
        {
            target[i] = TOperation.Apply(left[i], right, ref suspect);
        }

        return suspect == 0;
    }

    [MethodImpl(HotLoop.Options)]
    private static bool ConstantFlat<TLeft, TRight, TResult, TOperation>(TLeft left, ReadOnlySpan<TRight> right, Span<TResult> target)
        where TOperation : struct, ICheckedOperation<TLeft, TRight, TResult>
    {
        long suspect = 0;
        target = target[..right.Length];
        for (int i = 0; i < right.Length; i++)
        {
            target[i] = TOperation.Apply(left, right[i], ref suspect);
        }

        return suspect == 0;
    }

    [MethodImpl(HotLoop.Options)]
    private static bool Selected<TLeft, TRight, TResult, TOperation>(in KernelArguments arguments, Span<TResult> target)
        where TOperation : struct, ICheckedOperation<TLeft, TRight, TResult>
    {
        TLeft[] left = arguments[0].Data<TLeft>();
        TRight[] right = arguments[1].Data<TRight>();
        int leftMask = arguments[0].IsConstant ? 0 : -1;
        int rightMask = arguments[1].IsConstant ? 0 : -1;
        long suspect = 0;
        for (int k = 0; k < arguments.Count; k++)
        {
            int i = arguments.HasSelection ? arguments.Selection[k] : k;
            target[i] = TOperation.Apply(left[i & leftMask], right[i & rightMask], ref suspect);
        }

        return suspect == 0;
    }
}
