using System.Numerics;
using System.Runtime.CompilerServices;
using PhantomDb.Types;

namespace PhantomDb.Functions;

/// <summary>The remainder of integers. Many 32-bit values by one divisor go without division.</summary>
internal static class IntegerModulo
{
    private static readonly ScalarKernel General32 = Kernels.Binary<int, int, int, ModuloInteger<int>>();

    public static ScalarKernel Kernel<T>() where T : struct, IBinaryInteger<T> =>
        typeof(T) == typeof(int) ? Modulo32 : Kernels.Binary<T, T, T, ModuloInteger<T>>();

    private static void Modulo32(in KernelArguments arguments, Vectors.Vector result)
    {
        if (arguments[0].IsConstant || !arguments[1].IsConstant || arguments[1].Values<int>()[0] is 0 or int.MinValue)
        {
            General32(arguments, result);
            return;
        }

        uint divisor = (uint)Math.Abs(arguments[1].Values<int>()[0]);
        ReadOnlySpan<int> values = arguments[0].Values<int>();
        Span<int> target = result.Write<int>();
        if (arguments.HasSelection)
        {
            Picked(values, arguments.Selection, divisor, target);
        }
        else
        {
            All(values[..arguments.Count], divisor, target);
        }
    }

    [MethodImpl(HotLoop.Options)]
    private static void Picked(ReadOnlySpan<int> values, ReadOnlySpan<int> positions, uint divisor, Span<int> target)
    {
        ulong reciprocal = (ulong.MaxValue / divisor) + 1;
        foreach (int i in positions)
        {
            target[i] = Remainder(values[i], divisor, reciprocal);
        }
    }

    [MethodImpl(HotLoop.Options)]
    private static void All(ReadOnlySpan<int> values, uint divisor, Span<int> target)
    {
        ulong reciprocal = (ulong.MaxValue / divisor) + 1;
        target = target[..values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            target[i] = Remainder(values[i], divisor, reciprocal);
        }
    }

    /// <summary>
    /// The fraction of value / divisor in 64 bits, times the divisor (Lemire, Kaser and Kurz, "Faster Remainder by Direct
    /// Computation", 2019): exact for 32 bits. The remainder has the value's sign.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Remainder(int value, uint divisor, ulong reciprocal)
    {
        int sign = value >> 31;
        ulong fraction = reciprocal * (uint)((value ^ sign) - sign);
        int remainder = (int)Math.BigMul(fraction, (ulong)divisor, out _);
        return (remainder ^ sign) - sign;
    }
}
