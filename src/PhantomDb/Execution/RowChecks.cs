using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Execution.ForeignKeys;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// NOT NULL and CHECK of new rows. Of an UPDATE's rows only the columns that it changes or needs are at hand: the others hold
/// what they held, and are read from the table for the message alone.
/// </summary>
internal sealed class RowChecks
{
    private readonly TableDefinition _table;
    private readonly StatementScope _scope;
    private readonly List<(ConstraintDefinition Constraint, PredicateEvaluator Failing)> _checks = [];
    private readonly IReadOnlyList<LogicalColumn> _columns;
    private readonly int[] _vectors;   // of the table's columns; -1 for those that the chunks do not have
    private readonly IReadOnlyList<BoundCheck> _bound;
    private int[]? _failed;
    private TextOutput[]? _text;

    /// <summary>For rows that begin with all of the table's columns, in its order.</summary>
    public RowChecks(TableDefinition table, IReadOnlyList<LogicalColumn> columns, IReadOnlyList<BoundCheck> checks, StatementScope scope)
        : this(table, columns, [.. Enumerable.Range(0, table.Columns.Count)], checks, scope)
    {
    }

    /// <summary>For rows whose first vector has the row ids, unless all of the table's columns have a vector.</summary>
    public RowChecks(
        TableDefinition table, IReadOnlyList<LogicalColumn> columns, int[] vectors, IReadOnlyList<BoundCheck> checks, StatementScope scope)
    {
        _table = table;
        _vectors = vectors;
        _columns = columns;
        _bound = checks;
        _scope = scope;
    }

    /// <summary>Throws 23502 or 23514 for the first row that may not be; columns that the chunk does not have are read through the view.</summary>
    public void Test(DataChunk chunk, in ReadView view = default)
    {
        for (int i = 0; i < _table.Columns.Count; i++)
        {
            if (_vectors[i] >= 0 && _table.Columns[i].IsNotNull && chunk.Vectors[_vectors[i]] is { Validity: not null } vector)
            {
                TestNotNull(chunk, vector, _table.Columns[i], view);
            }
        }
        if (_checks.Count < _bound.Count)
        {
            Prepare();
        }
        foreach ((ConstraintDefinition constraint, PredicateEvaluator failing) in _checks)
        {
            int[] failed = DataChunk.EnsureRoom(ref _failed, chunk.Count);
            if (failing.Select(chunk, failed) > 0)
            {
                throw new PhantomDbException(SqlStates.CheckViolation,
                    $"new row for relation \"{_table.Name}\" violates check constraint \"{constraint.Name}\"")
                {
                    Detail = FailingRow(chunk, failed[0], view), SchemaName = _table.Schema, TableName = _table.Name, ConstraintName = constraint.Name,
                    ChunkPosition = failed[0],
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
            positions.TryAdd(_columns[i].Id, i);
        }
        foreach (BoundCheck check in _bound)
        {
            Expression isFalse = new BooleanTestExpression(check.Condition, Value: false, IsNegated: false);
            _checks.Add((check.Constraint, new PredicateEvaluator(ReturningRows.ToPositions(isFalse, positions), _scope.Evaluation)));
        }
    }

    private void TestNotNull(DataChunk chunk, Vector vector, ColumnDefinition column, in ReadView view)
    {
        for (int i = 0; i < chunk.Count; i++)
        {
            if (!vector.IsValid(chunk.Position(i)))
            {
                throw new PhantomDbException(SqlStates.NotNullViolation,
                    $"null value in column \"{column.Name}\" of relation \"{_table.Name}\" violates not-null constraint")
                {
                    Detail = FailingRow(chunk, chunk.Position(i), view), SchemaName = _table.Schema, TableName = _table.Name, ColumnName = column.Name,
                    ChunkPosition = chunk.Position(i),
                };
            }
        }
    }

    private string FailingRow(DataChunk chunk, int position, in ReadView view)
    {
        DataChunk? stored = Array.IndexOf(_vectors, -1) < 0 ? null : Stored(chunk.Vectors[0].Values<long>()[position], view);
        _text ??= [.. _table.Columns.Select(c => new TextOutput(c.Type, _scope.Statement))];
        System.Buffers.ArrayBufferWriter<byte> text = new();
        for (int i = 0; i < _text.Length; i++)
        {
            Vector vector = _vectors[i] >= 0 ? chunk.Vectors[_vectors[i]] : stored!.Vectors[i];
            int place = _vectors[i] >= 0 ? position : 0;
            System.Buffers.BuffersExtensions.Write(text, i == 0 ? ""u8 : ", "u8);
            if (vector.IsValid(place))
            {
                _text[i].Write(vector, vector.PositionOf(place), text);
            }
            else
            {
                System.Buffers.BuffersExtensions.Write(text, "null"u8);
            }
        }
        return $"Failing row contains ({Encoding.UTF8.GetString(text.WrittenSpan)}).";
    }

    private DataChunk Stored(long rowId, in ReadView view)
    {
        int[] numbers = [.. _table.Columns.Select(c => c.Number)];
        RowBuffer row = new(numbers);
        DataChunk stored = new(KeyText.TypesOf(_table, numbers));
        RowBuffer.Clear(stored);
        _scope.Tables[_table.Oid].TryRead(rowId, view, row);
        row.AppendTo(stored);
        KeyText.Seal(stored);
        return stored;
    }
}
