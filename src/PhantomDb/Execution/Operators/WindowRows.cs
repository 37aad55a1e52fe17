using System.Diagnostics;
using PhantomDb.Functions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>Kept rows in the order of a window: where its partitions and its groups of peers begin.</summary>
internal sealed class WindowRows
{
    private readonly bool[] _startsPartition;
    private readonly bool[] _startsPeers;

    public WindowRows(ColumnarBuffer kept, SortColumn[] partition, SortColumn[] order, ExecutionContext context)
    {
        Kept = kept;
        OrderColumns = order;
        SortColumn[] all = [.. partition, .. order];
        if (all.Length > 0)
        {
            Order = RowSorter.Sort(kept, all, context);
        }
        else
        {
            context.Memory.Charge((long)kept.Count * sizeof(int));
            Order = new int[kept.Count];
            for (int i = 0; i < Order.Length; i++)
            {
                Order[i] = i;
            }
        }
        context.Memory.Charge((long)kept.Count * ((2 * sizeof(bool)) + sizeof(int)));
        _startsPartition = new bool[kept.Count];
        _startsPeers = new bool[kept.Count];
        PeerGroups = new int[kept.Count];
        if (kept.Count == 0)
        {
            return;
        }
        _startsPartition[0] = true;
        foreach (SortColumn column in partition)
        {
            MarkChanges(column.Column, _startsPartition);
        }
        context.ThrowIfCancelled();
        _startsPartition.CopyTo(_startsPeers, 0);
        foreach (SortColumn column in order)
        {
            MarkChanges(column.Column, _startsPeers);
        }
        for (int i = 0; i < Order.Length; i++)
        {
            if (_startsPartition[i])
            {
                PartitionStarts.Add(i);
            }
            if (_startsPeers[i])
            {
                PeerStarts.Add(i);
            }
            PeerGroups[i] = PeerStarts.Count - 1;
        }
        PartitionStarts.Add(Count);
        PeerStarts.Add(Count);
        context.Memory.Charge((long)(PartitionStarts.Count + PeerStarts.Count) * sizeof(int));
    }

    public ColumnarBuffer Kept { get; }

    /// <summary>Numbers of the kept rows, in order. All other places here are places in this order.</summary>
    public int[] Order { get; }

    public int Count => Order.Length;

    public SortColumn[] OrderColumns { get; }

    /// <summary>The first place of each partition, and the end.</summary>
    public List<int> PartitionStarts { get; } = [];

    /// <summary>The first place of each group of peers, and the end.</summary>
    public List<int> PeerStarts { get; } = [];

    /// <summary>The number of the group of peers at each place.</summary>
    public int[] PeerGroups { get; }

    private void MarkChanges(int column, bool[] starts)
    {
        BufferColumn values = Kept.Column(column);
        switch (Kept.Types[column])
        {
            case PhysicalType.Boolean: Mark<bool, BooleanOrder>(values, starts); break;
            case PhysicalType.Int16: Mark<short, IntegerOrder<short>>(values, starts); break;
            case PhysicalType.Int32: Mark<int, IntegerOrder<int>>(values, starts); break;
            case PhysicalType.Int64: Mark<long, IntegerOrder<long>>(values, starts); break;
            case PhysicalType.Int128: Mark<Int128, IntegerOrder<Int128>>(values, starts); break;
            case PhysicalType.Real: Mark<float, FloatOrder<float>>(values, starts); break;
            case PhysicalType.Double: Mark<double, FloatOrder<double>>(values, starts); break;
            case PhysicalType.Numeric: Mark<Numeric, NumericOrder>(values, starts); break;
            case PhysicalType.Interval: Mark<Interval, IntervalOrder>(values, starts); break;
            case PhysicalType.Uuid: Mark<UInt128, IntegerOrder<UInt128>>(values, starts); break;
            case PhysicalType.String: MarkStrings((BufferColumn<StringView>)values, starts); break;
            default: throw new UnreachableException();
        }
    }

    private void Mark<T, TOrder>(BufferColumn column, bool[] starts)
        where T : unmanaged
        where TOrder : struct, IValueOrder<T>
    {
        var values = (BufferColumn<T>)column;
        for (int i = 1; i < Order.Length; i++)
        {
            bool isValid = values.IsValid(Order[i]);
            starts[i] |= isValid != values.IsValid(Order[i - 1])
                || (isValid && !TOrder.IsEqual(in values.At(Order[i]), in values.At(Order[i - 1])));
        }
    }

    private void MarkStrings(BufferColumn<StringView> values, bool[] starts)
    {
        byte[][] blocks = values.StringBlocks;
        for (int i = 1; i < Order.Length; i++)
        {
            bool isValid = values.IsValid(Order[i]);
            starts[i] |= isValid != values.IsValid(Order[i - 1])
                || (isValid && !StringView.Equals(in values.At(Order[i]), blocks, in values.At(Order[i - 1]), blocks));
        }
    }
}
