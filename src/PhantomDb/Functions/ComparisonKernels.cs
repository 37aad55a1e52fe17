using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using PhantomDb.Types;
using PhantomDb.Vectors;
using Vector = PhantomDb.Vectors.Vector;

namespace PhantomDb.Functions;

/// <summary>What the comparison loops compute; the others follow by negation and exchange of sides.</summary>
internal enum BasicComparison : byte
{
    Equal,
    /// <summary>left &lt; right</summary>
    Less,
    /// <summary>left &gt; right</summary>
    Greater,
}

/// <summary>
/// Compares two vectors: to a selection (the rows where it holds), or to booleans. NULLs are left to the caller's mask:
/// a row that is invalid in <c>validity</c> is never selected.
/// </summary>
internal static class ComparisonKernels
{
    /// <summary>
    /// Writes the positions where (left op right) differs from <paramref name="negate"/>; returns their number.
    /// <paramref name="output"/> may be the selection itself.
    /// </summary>
    public static int Select(
        BasicComparison comparison, bool negate, Vector left, Vector right, int[]? selection, int count, ulong[]? validity, int[] output)
    {
        if (left.IsConstant && !right.IsConstant)
        {
            (left, right, comparison) = (right, left, Exchange(comparison));
        }

        return left.Type switch
        {
            PhysicalType.Boolean => Select<bool, BooleanOrder>(comparison, negate, left, right, selection, count, validity, output),
            PhysicalType.Int16 => SelectFast<short, IntegerOrder<short>>(comparison, negate, left, right, selection, count, validity, output),
            PhysicalType.Int32 => SelectFast<int, IntegerOrder<int>>(comparison, negate, left, right, selection, count, validity, output),
            PhysicalType.Int64 => SelectFast<long, IntegerOrder<long>>(comparison, negate, left, right, selection, count, validity, output),
            PhysicalType.Int128 => Select<Int128, IntegerOrder<Int128>>(comparison, negate, left, right, selection, count, validity, output),
            PhysicalType.Real => SelectFast<float, FloatOrder<float>>(comparison, negate, left, right, selection, count, validity, output),
            PhysicalType.Double => SelectFast<double, FloatOrder<double>>(comparison, negate, left, right, selection, count, validity, output),
            PhysicalType.Numeric => Select<Numeric, NumericOrder>(comparison, negate, left, right, selection, count, validity, output),
            PhysicalType.Interval => Select<Interval, IntervalOrder>(comparison, negate, left, right, selection, count, validity, output),
            PhysicalType.Uuid => Select<UInt128, IntegerOrder<UInt128>>(comparison, negate, left, right, selection, count, validity, output),
            PhysicalType.String => SelectStrings(comparison, negate, left, right, selection, count, validity, output),
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>
    /// Clears the bits of the first <paramref name="count"/> rows where the comparison does not hold (or holds, where
    /// <paramref name="negate"/>) or a side is NULL. False, and nothing done, but for flat numbers against a constant.
    /// </summary>
    public static bool TryMask(BasicComparison comparison, bool negate, Vector left, Vector right, int count, ulong[] mask)
    {
        if (left.IsConstant)
        {
            (left, right, comparison) = (right, left, Exchange(comparison));
        }

        if (left.IsConstant || !right.IsConstant || !right.IsValid(0) || !Vector256.IsHardwareAccelerated)
        {
            return false;
        }

        return left.Type switch
        {
            PhysicalType.Int16 => Mask(comparison, negate, left, right.Values<short>()[0], count, mask),
            PhysicalType.Int32 => Mask(comparison, negate, left, right.Values<int>()[0], count, mask),
            PhysicalType.Int64 => Mask(comparison, negate, left, right.Values<long>()[0], count, mask),
            PhysicalType.Real => Mask(comparison, negate, left, right.Values<float>()[0], count, mask),
            PhysicalType.Double => Mask(comparison, negate, left, right.Values<double>()[0], count, mask),
            _ => false,
        };
    }

    [MethodImpl(HotLoop.Options)]
    private static bool Mask<T>(BasicComparison comparison, bool negate, Vector left, T constant, int count, ulong[] mask)
        where T : unmanaged, INumberBase<T>
    {
        if (T.IsNaN(constant))
        {
            return false;
        }

        ReadOnlySpan<T> values = left.Values<T>()[..count];
        ulong[]? validity = left.Validity;
        bool flip = negate;
        bool orEqual = false;
        if (comparison == BasicComparison.Greater)
        {
            flip = !flip;
            orEqual = true;
        }

        int words = count >> 6;
        for (int word = 0; word < words; word++)
        {
            if (mask[word] == 0)
            {
                continue;
            }

            ulong bits = comparison == BasicComparison.Equal ? EqualWord(values.Slice(word << 6, 64), constant)
                : orEqual ? LessOrEqualWord(values.Slice(word << 6, 64), constant)
                : LessWord(values.Slice(word << 6, 64), constant);
            bits = flip ? ~bits : bits;
            mask[word] &= validity is null ? bits : bits & validity[word];
        }

        for (int i = words << 6; i < count; i++)
        {
            if (Holds(comparison, orEqual, values[i], constant) == flip || !ValidityMask.IsValid(validity, i))
            {
                mask[words] &= ~(1UL << (i & 63));
            }
        }

        return true;
    }

    private static bool Holds<T>(BasicComparison comparison, bool orEqual, T value, T constant) where T : unmanaged
    {
        Vector128<T> one = Vector128.CreateScalar(value);
        Vector128<T> other = Vector128.CreateScalar(constant);
        Vector128<T> holds = comparison == BasicComparison.Equal ? Vector128.Equals(one, other)
            : orEqual ? Vector128.LessThanOrEqual(one, other)
            : Vector128.LessThan(one, other);
        return holds.ExtractMostSignificantBits() % 2 != 0;
    }

    private static BasicComparison Exchange(BasicComparison comparison) => comparison switch
    {
        BasicComparison.Less => BasicComparison.Greater,
        BasicComparison.Greater => BasicComparison.Less,
        _ => comparison,
    };

    /// <summary>Flat numbers against a constant, and flat integers against each other, go 64 rows at a time; all else row by row.</summary>
    private static int SelectFast<T, TOrder>(
        BasicComparison comparison, bool negate, Vector left, Vector right, int[]? selection, int count, ulong[]? validity, int[] output)
        where T : unmanaged, INumberBase<T>
        where TOrder : struct, IValueOrder<T>
    {
        if (selection is null && !left.IsConstant && right.IsConstant && Vector256.IsHardwareAccelerated)
        {
            T constant = right.Values<T>()[0];
            if (!T.IsNaN(constant))
            {
                return SelectWords(comparison, negate, left.Values<T>(), constant, count, validity, output);
            }
        }

        if (selection is null && !left.IsConstant && !right.IsConstant && Vector256.IsHardwareAccelerated
            && typeof(T) != typeof(float) && typeof(T) != typeof(double))
        {
            return SelectWordPairs(comparison, negate, left.Values<T>()[..count], right.Values<T>()[..count], validity, output);
        }

        return Select<T, TOrder>(comparison, negate, left, right, selection, count, validity, output);
    }

    [MethodImpl(HotLoop.Options)]
    private static int SelectWords<T>(
        BasicComparison comparison, bool negate, ReadOnlySpan<T> values, T constant, int count, ulong[]? validity, int[] output)
        where T : unmanaged, INumberBase<T>
    {
        // NaN is above every constant: x > c is not(x <= c), so that what IEEE calls unordered comes out true.
        bool flip = negate;
        bool orEqual = false;
        if (comparison == BasicComparison.Greater)
        {
            flip = !flip;
            orEqual = true;
        }

        int selected = 0;
        int words = count >> 6;
        for (int word = 0; word < words; word++)
        {
            ulong bits = comparison == BasicComparison.Equal ? EqualWord(values.Slice(word << 6, 64), constant)
                : orEqual ? LessOrEqualWord(values.Slice(word << 6, 64), constant)
                : LessWord(values.Slice(word << 6, 64), constant);
            bits = flip ? ~bits : bits;
            bits = validity is null ? bits : bits & validity[word];
            selected = AppendBits(bits, word << 6, output, selected);
        }

        for (int i = words << 6; i < count; i++)
        {
            if (Holds(comparison, orEqual, values[i], constant) != flip && ValidityMask.IsValid(validity, i))
            {
                output[selected++] = i;
            }
        }

        return selected;
    }

    [MethodImpl(HotLoop.Options)]
    private static int SelectWordPairs<T>(
        BasicComparison comparison, bool negate, ReadOnlySpan<T> left, ReadOnlySpan<T> right, ulong[]? validity, int[] output)
        where T : unmanaged, INumberBase<T>
    {
        if (comparison == BasicComparison.Greater)
        {
            ReadOnlySpan<T> exchanged = left;
            left = right;
            right = exchanged;
        }

        bool isEquality = comparison == BasicComparison.Equal;
        int selected = 0;
        int words = left.Length >> 6;
        for (int word = 0; word < words; word++)
        {
            ref T leftFirst = ref MemoryMarshal.GetReference(left.Slice(word << 6, 64));
            ref T rightFirst = ref MemoryMarshal.GetReference(right.Slice(word << 6, 64));
            ulong bits = 0;
            for (int i = 0; i < 64; i += Vector256<T>.Count)
            {
                Vector256<T> a = Vector256.LoadUnsafe(ref leftFirst, (nuint)i);
                Vector256<T> b = Vector256.LoadUnsafe(ref rightFirst, (nuint)i);
                Vector256<T> holds = isEquality ? Vector256.Equals(a, b) : Vector256.LessThan(a, b);
                bits |= (ulong)holds.ExtractMostSignificantBits() << i;
            }

            bits = negate ? ~bits : bits;
            bits = validity is null ? bits : bits & validity[word];
            selected = AppendBits(bits, word << 6, output, selected);
        }

        for (int i = words << 6; i < left.Length; i++)
        {
            Vector128<T> a = Vector128.CreateScalar(left[i]);
            Vector128<T> b = Vector128.CreateScalar(right[i]);
            Vector128<T> holds = isEquality ? Vector128.Equals(a, b) : Vector128.LessThan(a, b);
            if ((holds.ExtractMostSignificantBits() % 2 != 0) != negate && ValidityMask.IsValid(validity, i))
            {
                output[selected++] = i;
            }
        }

        return selected;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong EqualWord<T>(ReadOnlySpan<T> values, T constant) where T : unmanaged
    {
        Vector256<T> other = Vector256.Create(constant);
        ref T first = ref MemoryMarshal.GetReference(values);
        ulong bits = 0;
        for (int i = 0; i < 64; i += Vector256<T>.Count)
        {
            bits |= (ulong)Vector256.Equals(Vector256.LoadUnsafe(ref first, (nuint)i), other).ExtractMostSignificantBits() << i;
        }

        return bits;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong LessWord<T>(ReadOnlySpan<T> values, T constant) where T : unmanaged
    {
        Vector256<T> other = Vector256.Create(constant);
        ref T first = ref MemoryMarshal.GetReference(values);
        ulong bits = 0;
        for (int i = 0; i < 64; i += Vector256<T>.Count)
        {
            bits |= (ulong)Vector256.LessThan(Vector256.LoadUnsafe(ref first, (nuint)i), other).ExtractMostSignificantBits() << i;
        }

        return bits;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong LessOrEqualWord<T>(ReadOnlySpan<T> values, T constant) where T : unmanaged
    {
        Vector256<T> other = Vector256.Create(constant);
        ref T first = ref MemoryMarshal.GetReference(values);
        ulong bits = 0;
        for (int i = 0; i < 64; i += Vector256<T>.Count)
        {
            bits |= (ulong)Vector256.LessThanOrEqual(Vector256.LoadUnsafe(ref first, (nuint)i), other).ExtractMostSignificantBits() << i;
        }

        return bits;
    }

    [MethodImpl(HotLoop.Options)]
    private static int AppendBits(ulong bits, int first, int[] output, int count)
    {
        if (bits == ulong.MaxValue)
        {
            Span<int> target = output.AsSpan(count, 64);
            for (int i = 0; i < target.Length; i++)
            {
                target[i] = first + i;
            }

            return count + 64;
        }

        while (bits != 0)
        {
            output[count++] = first + BitOperations.TrailingZeroCount(bits);
            bits &= bits - 1;
        }

        return count;
    }

    private static int Select<T, TOrder>(
        BasicComparison comparison, bool negate, Vector left, Vector right, int[]? selection, int count, ulong[]? validity, int[] output)
        where TOrder : struct, IValueOrder<T>
    {
        T[] leftValues = left.Data<T>();
        T[] rightValues = right.Data<T>();
        // A constant is read at position 0 again and again: position & 0.
        int leftMask = left.IsConstant ? 0 : -1;
        int rightMask = right.IsConstant ? 0 : -1;
        return comparison switch
        {
            BasicComparison.Equal => Loop<T, EqualTest<T, TOrder>>(leftValues, leftMask, rightValues, rightMask, negate, selection, count, validity, output),
            BasicComparison.Less => Loop<T, LessTest<T, TOrder>>(leftValues, leftMask, rightValues, rightMask, negate, selection, count, validity, output),
            BasicComparison.Greater => Loop<T, LessTest<T, TOrder>>(rightValues, rightMask, leftValues, leftMask, negate, selection, count, validity, output),
            _ => throw new UnreachableException(),
        };
    }

    private interface ITest<T>
    {
        static abstract bool Holds(in T left, in T right);
    }

    private readonly struct EqualTest<T, TOrder> : ITest<T> where TOrder : struct, IValueOrder<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(in T left, in T right) => TOrder.IsEqual(left, right);
    }

    private readonly struct LessTest<T, TOrder> : ITest<T> where TOrder : struct, IValueOrder<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(in T left, in T right) => TOrder.IsLess(left, right);
    }

    [MethodImpl(HotLoop.Options)]
    private static int Loop<T, TTest>(
        T[] left, int leftMask, T[] right, int rightMask, bool negate, int[]? selection, int count, ulong[]? validity, int[] output)
        where TTest : struct, ITest<T>
    {
        int selected = 0;
        if (selection is null)
        {
            for (int i = 0; i < count; i++)
            {
                bool holds = TTest.Holds(in left[i & leftMask], in right[i & rightMask]) ^ negate;
                output[selected] = i;
                selected += holds & ValidityMask.IsValid(validity, i) ? 1 : 0;
            }

            return selected;
        }

        foreach (int i in selection.AsSpan(0, count))
        {
            bool holds = TTest.Holds(in left[i & leftMask], in right[i & rightMask]) ^ negate;
            output[selected] = i;
            selected += holds & ValidityMask.IsValid(validity, i) ? 1 : 0;
        }

        return selected;
    }

    private static int SelectStrings(
        BasicComparison comparison, bool negate, Vector left, Vector right, int[]? selection, int count, ulong[]? validity, int[] output)
    {
        if (comparison == BasicComparison.Equal && right.IsConstant && !left.IsConstant)
        {
            ref readonly StringView constant = ref right.Data<StringView>()[0];
            return constant.IsInline
                ? SelectEqualInline(constant, negate, left.Data<StringView>(), selection, count, validity, output)
                : SelectEqualLong(in constant, right.Blocks, negate, left, selection, count, validity, output);
        }

        return SelectStringPairs(comparison, negate, left, right, selection, count, validity, output);
    }

    /// <summary>Up to twelve bytes: two words are equal or not, in whatever row.</summary>
    [MethodImpl(HotLoop.Options)]
    private static int SelectEqualInline(
        StringView constant, bool negate, StringView[] views, int[]? selection, int count, ulong[]? validity, int[] output)
    {
        ulong head = constant.Head;
        ulong tail = constant.Tail;
        int selected = 0;
        for (int k = 0; k < count; k++)
        {
            int i = selection is null ? k : selection[k];
            ref readonly StringView view = ref views[i];
            bool isEqual = ((view.Head ^ head) | (view.Tail ^ tail)) == 0;
            output[selected] = i;
            selected += (isEqual ^ negate) & ValidityMask.IsValid(validity, i) ? 1 : 0;
        }

        return selected;
    }

    /// <summary>Length and first bytes decide for most rows; the blocks are looked at for the others alone.</summary>
    [MethodImpl(HotLoop.Options)]
    private static int SelectEqualLong(
        ref readonly StringView constant, byte[][] constantBlocks, bool negate, Vector left, int[]? selection, int count, ulong[]? validity, int[] output)
    {
        StringView[] views = left.Data<StringView>();
        byte[][] blocks = left.Blocks;
        ReadOnlySpan<byte> bytes = StringView.Bytes(in constant, constantBlocks);
        ulong head = constant.Head;
        int selected = 0;
        for (int k = 0; k < count; k++)
        {
            int i = selection is null ? k : selection[k];
            if (!ValidityMask.IsValid(validity, i))
            {
                continue;   // the bytes of a NULL are nowhere
            }

            ref readonly StringView view = ref views[i];
            bool isEqual = view.Head == head && StringView.Bytes(in view, blocks).SequenceEqual(bytes);
            output[selected] = i;
            selected += isEqual != negate ? 1 : 0;
        }

        return selected;
    }

    [MethodImpl(HotLoop.Options)]
    private static int SelectStringPairs(
        BasicComparison comparison, bool negate, Vector left, Vector right, int[]? selection, int count, ulong[]? validity, int[] output)
    {
        StringView[] leftViews = left.Data<StringView>();
        StringView[] rightViews = right.Data<StringView>();
        byte[][] leftBlocks = left.Blocks;
        byte[][] rightBlocks = right.Blocks;
        int leftMask = left.IsConstant ? 0 : -1;
        int rightMask = right.IsConstant ? 0 : -1;
        int selected = 0;
        for (int k = 0; k < count; k++)
        {
            int i = selection is null ? k : selection[k];
            if (!ValidityMask.IsValid(validity, i))
            {
                continue;   // the bytes of a NULL are nowhere
            }

            ref readonly StringView leftView = ref leftViews[i & leftMask];
            ref readonly StringView rightView = ref rightViews[i & rightMask];
            bool holds = comparison switch
            {
                BasicComparison.Equal => StringView.Equals(in leftView, leftBlocks, in rightView, rightBlocks),
                BasicComparison.Less => StringView.Compare(in leftView, leftBlocks, in rightView, rightBlocks) < 0,
                _ => StringView.Compare(in leftView, leftBlocks, in rightView, rightBlocks) > 0,
            };
            output[selected] = i;
            selected += holds != negate ? 1 : 0;
        }

        return selected;
    }
}
