using PhantomDb.Execution.ForeignKeys;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Storage;
using PhantomDb.Storage.Indexes;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Indexes;

/// <summary>A half-open range of an index's encoded keys; an empty bound is none.</summary>
internal readonly record struct KeyRange(byte[] Lower, byte[] Upper);

/// <summary>
/// The key ranges that an index scan reads, from the values that its conditions have in one execution: sorted, without overlaps.
/// None where no row can fit.
/// </summary>
internal sealed class IndexKeyRanges
{
    /// <summary>Lists of values over several columns are combined as far as this; beyond it their combinations are not worth it.</summary>
    private const int CombinationsMax = 1 << 16;

    private readonly PhysicalIndexScan _scan;
    private readonly TableIndex _index;
    private readonly EvaluationContext _context;
    private readonly KeyWriter _lower;
    private readonly KeyWriter _upper;

    private IndexKeyRanges(PhysicalIndexScan scan, TableIndex index, EvaluationContext context)
    {
        _scan = scan;
        _index = index;
        _context = context;
        _lower = index.NewKeyWriter();
        _upper = index.NewKeyWriter();
    }

    /// <summary>The ranges in ascending order; null where there are too many of them.</summary>
    public static List<KeyRange>? Make(PhysicalIndexScan scan, TableIndex index, EvaluationContext context) =>
        new IndexKeyRanges(scan, index, context).Make();

    private List<KeyRange>? Make()
    {
        List<KeyRange> ranges = [];
        List<RowBuffer?>[] values = new List<RowBuffer?>[_scan.Keys.Count];
        long combinations = 1;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = ValuesOf(_scan.Keys[i], i);
            combinations *= values[i].Count;
            if (combinations > CombinationsMax)
            {
                return null;
            }
        }
        if (combinations == 0 || !TryReadRange(values.Length, out Bounds bounds))
        {
            return ranges;
        }
        int[] places = new int[values.Length];
        for (long n = 0; n < combinations; n++)
        {
            if (TryWrite(values, places, bounds) is { } range)
            {
                ranges.Add(range);
            }
            for (int i = places.Length - 1; i >= 0 && ++places[i] == values[i].Count; i--)
            {
                places[i] = 0;
            }
        }
        return ranges.Count > 1 ? Sorted(ranges) : ranges;
    }

    // Equal ones stand side by side; others do not overlap, since they differ in the values of the same columns.
    private static List<KeyRange> Sorted(List<KeyRange> ranges)
    {
        ranges.Sort((a, b) => a.Lower.AsSpan().SequenceCompareTo(b.Lower));
        int count = 1;
        for (int i = 1; i < ranges.Count; i++)
        {
            if (!ranges[i].Lower.AsSpan().SequenceEqual(ranges[count - 1].Lower))
            {
                ranges[count++] = ranges[i];
            }
        }
        ranges.RemoveRange(count, ranges.Count - count);
        return ranges;
    }

    /// <summary>What bounds the column behind the keys.</summary>
    private readonly record struct Bounds(RowBuffer? Lower, bool IsLowerInclusive, RowBuffer? Upper, bool IsUpperInclusive, byte[]? Prefix);

    // A null in the list stands for NULL.
    private List<RowBuffer?> ValuesOf(IndexKey key, int place)
    {
        if (key.IsNull)
        {
            return _index.KeyColumns[place].IsNullable ? [null] : [];
        }
        List<RowBuffer?> values = [];
        if (key.IsArray)
        {
            AddElements(key.Values[0], TypeOf(place), values);
            return values;
        }
        foreach (Expression expression in key.Values)
        {
            if (ExpressionEvaluator.EvaluateConstant(expression, _context) is { } value && TryConvert(expression.Type, value, TypeOf(place), ComparisonKind.Equal, out RowBuffer converted))
            {
                values.Add(converted);
            }
        }
        return values;
    }

    private void AddElements(Expression array, SqlType type, List<RowBuffer?> values)
    {
        if (ExpressionEvaluator.EvaluateConstant(array, _context) is not ByteString text)
        {
            return;
        }
        SqlType elementType = KeyBounds.CanConvert(array.Type.Element, type) ? array.Type.Element : type;
        foreach (byte[]? element in ArrayText.Read(text.Bytes, array.Type))
        {
            if (element is not null)
            {
                Expression value = new ConstantExpression(SqlType.Text, new ByteString(element));
                value = type.IsString ? value : new CastExpression(value, elementType, Functions.CastContext.Explicit);
                if (TryConvert(value.Type, ExpressionEvaluator.EvaluateConstant(value, _context)!, type, ComparisonKind.Equal, out RowBuffer converted))
                {
                    values.Add(converted);
                }
            }
        }
    }

    // False where no value lies in the range.
    private bool TryReadRange(int place, out Bounds bounds)
    {
        bounds = default;
        if (_scan.Range is not { } range)
        {
            return true;
        }
        if (range.Prefix is { } prefix)
        {
            if (ExpressionEvaluator.EvaluateConstant(prefix.Pattern, _context) is not ByteString pattern)
            {
                return false;
            }
            byte[] bytes = PatternPrefix.Of(pattern.Bytes, prefix.Kind);
            // The key of a char(n) has no trailing blanks.
            bounds = bounds with { Prefix = TypeOf(place).Id == SqlTypeId.Char ? bytes.AsSpan().TrimEnd((byte)' ').ToArray() : bytes };
            return true;
        }
        if (range.Lower is { } lower)
        {
            if (!TryReadBound(lower, lower.IsInclusive ? ComparisonKind.GreaterOrEqual : ComparisonKind.Greater, place, out RowBuffer value, out bool isInclusive))
            {
                return false;
            }
            bounds = bounds with { Lower = value, IsLowerInclusive = isInclusive };
        }
        if (range.Upper is { } upper)
        {
            if (!TryReadBound(upper, upper.IsInclusive ? ComparisonKind.LessOrEqual : ComparisonKind.Less, place, out RowBuffer value, out bool isInclusive))
            {
                return false;
            }
            bounds = bounds with { Upper = value, IsUpperInclusive = isInclusive };
        }
        return true;
    }

    private bool TryReadBound(IndexBound bound, ComparisonKind kind, int place, out RowBuffer value, out bool isInclusive)
    {
        isInclusive = bound.IsInclusive || NeedsConversion(bound.Value.Type, TypeOf(place));
        value = null!;
        if (ExpressionEvaluator.EvaluateConstant(bound.Value, _context) is not { } boxed)
        {
            return false;   // nothing compares with NULL
        }
        return TryConvert(bound.Value.Type, boxed, TypeOf(place), kind, out value);
    }

    private KeyRange? TryWrite(List<RowBuffer?>[] values, int[] places, in Bounds bounds)
    {
        _lower.Reset();
        _upper.Reset();
        for (int i = 0; i < values.Length; i++)
        {
            Add(_lower, i, values[i][places[i]]);
            Add(_upper, i, values[i][places[i]]);
        }
        bool isUpperInclusive = true;   // all keys that begin so
        bool isLowerInclusive = true;
        if (_scan.Range is not null)
        {
            if (bounds.Prefix is { Length: > 0 } prefix)
            {
                _lower.AddPrefix(prefix);
                _upper.AddPrefix(prefix);
            }
            else
            {
                // In the index's order: of a descending column the least value is the last.
                bool isDescending = _index.KeyColumns[values.Length].IsDescending;
                (RowBuffer? low, RowBuffer? high) = isDescending ? (bounds.Upper, bounds.Lower) : (bounds.Lower, bounds.Upper);
                isLowerInclusive = AddBound(_lower, values.Length, low) || (isDescending ? bounds.IsUpperInclusive : bounds.IsLowerInclusive);
                isUpperInclusive = AddBound(_upper, values.Length, high) || (isDescending ? bounds.IsLowerInclusive : bounds.IsUpperInclusive);
            }
        }
        // Bounds are half-open: an excluded lower one, and an included upper one, lie before the next key.
        if (!isLowerInclusive && !_lower.TryMoveToSuccessor())
        {
            return null;
        }
        bool hasUpper = !_upper.Key.IsEmpty && (!isUpperInclusive || _upper.TryMoveToSuccessor());
        byte[] upper = hasUpper ? _upper.Key.ToArray() : [];
        return hasUpper && _lower.Key.SequenceCompareTo(upper) >= 0 ? null : new KeyRange(_lower.Key.ToArray(), upper);
    }

    // True where there is no bound but that the value is not NULL.
    private bool AddBound(KeyWriter key, int place, RowBuffer? value)
    {
        if (value is null)
        {
            key.AddNotNull();
            return true;
        }
        Add(key, place, value);
        return false;
    }

    private void Add(KeyWriter key, int place, RowBuffer? value)
    {
        if (value is null)
        {
            key.AddNull();
            return;
        }
        _index.Add(key, place, ref value.Raw(0), false, value.BlocksOf(0));
    }

    private SqlType TypeOf(int place) => _scan.Scan.Table.TypeOf(_index.ColumnNumbers[place]);

    // False where no value of the column fits.
    private static bool TryConvert(SqlType type, object value, SqlType column, ComparisonKind kind, out RowBuffer converted)
    {
        converted = BufferOf(type, value);
        return !NeedsConversion(type, column) || KeyBounds.TryConvert(converted, 0, type, column, kind, converted, 0);
    }

    private static bool NeedsConversion(SqlType type, SqlType column) => !KeyConversion.IsSame(type, column) && KeyBounds.CanConvert(type, column);

    private static RowBuffer BufferOf(SqlType type, object value)
    {
        var buffer = new RowBuffer(0);
        buffer.SetFrom(0, ExpressionEvaluator.MakeConstant(type, value), 0);
        return buffer;
    }

    /// <summary>True where values of a type can be looked for among those of an index's column.</summary>
    public static bool IsComparable(SqlType column, SqlType value) =>
        KeyConversion.IsSame(column, value) || KeyBounds.CanConvert(value, column)
        || (column.Id == SqlTypeId.Char && value.Id == SqlTypeId.PaddedChar);
}
