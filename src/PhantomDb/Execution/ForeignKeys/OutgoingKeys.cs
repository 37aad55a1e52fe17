using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Storage;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.ForeignKeys;

/// <summary>
/// A foreign key of a table, and the keys of its new rows; where <paramref name="comparesOld"/>, those that the rows had before, too.
/// A key that a row keeps is not looked for, and its parent is not locked: what removes the parent asks for the row.
/// </summary>
internal sealed class OutgoingKeys(ConstraintDefinition constraint, TableDefinition table, StatementScope scope, bool comparesOld = false)
{
    private readonly RowBuffer? _row = comparesOld ? new([.. constraint.Columns]) : null;
    private readonly DataChunk? _old = comparesOld ? new(KeyText.TypesOf(table, constraint.Columns)) : null;
    private readonly ColumnarBuffer? _oldKeys = comparesOld ? new(KeyText.TypesOf(table, constraint.Columns), scope.Statement.Memory) : null;

    public ConstraintDefinition Constraint => constraint;

    public ColumnarBuffer Keys { get; } = new(KeyText.TypesOf(table, constraint.Columns), scope.Statement.Memory);

    /// <summary>Looks at a row before it is changed; <see cref="KeepOld"/> notes it.</summary>
    public void ReadOld(TableStore store, long rowId, in ReadView view)
    {
        if (_row is not null)
        {
            store.TryRead(rowId, view, _row);
        }
    }

    public void KeepOld()
    {
        if (_row is not null)
        {
            RowBuffer.Clear(_old!);
            _row.AppendTo(_old!);
            KeyText.Seal(_old!);
            _oldKeys!.Append(_old!);
        }
    }

    /// <summary>Throws 23503 for the first key that the other table does not have.</summary>
    public void Test()
    {
        ReferencedRows parents = new(constraint, table, constraint.Columns, scope);
        DataChunk chunk = new(Keys.Types);
        for (int block = 0; block < Keys.BlockCount; block++)
        {
            scope.Statement.ThrowIfCancelled();
            Keys.Read(block, chunk);
            for (int i = 0; i < chunk.Count; i++)
            {
                if (KeyText.HasNull(chunk, i))
                {
                    TestMatchFull(chunk, i);
                }
                else if (!IsKept(block * DataChunk.Capacity + i, chunk, i) && !parents.Lock(chunk, i, scope.Transaction))
                {
                    TableDefinition parent = scope.Catalog.GetTable(constraint.ReferencedTableOid);
                    throw Violation($"{KeyText.Describe(table, constraint.Columns, chunk, i, scope)} is not present in table \"{parent.Name}\".");
                }
            }
        }
    }

    // The rows come in one order before and after.
    private bool IsKept(int row, DataChunk keys, int position)
    {
        if (_oldKeys is null)
        {
            return false;
        }
        for (int column = 0; column < keys.Vectors.Length; column++)
        {
            BufferColumn old = _oldKeys.Column(column);
            if (!old.IsValid(row) || !BufferComparer.Equal(old, row, keys.Vectors[column], position))
            {
                return false;
            }
        }
        return true;
    }

    private void TestMatchFull(DataChunk chunk, int position)
    {
        if (constraint.IsMatchFull && chunk.Vectors.Any(v => v.IsValid(position)))
        {
            throw Violation("MATCH FULL does not allow mixing of null and nonnull key values.");
        }
    }

    private PhantomDbException Violation(string detail) =>
        new(SqlStates.ForeignKeyViolation, $"insert or update on table \"{table.Name}\" violates foreign key constraint \"{constraint.Name}\"")
        {
            Detail = detail, SchemaName = table.Schema, TableName = table.Name, ConstraintName = constraint.Name,
        };
}
