using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PhantomDb.Types;

namespace PhantomDb.Storage;

/// <summary>One value of any physical type, as the bytes that it has in its array. A string is its view.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RawValue
{
    public ulong Word0;
    public ulong Word1;
    public ulong Word2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RawValue Of<T>(T value)
        where T : unmanaged
    {
        RawValue raw = default;
        Unsafe.As<RawValue, T>(ref raw) = value;
        return raw;
    }

    [UnscopedRef]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T As<T>()
        where T : unmanaged => ref Unsafe.As<RawValue, T>(ref this);

    /// <summary>Bytes of a value of a type.</summary>
    public static int WidthOf(PhysicalType type) => type switch
    {
        PhysicalType.Boolean => 1,
        PhysicalType.Int16 => 2,
        PhysicalType.Int32 or PhysicalType.Real => 4,
        PhysicalType.Int64 or PhysicalType.Double => 8,
        PhysicalType.Int128 or PhysicalType.String or PhysicalType.Uuid or PhysicalType.Interval => 16,
        PhysicalType.Numeric => 24,
        _ => throw new UnreachableException(),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read(ref byte source, int width, out RawValue value)
    {
        value = default;
        switch (width)
        {
            case 8:
                value.Word0 = Unsafe.ReadUnaligned<ulong>(ref source);
                break;
            case 4:
                value.Word0 = Unsafe.ReadUnaligned<uint>(ref source);
                break;
            case 16:
                value.Word0 = Unsafe.ReadUnaligned<ulong>(ref source);
                value.Word1 = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref source, 8));
                break;
            case 1:
                value.Word0 = source;
                break;
            case 2:
                value.Word0 = Unsafe.ReadUnaligned<ushort>(ref source);
                break;
            default:
                value = Unsafe.ReadUnaligned<RawValue>(ref source);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(ref byte target, int width, ref RawValue value)
    {
        switch (width)
        {
            case 8:
                Unsafe.WriteUnaligned(ref target, value.Word0);
                break;
            case 4:
                Unsafe.WriteUnaligned(ref target, (uint)value.Word0);
                break;
            case 16:
                Unsafe.WriteUnaligned(ref target, value.Word0);
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, 8), value.Word1);
                break;
            case 1:
                target = (byte)value.Word0;
                break;
            case 2:
                Unsafe.WriteUnaligned(ref target, (ushort)value.Word0);
                break;
            default:
                Unsafe.WriteUnaligned(ref target, value);
                break;
        }
    }
}
