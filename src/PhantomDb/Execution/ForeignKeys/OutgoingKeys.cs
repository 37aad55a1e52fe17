using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.ForeignKeys;

/// <summary>A foreign key of a table, and the keys of its new rows.</summary>
internal sealed class OutgoingKeys(ConstraintDefinition constraint, TableDefinition table, StatementScope scope)
{
    public ConstraintDefinition Constraint => constraint;

    public ColumnarBuffer Keys { get; } = new(KeyText.TypesOf(table, constraint.Columns), scope.Statement.Memory);

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
                else if (!parents.Lock(chunk, i, scope.Transaction))
                {
                    TableDefinition parent = scope.Catalog.GetTable(constraint.ReferencedTableOid);
                    throw Violation($"{KeyText.Describe(table, constraint.Columns, chunk, i, scope)} is not present in table \"{parent.Name}\".");
                }
            }
        }
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
