using System.Runtime.CompilerServices;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Functions;

/// <summary>The arguments of one row, for functions whose own work is well above a call's.</summary>
internal ref struct RowReader(ReadOnlySpan<Vector> vectors, IStatementContext statement, KernelState state)
{
    private readonly ReadOnlySpan<Vector> _vectors = vectors;

    /// <summary>Position of the row.</summary>
    public int Position { get; set; }

    public IStatementContext Statement { get; } = statement;

    public KernelState State { get; } = state;

    public readonly int Count => _vectors.Length;

    public readonly Vector this[int argument] => _vectors[argument];

    public readonly bool IsNull(int argument)
    {
        Vector vector = _vectors[argument];
        return !vector.IsValid(vector.PositionOf(Position));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly T Value<T>(int argument)
    {
        Vector vector = _vectors[argument];
        return vector.Values<T>()[vector.PositionOf(Position)];
    }

    /// <summary>Bytes of a text or bytea argument.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ReadOnlySpan<byte> Text(int argument)
    {
        Vector vector = _vectors[argument];
        return StringView.Bytes(in vector.Data<StringView>()[vector.PositionOf(Position)], vector.Blocks);
    }

    public readonly string String(int argument) => System.Text.Encoding.UTF8.GetString(Text(argument));
}

/// <summary>Computes one row's value.</summary>
internal delegate T RowFunction<out T>(in RowReader row);

/// <summary>Computes one row's value; false for NULL.</summary>
internal delegate bool NullableRowFunction<T>(in RowReader row, out T value);

/// <summary>Writes one row's string.</summary>
internal delegate void TextRowFunction(in RowReader row, TextBuffer output);

/// <summary>Writes one row's string; false for NULL.</summary>
internal delegate bool NullableTextRowFunction(in RowReader row, TextBuffer output);

/// <summary>A part of the first argument, which is not copied twice.</summary>
internal delegate ReadOnlySpan<byte> TextSliceFunction(in RowReader row);

/// <summary>Kernels that call a delegate a row.</summary>
internal static class RowKernels
{
    public static ScalarKernel Value<T>(RowFunction<T> function) => [MethodImpl(HotLoop.Options)] (in KernelArguments arguments, Vector result) =>
    {
        Span<T> target = result.Write<T>();
        var row = new RowReader(arguments.Vectors, arguments.Statement, arguments.State);
        for (int k = 0; k < arguments.Count; k++)
        {
            row.Position = arguments.HasSelection ? arguments.Selection[k] : k;
            target[row.Position] = function(row);
        }
    };

    public static ScalarKernel Nullable<T>(NullableRowFunction<T> function) => [MethodImpl(HotLoop.Options)] (in KernelArguments arguments, Vector result) =>
    {
        Span<T> target = result.Write<T>();
        var row = new RowReader(arguments.Vectors, arguments.Statement, arguments.State);
        for (int k = 0; k < arguments.Count; k++)
        {
            row.Position = arguments.HasSelection ? arguments.Selection[k] : k;
            if (function(row, out T value))
            {
                target[row.Position] = value;
            }
            else
            {
                result.SetNull(row.Position);
            }
        }
    };

    public static ScalarKernel Text(TextRowFunction function) => NullableText((in RowReader row, TextBuffer output) =>
    {
        function(row, output);
        return true;
    });

    public static ScalarKernel NullableText(NullableTextRowFunction function) => [MethodImpl(HotLoop.Options)] (in KernelArguments arguments, Vector result) =>
    {
        Span<StringView> target = result.Write<StringView>();
        StringHeap heap = result.Heap;
        var buffer = new TextBuffer(arguments.Statement.Memory);
        var row = new RowReader(arguments.Vectors, arguments.Statement, arguments.State);
        for (int k = 0; k < arguments.Count; k++)
        {
            row.Position = arguments.HasSelection ? arguments.Selection[k] : k;
            buffer.Clear();
            if (function(row, buffer))
            {
                target[row.Position] = heap.Add(buffer.Written);
            }
            else
            {
                result.SetNull(row.Position);
            }
        }

        result.SealStrings();
    };

    public static ScalarKernel Slice(TextSliceFunction function) => [MethodImpl(HotLoop.Options)] (in KernelArguments arguments, Vector result) =>
    {
        Span<StringView> target = result.Write<StringView>();
        StringHeap heap = result.Heap;
        var row = new RowReader(arguments.Vectors, arguments.Statement, arguments.State);
        for (int k = 0; k < arguments.Count; k++)
        {
            row.Position = arguments.HasSelection ? arguments.Selection[k] : k;
            target[row.Position] = heap.Add(function(row));
        }

        result.SealStrings();
    };
}
