using System.Diagnostics;
using PhantomDb.Catalog;
using PhantomDb.Storage.Indexes;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>An index of a table: its tree and how keys are made from a row's columns. Its entries are the table's business.</summary>
internal sealed class TableIndex
{
    private readonly TableDefinition _table;
    private readonly SqlType[] _types;

    public TableIndex(IndexDefinition definition, TableDefinition table)
        : this(definition, table, null)
    {
    }

    private TableIndex(IndexDefinition definition, TableDefinition table, OrderedIndex? tree)
    {
        Definition = definition;
        _table = table;
        ColumnNumbers = definition.Columns.Select(c => c.ColumnNumber).ToArray();
        EntryColumns = definition.Numbers.ToArray();
        _types = ColumnNumbers.Select(table.TypeOf).ToArray();
        KeyColumns = definition.Columns.Select((column, i) => new KeyColumn(
            _types[i].Physical,
            table.IndexOfNumber(column.ColumnNumber) is not (>= 0 and int place) || !table.Columns[place].IsNotNull,
            column.IsDescending,
            column.NullsFirst)).ToArray();
        Writer = NewKeyWriter();
        OtherWriter = NewKeyWriter();
        OldValues = new RowBuffer(EntryColumns);
        Tree = tree ?? OrderedIndex.Create(KeyEncoder.KindOf(KeyColumns));
        UInt64Tree = Tree as BTree<ulong, UInt64Probe>;
        IntegerKey = KeyColumns is [{ Type: PhysicalType.Int64 or PhysicalType.Int32 or PhysicalType.Int16 }] ? KeyColumns[0].Type : null;
        IsDirect = !definition.IsPartial && KeyColumns is [{ Type: PhysicalType.Int64 or PhysicalType.Int32, IsNullable: false, IsDescending: false }];
        Vacated = definition.IsUnique ? new VacatedKeys() : null;
        Hints = IntegerKey is not null && definition is { IsAlwaysUnique: true, IsPartial: false } ? new RowIdHints() : null;
    }

    public IndexDefinition Definition { get; }

    /// <summary>Storage numbers of the key columns.</summary>
    public int[] ColumnNumbers { get; }

    /// <summary>All that an entry depends on: the key columns and, behind them, a partial index's predicate.</summary>
    public int[] EntryColumns { get; }

    public KeyColumn[] KeyColumns { get; }

    public OrderedIndex Tree { get; }

    /// <summary>The same tree where keys have up to eight bytes.</summary>
    public BTree<ulong, UInt64Probe>? UInt64Tree { get; }

    /// <summary>The integer type of the key where it is one column of such a type; else null.</summary>
    public PhysicalType? IntegerKey { get; }

    /// <summary>True where the tree's key is the one integer, but for its sign (<see cref="KeyEncoder.KeyOf(long)"/>), and all rows are in it.</summary>
    public bool IsDirect { get; }

    /// <summary>Guesses of the row ids of keys; null where a visible row with the key need not be the one that a lookup is for.</summary>
    public RowIdHints? Hints { get; }

    /// <summary>Entries that are passed over; null where the index is not unique.</summary>
    public VacatedKeys? Vacated { get; }

    /// <summary>The table's writer's own, under its latch.</summary>
    public KeyWriter Writer { get; }

    public KeyWriter OtherWriter { get; }

    /// <summary>Values of an older version; the writer's own too.</summary>
    public RowBuffer OldValues { get; }

    /// <summary>Makes keys for this index, for one thread.</summary>
    public KeyWriter NewKeyWriter() => new(KeyColumns);

    public bool Covers(int columnNumber) => Array.IndexOf(EntryColumns, columnNumber) >= 0;

    /// <summary>True where the row whose entry columns stand in a buffer from a place on is in this index.</summary>
    public bool Contains(RowBuffer buffer, int firstValue) =>
        !Definition.IsPartial || (!buffer.IsNull(firstValue + ColumnNumbers.Length) && buffer.GetBoolean(firstValue + ColumnNumbers.Length));

    /// <summary>The same of a row's newest values, with those of a buffer in place of its columns.</summary>
    public bool Contains(RowSlice? slice, int row, RowBuffer? changed)
    {
        if (!Definition.IsPartial)
        {
            return true;
        }
        int value = changed is null ? -1 : Array.IndexOf(changed.Columns, Definition.PredicateNumber);
        if (value >= 0)
        {
            return !changed!.IsNull(value) && changed.GetBoolean(value);
        }
        slice!.Columns[Definition.PredicateNumber]!.TryRead(row, out RawValue raw, out bool isNull);
        return !isNull && raw.As<bool>();
    }

    /// <summary>True where two rows with this key violate the index.</summary>
    public bool MustBeUnique(KeyWriter key) => Definition.IsUnique && (!key.HasNull || Definition.NullsEqual);

    /// <summary>Adds the value of the next key column to a key.</summary>
    public void Add(KeyWriter key, int keyColumn, ref RawValue value, bool isNull, byte[][] blocks)
    {
        if (isNull)
        {
            key.AddNull();
            return;
        }
        switch (KeyColumns[keyColumn].Type)
        {
            case PhysicalType.Boolean: key.AddBoolean(value.As<bool>()); break;
            case PhysicalType.Int16: key.AddInt16(value.As<short>()); break;
            case PhysicalType.Int32: key.AddInt32(value.As<int>()); break;
            case PhysicalType.Int64: key.AddInt64(value.As<long>()); break;
            case PhysicalType.Int128: key.AddInt128(value.As<Int128>()); break;
            case PhysicalType.Real: key.AddReal(value.As<float>()); break;
            case PhysicalType.Double: key.AddDouble(value.As<double>()); break;
            case PhysicalType.Numeric: key.AddNumeric(value.As<Numeric>()); break;
            case PhysicalType.Interval: key.AddInterval(value.As<Interval>()); break;
            case PhysicalType.Uuid: key.AddUuid(value.As<UInt128>()); break;
            case PhysicalType.String when _types[keyColumn].Id == SqlTypeId.Char:
                key.AddBlankPadded(StringView.Bytes(in value.As<StringView>(), blocks));
                break;
            case PhysicalType.String:
                key.AddBytes(StringView.Bytes(in value.As<StringView>(), blocks));
                break;
            default: throw new UnreachableException();
        }
    }

    /// <summary>The key of the values that stand in a buffer from a place on.</summary>
    public void Encode(KeyWriter key, RowBuffer buffer, int firstValue)
    {
        key.Reset();
        for (int i = 0; i < ColumnNumbers.Length; i++)
        {
            int value = firstValue + i;
            Add(key, i, ref buffer.Raw(value), buffer.IsNull(value), buffer.BlocksOf(value));
        }
    }

    /// <summary>The key of a row's newest values, with those of a buffer in place of its columns.</summary>
    public void Encode(KeyWriter key, RowSlice? slice, int row, RowBuffer? changed)
    {
        key.Reset();
        for (int i = 0; i < ColumnNumbers.Length; i++)
        {
            int number = ColumnNumbers[i];
            int value = changed is null ? -1 : Array.IndexOf(changed.Columns, number);
            if (value >= 0)
            {
                Add(key, i, ref changed!.Raw(value), changed.IsNull(value), changed.BlocksOf(value));
            }
            else
            {
                ColumnSlice column = slice!.Columns[number]!;
                column.TryRead(row, out RawValue raw, out bool isNull);
                Add(key, i, ref raw, isNull, column.Blocks ?? []);
            }
        }
    }

    /// <summary>True where the row ids of its entries ascend: then a scan of the table gives its rows in the order of this index.</summary>
    public bool IsInRowOrder()
    {
        IndexCursor cursor = Tree.CreateCursor();
        cursor.Seek([], []);
        Span<long> rowIds = stackalloc long[256];
        long last = -1;
        while (cursor.NextBatch(rowIds) is > 0 and int count)
        {
            foreach (long rowId in rowIds[..count])
            {
                if (rowId <= last)
                {
                    return false;   // or the row has entries of several versions
                }
                last = rowId;
            }
        }
        return true;
    }

    /// <summary>True where both make the same keys of the same rows.</summary>
    public bool HasSameKeys(TableIndex other) =>
        EntryColumns.AsSpan().SequenceEqual(other.EntryColumns) && KeyColumns.AsSpan().SequenceEqual(other.KeyColumns)
        && _types.AsSpan().SequenceEqual(other._types);

    /// <summary>This index with the entries of another table's, which are shared until either side changes them.</summary>
    public TableIndex Fork(TableIndex source) => new(Definition, _table, source.Tree.Fork());

    /// <summary>The same index of a fork of the table.</summary>
    public TableIndex Fork() => Fork(this);
}
