using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Planning.Logical;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>NOT NULL and CHECK of new rows, whose columns stand in the table's order from one vector on.</summary>
internal sealed class RowChecks
{
    private readonly TableDefinition _table;
    private readonly StatementScope _scope;
    private readonly List<(ConstraintDefinition Constraint, PredicateEvaluator Failing)> _checks = [];
    private readonly IReadOnlyList<LogicalColumn> _columns;
    private readonly IReadOnlyList<BoundCheck> _bound;
    private readonly int[] _failed = new int[DataChunk.Capacity];
    private TextOutput[]? _text;

    public RowChecks(TableDefinition table, IReadOnlyList<LogicalColumn> columns, IReadOnlyList<BoundCheck> checks, StatementScope scope)
    {
        _table = table;
        _columns = columns;
        _bound = checks;
        _scope = scope;
    }

    /// <summary>Vector of the table's first column.</summary>
    public int FirstVector { get; init; }

    /// <summary>Throws 23502 or 23514 for the first row that may not be.</summary>
    public void Test(DataChunk chunk)
    {
        for (int i = 0; i < _table.Columns.Count; i++)
        {
            Vector vector = chunk.Vectors[FirstVector + i];
            if (_table.Columns[i].IsNotNull && vector.Validity is not null)
            {
                TestNotNull(chunk, vector, _table.Columns[i]);
            }
        }
        if (_checks.Count < _bound.Count)
        {
            Prepare();
        }
        foreach ((ConstraintDefinition constraint, PredicateEvaluator failing) in _checks)
        {
            if (failing.Select(chunk, _failed) > 0)
            {
                throw new PhantomDbException(SqlStates.CheckViolation,
                    $"new row for relation \"{_table.Name}\" violates check constraint \"{constraint.Name}\"")
                {
                    Detail = FailingRow(chunk, _failed[0]), SchemaName = _table.Schema, TableName = _table.Name, ConstraintName = constraint.Name,
                };
            }
        }
    }

    // A check fails where it is false; unknown passes.
    private void Prepare()
    {
        Dictionary<ColumnId, int> positions = [];
        for (int i = 0; i < _columns.Count; i++)
        {
            positions.TryAdd(_columns[i].Id, FirstVector + i);
        }
        foreach (BoundCheck check in _bound)
        {
            Expression isFalse = new BooleanTestExpression(check.Condition, Value: false, IsNegated: false);
            _checks.Add((check.Constraint, new PredicateEvaluator(ReturningRows.ToPositions(isFalse, positions), _scope.Evaluation)));
        }
    }

    private void TestNotNull(DataChunk chunk, Vector vector, ColumnDefinition column)
    {
        for (int i = 0; i < chunk.Count; i++)
        {
            if (!vector.IsValid(chunk.Position(i)))
            {
                throw new PhantomDbException(SqlStates.NotNullViolation,
                    $"null value in column \"{column.Name}\" of relation \"{_table.Name}\" violates not-null constraint")
                {
                    Detail = FailingRow(chunk, chunk.Position(i)), SchemaName = _table.Schema, TableName = _table.Name, ColumnName = column.Name,
                };
            }
        }
    }

    private string FailingRow(DataChunk chunk, int position)
    {
        _text ??= [.. _table.Columns.Select(c => new TextOutput(c.Type, _scope.Statement))];
        System.Buffers.ArrayBufferWriter<byte> text = new();
        for (int i = 0; i < _text.Length; i++)
        {
            Vector vector = chunk.Vectors[FirstVector + i];
            System.Buffers.BuffersExtensions.Write(text, i == 0 ? ""u8 : ", "u8);
            if (vector.IsValid(position))
            {
                _text[i].Write(vector, vector.PositionOf(position), text);
            }
            else
            {
                System.Buffers.BuffersExtensions.Write(text, "null"u8);
            }
        }
        return $"Failing row contains ({Encoding.UTF8.GetString(text.WrittenSpan)}).";
    }
}
