using System.Diagnostics;
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

/// <summary>An expression: computed by the vectors' kernels over a chunk of one row.</summary>
internal sealed class ComputedOperand(ExpressionEvaluator evaluator, PointRow row) : PointOperand
{
    public override void CopyTo(RowBuffer parameters, RowBuffer target, int place) => target.SetFrom(place, evaluator.Evaluate(row.Chunk), 0);

    public override bool IsSurelyNull(RowBuffer parameters) => false;
}

/// <summary>
/// What the expressions of a single-row statement are computed from: the columns read of the row found as a chunk of one
/// row, and the parameters as vectors of one value. <see cref="Take"/> renews both without allocating.
/// </summary>
internal sealed class PointRow
{
    private readonly PointCell[] _columnCells;
    private readonly PointCell[] _parameterCells;
    private readonly Vector[] _parameters;

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

    public void Take(RowBuffer? row, RowBuffer parameters)
    {
        for (int i = 0; i < _columnCells.Length; i++)
        {
            _columnCells[i].Take(row!, i, Chunk.Vectors[i]);
        }
        for (int i = 0; i < _parameterCells.Length; i++)
        {
            _parameterCells[i].Take(parameters, i, _parameters[i]);
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
