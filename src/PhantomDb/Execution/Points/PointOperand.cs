using System.Diagnostics;
using PhantomDb.Execution.Indexes;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Points;

/// <summary>Where a value of a single-row statement comes from: a parameter, a constant, or an expression over both and the row found.</summary>
internal abstract class PointOperand
{
    /// <summary>Puts the value into a buffer.</summary>
    public abstract void CopyTo(RowBuffer parameters, RowBuffer target, int place);

    /// <summary>True where the value is NULL, as far as it can be told before the statement runs.</summary>
    public abstract bool IsSurelyNull(RowBuffer parameters);

    /// <summary>True where <see cref="CopyTo"/> may give an error: there must be a transaction then, which it ends.</summary>
    public virtual bool MayFail => false;
}

internal sealed class ParameterOperand(int parameter) : PointOperand
{
    public override void CopyTo(RowBuffer parameters, RowBuffer target, int place) => PointValues.Copy(parameters, parameter, target, place);

    public override bool IsSurelyNull(RowBuffer parameters) => parameters.IsNull(parameter);
}

internal sealed class ConstantOperand : PointOperand
{
    private readonly RowBuffer _value = new(0);

    public ConstantOperand(ConstantExpression constant) =>
        _value.SetFrom(0, ExpressionEvaluator.MakeConstant(constant.Type, constant.Value), 0);

    public override void CopyTo(RowBuffer parameters, RowBuffer target, int place) => PointValues.Copy(_value, 0, target, place);

    public override bool IsSurelyNull(RowBuffer parameters) => _value.IsNull(0);
}

/// <summary>
/// What a column is compared with as another type, as a value of the column's own: <see cref="KeyBounds"/>. NULL where no row can fit.
/// </summary>
internal sealed class KeyBoundOperand(PointOperand value, SqlType type, SqlType column, ComparisonKind kind) : PointOperand
{
    private readonly RowBuffer _value = new(0);

    public override void CopyTo(RowBuffer parameters, RowBuffer target, int place)
    {
        value.CopyTo(parameters, _value, 0);
        if (_value.IsNull(0) || !KeyBounds.TryConvert(_value, 0, type, column, kind, target, place))
        {
            target.SetNull(place);
        }
    }

    public override bool IsSurelyNull(RowBuffer parameters) => value.IsSurelyNull(parameters);

    public override bool MayFail => value.MayFail;
}

/// <summary>An expression without columns, computed from the parameters alone: what a column is compared with.</summary>
internal sealed class ColumnFreeOperand(PointOperand value, PointRow row) : PointOperand
{
    public override void CopyTo(RowBuffer parameters, RowBuffer target, int place)
    {
        row.Take(null, parameters);
        value.CopyTo(parameters, target, place);
    }

    public override bool IsSurelyNull(RowBuffer parameters) => false;

    public override bool MayFail => true;
}

/// <summary>One after the other of the values that a column may have: IN (…).</summary>
internal sealed class ListOperand(PointOperand[] values) : PointOperand
{
    public int Count => values.Length;

    /// <summary>Which of them it is.</summary>
    public int Current { get; set; }

    public override void CopyTo(RowBuffer parameters, RowBuffer target, int place) => values[Current].CopyTo(parameters, target, place);

    public override bool IsSurelyNull(RowBuffer parameters) => false;

    public override bool MayFail => true;
}

/// <summary>An expression: computed by the vectors' kernels over a chunk of one row.</summary>
internal sealed class ComputedOperand(ExpressionEvaluator evaluator, PointRow row) : PointOperand
{
    public override void CopyTo(RowBuffer parameters, RowBuffer target, int place)
    {
        row.MakeVectors();
        target.SetFrom(place, evaluator.Evaluate(row.Chunk), 0);
    }

    public override bool IsSurelyNull(RowBuffer parameters) => false;
}

/// <summary>
/// a + b or a - b of two plain values of one type, as counters and balances are changed. Whatever is out of the ordinary (an
/// overflow, a value that is no finite number) is left to the kernels.
/// </summary>
internal sealed class SumOperand(PointOperand left, PointOperand right, bool isDifference, PhysicalType type, PointOperand general) : PointOperand
{
    private readonly RowBuffer _values = new(0, 0);

    public override void CopyTo(RowBuffer parameters, RowBuffer target, int place)
    {
        left.CopyTo(parameters, _values, 0);
        right.CopyTo(parameters, _values, 1);
        if (_values.IsNull(0) || _values.IsNull(1))
        {
            target.SetNull(place);
            return;
        }
        switch (type)
        {
            case PhysicalType.Double:
                double sum = isDifference ? _values.GetDouble(0) - _values.GetDouble(1) : _values.GetDouble(0) + _values.GetDouble(1);
                if (double.IsFinite(sum))
                {
                    target.Set(place, sum);
                    return;
                }
                break;
            case PhysicalType.Int32:
                long wide = isDifference ? (long)_values.GetInt32(0) - _values.GetInt32(1) : (long)_values.GetInt32(0) + _values.GetInt32(1);
                if (wide == (int)wide)
                {
                    target.Set(place, (int)wide);
                    return;
                }
                break;
            case PhysicalType.Int64:
                (long a, long b) = (_values.GetInt64(0), _values.GetInt64(1));
                long result = isDifference ? a - b : a + b;
                bool isOverflow = isDifference ? ((a ^ b) & (a ^ result)) < 0 : ((a ^ result) & (b ^ result)) < 0;
                if (!isOverflow)
                {
                    target.Set(place, result);
                    return;
                }
                break;
            default:
                throw new UnreachableException();
        }
        general.CopyTo(parameters, target, place);
    }

    public override bool IsSurelyNull(RowBuffer parameters) => false;
}

/// <summary>A column of the row found.</summary>
internal sealed class ColumnOperand(PointRow row, int column) : PointOperand
{
    public override void CopyTo(RowBuffer parameters, RowBuffer target, int place) => PointValues.Copy(row.Found!, column, target, place);

    public override bool IsSurelyNull(RowBuffer parameters) => false;
}

/// <summary>A condition over the row found and the parameters, beside those that its key meets.</summary>
internal sealed class PointCondition(PredicateEvaluator evaluator, PointRow row)
{
    private readonly int[] _selection = new int[DataChunk.Capacity];

    /// <summary>True where the row that was taken meets it.</summary>
    public bool IsMet()
    {
        row.MakeVectors();
        return evaluator.Select(row.Chunk, _selection) > 0;
    }
}

/// <summary>
/// What the expressions of a single-row statement are computed from: the columns read of the row found as a chunk of one
/// row, and the parameters as vectors of one value. <see cref="MakeVectors"/> renews both without allocating, where an
/// operand needs them.
/// </summary>
internal sealed class PointRow
{
    private readonly PointCell[] _columnCells;
    private readonly PointCell[] _parameterCells;
    private readonly Vector[] _parameters;
    private RowBuffer? _given;
    private bool _hasVectors;

    public PointRow(IReadOnlyList<PhysicalType> columns, IReadOnlyList<SqlType> parameters, IStatementContext statement)
    {
        Chunk = new DataChunk(columns) { Count = 1 };
        _columnCells = [.. columns.Select(PointCell.Create)];
        _parameters = [.. parameters.Select(type => new Vector(type.Physical))];
        _parameterCells = [.. parameters.Select(type => PointCell.Create(type.Physical))];
        Evaluation = new EvaluationContext(statement, _parameters);
    }

    public DataChunk Chunk { get; }

    public EvaluationContext Evaluation { get; }

    /// <summary>The columns read of the row found; null where the statement reads none.</summary>
    public RowBuffer? Found { get; private set; }

    /// <summary>What the operands are computed from next.</summary>
    public void Take(RowBuffer? row, RowBuffer parameters)
    {
        Found = row;
        _given = parameters;
        _hasVectors = false;
    }

    public void MakeVectors()
    {
        if (_hasVectors)
        {
            return;
        }
        _hasVectors = true;
        for (int i = 0; i < _columnCells.Length; i++)
        {
            _columnCells[i].Take(Found!, i, Chunk.Vectors[i]);
        }
        for (int i = 0; i < _parameterCells.Length; i++)
        {
            _parameterCells[i].Take(_given!, i, _parameters[i]);
        }
    }
}

/// <summary>One value of a buffer as a vector.</summary>
internal abstract class PointCell
{
    public abstract void Take(RowBuffer row, int place, Vector vector);

    public static PointCell Create(PhysicalType type) => type switch
    {
        PhysicalType.Boolean => new PointCell<bool>(),
        PhysicalType.Int16 => new PointCell<short>(),
        PhysicalType.Int32 => new PointCell<int>(),
        PhysicalType.Int64 => new PointCell<long>(),
        PhysicalType.Int128 => new PointCell<Int128>(),
        PhysicalType.Real => new PointCell<float>(),
        PhysicalType.Double => new PointCell<double>(),
        PhysicalType.Numeric => new PointCell<Numeric>(),
        PhysicalType.String => new PointCell<StringView>(),
        PhysicalType.Interval => new PointCell<Interval>(),
        PhysicalType.Uuid => new PointCell<UInt128>(),
        _ => throw new UnreachableException(),
    };
}

internal sealed class PointCell<T> : PointCell
    where T : unmanaged
{
    private static readonly ulong[] Null = [0];

    private readonly T[] _value = new T[1];

    // A string's bytes stay in the table's blocks, which are never changed, only replaced.
    public override void Take(RowBuffer row, int place, Vector vector)
    {
        bool isNull = row.IsNull(place);
        _value[0] = isNull ? default : row.Get<T>(place);
        vector.Reference(_value, isNull ? Null : null, row.BlocksOf(place));
    }
}
