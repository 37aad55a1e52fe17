namespace PhantomDb;

/// <summary>
/// The table's column that a result's column is, passed on as it is: through views, joins and subqueries, but no expression.
/// What is said of keys holds for the result, not only for the table.
/// </summary>
public sealed record ColumnOrigin
{
    internal ColumnOrigin()
    {
    }

    /// <summary>Oid of the table in pg_class.</summary>
    public required int TableOid { get; init; }

    /// <summary>Number of the column in pg_attribute, from 1.</summary>
    public required int ColumnNumber { get; init; }

    /// <summary>Schema of the table.</summary>
    public required string SchemaName { get; init; }

    /// <summary>The table, not the alias.</summary>
    public required string TableName { get; init; }

    /// <summary>The column in the table, not the alias.</summary>
    public required string ColumnName { get; init; }

    /// <summary>The column is never NULL: the table does not let it, and no outer join or grouping set makes it.</summary>
    public required bool IsNotNull { get; init; }

    /// <summary>Part of the table's primary key, where the result has each row of the table once at most, and the whole key.</summary>
    public required bool IsKey { get; init; }

    /// <summary>No two rows of the result have the same value, but for NULL.</summary>
    public required bool IsUnique { get; init; }

    /// <summary>The database gives values to it: an identity column, or serial.</summary>
    public required bool IsAutoIncrement { get; init; }
}
