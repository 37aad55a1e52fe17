using System.Diagnostics;
using System.Runtime.CompilerServices;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Expressions.Evaluation;

/// <summary>
/// Puts one vector together from branches that were each computed for some of the rows (CASE, COALESCE). Strings are
/// not copied: the result's block table is the branches' tables one after the other.
/// </summary>
internal sealed class ResultAssembler(PhysicalType type, MemoryAccount? account)
{
    private readonly Vector _result = new(type, account);
    private readonly List<(Vector Source, int[] Selection, int Count)> _parts = [];

    /// <summary>Begins a result for positions below <paramref name="end"/>.</summary>
    public void Begin(int end)
    {
        _parts.Clear();
        _result.LimitRoom(end);
    }

    /// <summary>The rows of a branch; both arrays must live until <see cref="Assemble"/>.</summary>
    public void Add(Vector source, int[] selection, int count) => _parts.Add((source, selection, count));

    public Vector Assemble()
    {
        switch (type)
        {
            case PhysicalType.Boolean: Copy<bool>(); break;
            case PhysicalType.Int16: Copy<short>(); break;
            case PhysicalType.Int32: Copy<int>(); break;
            case PhysicalType.Int64: Copy<long>(); break;
            case PhysicalType.Int128: CopyInt128(); break;
            case PhysicalType.Real: Copy<float>(); break;
            case PhysicalType.Double: Copy<double>(); break;
            case PhysicalType.Numeric: Copy<Numeric>(); break;
            case PhysicalType.String: CopyStrings(); break;
            case PhysicalType.Interval: Copy<Interval>(); break;
            case PhysicalType.Uuid: Copy<UInt128>(); break;
            default: throw new UnreachableException();
        }

        foreach ((Vector source, int[] selection, int count) in _parts)
        {
            CopyNulls(source, selection, count);
        }

        return _result;
    }

    [MethodImpl(HotLoop.Options)]
    private void Copy<T>()
    {
        Span<T> target = _result.Write<T>();
        foreach ((Vector source, int[] selection, int count) in _parts)
        {
            CopyPart(source.Values<T>(), source.IsConstant, selection.AsSpan(0, count), target);
        }
    }

    [MethodImpl(HotLoop.Options)]
    private static void CopyPart<T>(ReadOnlySpan<T> values, bool isConstant, ReadOnlySpan<int> selection, Span<T> target)
    {
        if (isConstant)
        {
            T value = values[0];
            foreach (int i in selection)
            {
                target[i] = value;
            }

            return;
        }

        foreach (int i in selection)
        {
            target[i] = values[i];
        }
    }

    [MethodImpl(HotLoop.Options)]
    private void CopyInt128()
    {
        bool isNarrow = _parts.TrueForAll(part => part.Source.IsNarrow || FitsInt64(part.Source));
        if (isNarrow)
        {
            Span<long> narrow = _result.Write<long>(narrow: true);
            foreach ((Vector source, int[] selection, int count) in _parts)
            {
                ReadOnlySpan<long> values = source.IsNarrow ? source.Values<long>() : [(long)source.Values<Int128>()[0]];
                CopyPart(values, source.IsConstant, selection.AsSpan(0, count), narrow);
            }

            return;
        }

        Span<Int128> target = _result.Write<Int128>();
        foreach ((Vector source, int[] selection, int count) in _parts)
        {
            if (!source.IsNarrow)
            {
                CopyPart(source.Values<Int128>(), source.IsConstant, selection.AsSpan(0, count), target);
                continue;
            }

            ReadOnlySpan<long> values = source.Values<long>();
            foreach (int i in selection.AsSpan(0, count))
            {
                target[i] = values[source.PositionOf(i)];
            }
        }
    }

    private static bool FitsInt64(Vector vector)
    {
        if (!vector.IsConstant)
        {
            return false;
        }

        Int128 value = vector.IsValid(0) ? vector.Values<Int128>()[0] : 0;
        return (long)value == value;
    }

    [MethodImpl(HotLoop.Options)]
    private void CopyStrings()
    {
        Span<StringView> target = _result.Write<StringView>();
        byte[][] blocks = [];
        foreach ((Vector source, int[] selection, int count) in _parts)
        {
            int first = blocks.Length;
            bool refersToBlocks = false;
            ReadOnlySpan<StringView> views = source.Values<StringView>();
            foreach (int i in selection.AsSpan(0, count))
            {
                int from = source.PositionOf(i);
                if (!source.IsValid(from))
                {
                    continue;   // an undefined view may name blocks that do not exist
                }

                StringView view = views[from];
                if (!view.IsInline)
                {
                    refersToBlocks = true;
                    view = view.Rebase(view.Block + first, view.Offset);
                }

                target[i] = view;
            }

            if (refersToBlocks)
            {
                blocks = blocks.Length == 0 ? source.Blocks : [.. blocks, .. source.Blocks];
            }
        }

        _result.SetBlocks(blocks);
    }

    [MethodImpl(HotLoop.Options)]
    private void CopyNulls(Vector source, int[] selection, int count)
    {
        if (source.Validity is null)
        {
            return;
        }

        foreach (int i in selection.AsSpan(0, count))
        {
            if (!source.IsValid(source.PositionOf(i)))
            {
                _result.SetNull(i);
            }
        }
    }
}
