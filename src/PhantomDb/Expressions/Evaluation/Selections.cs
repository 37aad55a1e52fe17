using System.Numerics;
using System.Runtime.CompilerServices;
using PhantomDb.Types;
using PhantomDb.Vectors;
using Vector = PhantomDb.Vectors.Vector;

namespace PhantomDb.Expressions.Evaluation;

/// <summary>Loops over positions: which are valid, which remain. Outputs may be the selection read.</summary>
internal static class Selections
{
    /// <summary>The rows whose bit is set in a validity mask.</summary>
    public static int Valid(in RowSet rows, ulong[] mask, int[] output) => WhereBit(rows, mask, output, expected: 1);

    /// <summary>The rows whose bit is not set.</summary>
    public static int Invalid(in RowSet rows, ulong[] mask, int[] output) => WhereBit(rows, mask, output, expected: 0);

    /// <summary>All rows.</summary>
    [MethodImpl(HotLoop.Options)]
    public static int All(in RowSet rows, int[] output)
    {
        if (rows.Selection is null)
        {
            for (int i = 0; i < rows.Count; i++)
            {
                output[i] = i;
            }
        }
        else if (!ReferenceEquals(rows.Selection, output))
        {
            rows.Selection.AsSpan(0, rows.Count).CopyTo(output);
        }

        return rows.Count;
    }

    /// <summary>The rows where a boolean vector has a value and it is the one expected.</summary>
    [MethodImpl(HotLoop.Options)]
    public static int WhereBoolean(in RowSet rows, Vector vector, bool expected, int[] output)
    {
        if (vector.IsConstant)
        {
            return vector.IsValid(0) && vector.Values<bool>()[0] == expected ? All(rows, output) : 0;
        }

        ReadOnlySpan<bool> values = vector.Values<bool>();
        ulong[]? validity = vector.Validity;
        int count = 0;
        for (int k = 0; k < rows.Count; k++)
        {
            int i = rows.Selection is null ? k : rows.Selection[k];
            output[count] = i;
            count += values[i] == expected && ValidityMask.IsValid(validity, i) ? 1 : 0;
        }

        return count;
    }

    /// <summary>The rows that are not among the first <paramref name="count"/> of <paramref name="removed"/>, a part of them.</summary>
    [MethodImpl(HotLoop.Options)]
    public static int Except(in RowSet rows, int[] removed, int count, int[] output)
    {
        int next = 0;
        int remaining = 0;
        for (int k = 0; k < rows.Count; k++)
        {
            int i = rows.Selection is null ? k : rows.Selection[k];
            if (next < count && removed[next] == i)
            {
                next++;
            }
            else
            {
                output[remaining++] = i;
            }
        }

        return remaining;
    }

    [MethodImpl(HotLoop.Options)]
    private static int WhereBit(in RowSet rows, ulong[] mask, int[] output, ulong expected)
    {
        int count = 0;
        if (rows.Selection is null)
        {
            for (int i = 0; i < rows.Count; i++)
            {
                output[count] = i;
                count += (mask[i >> 6] >> (i & 63) & 1) == expected ? 1 : 0;
            }

            return count;
        }

        foreach (int i in rows.Selection.AsSpan(0, rows.Count))
        {
            output[count] = i;
            count += (mask[i >> 6] >> (i & 63) & 1) == expected ? 1 : 0;
        }

        return count;
    }

    /// <summary>Sets the bits of the first rows and clears all others.</summary>
    public static void Fill(ulong[] mask, int count)
    {
        int words = count >> 6;
        mask.AsSpan(0, words).Fill(ulong.MaxValue);
        mask.AsSpan(words).Clear();
        if ((count & 63) != 0)
        {
            mask[words] = (1UL << (count & 63)) - 1;
        }
    }

    /// <summary>The positions whose bits are set.</summary>
    [MethodImpl(HotLoop.Options)]
    public static int FromMask(ulong[] mask, int count, int[] output)
    {
        int words = (count + 63) >> 6;
        int selected = 0;
        for (int word = 0; word < words; word++)
        {
            for (ulong bits = mask[word]; bits != 0; bits &= bits - 1)
            {
                output[selected++] = (word << 6) + BitOperations.TrailingZeroCount(bits);
            }
        }

        return selected;
    }
}
