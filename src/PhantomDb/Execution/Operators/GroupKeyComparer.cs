using System.Diagnostics;
using System.Runtime.CompilerServices;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// Compares the keys of many rows with those of their candidate groups, one column after the other. Equal as SQL says
/// (NaN equals NaN, 1.0 equals 1.00); NULL equals NULL.
/// </summary>
internal static class GroupKeyComparer
{
    /// <summary>
    /// Keeps of the first <paramref name="count"/> rows those whose keys differ from those of groups[positions[row]];
    /// gives their number. <paramref name="isUnequal"/> is scratch space.
    /// </summary>
    [MethodImpl(HotLoop.Options)]
    public static int KeepUnequal(
        ColumnarBuffer kept, ReadOnlySpan<Vector> keys, int[] positions, int[] groups, int[] rows, int count, bool[] isUnequal)
    {
        if (count == 0)
        {
            return 0;
        }
        isUnequal.AsSpan(0, count).Clear();
        bool any = false;
        for (int i = 0; i < keys.Length; i++)
        {
            BufferColumn column = kept.Column(i);
            Vector vector = keys[i];
            ReadOnlySpan<int> these = rows.AsSpan(0, count);
            any |= kept.Types[i] switch
            {
                PhysicalType.Boolean => Compare<bool, BooleanEquality>(column, vector, positions, groups, these, isUnequal),
                PhysicalType.Int16 => Compare<short, Int16Equality>(column, vector, positions, groups, these, isUnequal),
                PhysicalType.Int32 => Compare<int, Int32Equality>(column, vector, positions, groups, these, isUnequal),
                PhysicalType.Int64 => Compare<long, Int64Equality>(column, vector, positions, groups, these, isUnequal),
                PhysicalType.Int128 => Compare<Int128, Int128Equality>(column, vector, positions, groups, these, isUnequal),
                PhysicalType.Real => Compare<float, RealEquality>(column, vector, positions, groups, these, isUnequal),
                PhysicalType.Double => Compare<double, DoubleEquality>(column, vector, positions, groups, these, isUnequal),
                PhysicalType.Numeric => Compare<Numeric, NumericEquality>(column, vector, positions, groups, these, isUnequal),
                PhysicalType.Interval => Compare<Interval, IntervalEquality>(column, vector, positions, groups, these, isUnequal),
                PhysicalType.Uuid => Compare<UInt128, UuidEquality>(column, vector, positions, groups, these, isUnequal),
                PhysicalType.String => CompareStrings((BufferColumn<StringView>)column, vector, positions, groups, these, isUnequal),
                _ => throw new UnreachableException(),
            };
        }
        if (!any)
        {
            return 0;
        }
        int remaining = 0;
        for (int i = 0; i < count; i++)
        {
            if (isUnequal[i])
            {
                rows[remaining++] = rows[i];
            }
        }
        return remaining;
    }

    [MethodImpl(HotLoop.Options)]
    private static bool Compare<T, TEquality>(
        BufferColumn kept, Vector vector, int[] positions, int[] groups, ReadOnlySpan<int> rows, bool[] isUnequal)
        where T : unmanaged
        where TEquality : struct, IEquality<T>
    {
        var column = (BufferColumn<T>)kept;
        ReadOnlySpan<T> values = vector.Values<T>();
        bool isConstant = vector.IsConstant;
        bool hasNulls = vector.Validity is not null || column.HasNulls;
        bool any = false;
        for (int i = 0; i < rows.Length; i++)
        {
            int position = positions[rows[i]];
            int group = groups[position];
            bool equal;
            if (hasNulls)
            {
                bool isValid = vector.IsValid(position);
                equal = isValid == column.IsValid(group)
                    && (!isValid || TEquality.AreEqual(in column.At(group), in values[isConstant ? 0 : position]));
            }
            else
            {
                equal = TEquality.AreEqual(in column.At(group), in values[isConstant ? 0 : position]);
            }
            isUnequal[i] |= !equal;
            any |= !equal;
        }
        return any;
    }

    [MethodImpl(HotLoop.Options)]
    private static bool CompareStrings(
        BufferColumn<StringView> column, Vector vector, int[] positions, int[] groups, ReadOnlySpan<int> rows, bool[] isUnequal)
    {
        ReadOnlySpan<StringView> values = vector.Values<StringView>();
        byte[][] blocks = vector.Blocks;
        byte[][] keptBlocks = column.StringBlocks;
        bool any = false;
        for (int i = 0; i < rows.Length; i++)
        {
            int position = positions[rows[i]];
            int group = groups[position];
            bool isValid = vector.IsValid(position);
            bool equal = isValid == column.IsValid(group)
                && (!isValid || StringView.Equals(in column.At(group), keptBlocks, in values[vector.PositionOf(position)], blocks));
            isUnequal[i] |= !equal;
            any |= !equal;
        }
        return any;
    }

    private interface IEquality<T>
    {
        static abstract bool AreEqual(ref readonly T left, ref readonly T right);
    }

    private struct BooleanEquality : IEquality<bool>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool AreEqual(ref readonly bool left, ref readonly bool right) => left == right;
    }

    private struct Int16Equality : IEquality<short>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool AreEqual(ref readonly short left, ref readonly short right) => left == right;
    }

    private struct Int32Equality : IEquality<int>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool AreEqual(ref readonly int left, ref readonly int right) => left == right;
    }

    private struct Int64Equality : IEquality<long>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool AreEqual(ref readonly long left, ref readonly long right) => left == right;
    }

    private struct Int128Equality : IEquality<Int128>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool AreEqual(ref readonly Int128 left, ref readonly Int128 right) => left == right;
    }

    // Equals, not ==: NaN equals itself; both say that -0 equals 0.
    private struct RealEquality : IEquality<float>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool AreEqual(ref readonly float left, ref readonly float right) => left.Equals(right);
    }

    private struct DoubleEquality : IEquality<double>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool AreEqual(ref readonly double left, ref readonly double right) => left.Equals(right);
    }

    private struct NumericEquality : IEquality<Numeric>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool AreEqual(ref readonly Numeric left, ref readonly Numeric right) => Numeric.Equals(in left, in right);
    }

    private struct IntervalEquality : IEquality<Interval>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool AreEqual(ref readonly Interval left, ref readonly Interval right) => left.Total == right.Total;
    }

    private struct UuidEquality : IEquality<UInt128>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool AreEqual(ref readonly UInt128 left, ref readonly UInt128 right) => left == right;
    }
}
