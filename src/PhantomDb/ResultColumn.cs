using System.Diagnostics.CodeAnalysis;
using PhantomDb.Catalog;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb;

/// <summary>A column of a result.</summary>
public sealed class ResultColumn
{
    private readonly TableDefinition? _rowsOf;
    private readonly ColumnSource _source;
    private readonly ResultColumn[] _all;   // of the result
    private ColumnOrigin? _origin;          // made when first asked for

    internal ResultColumn(LogicalColumn column, DeclaredColumns declared, ResultColumn[] all)
    {
        Name = column.Name;
        Type = column.Type;
        TypeName = declared.Contains(column.Id) ? column.Type.ToString() : column.Type.BaseName;
        declared.TryGetSource(column.Id, out _, out _source);
        _rowsOf = declared.RowsOf;
        _all = all;
    }

    /// <summary>Name as in the select list; "?column?" where PostgreSQL would say so.</summary>
    public string Name { get; }

    /// <summary>
    /// SQL type as PostgreSQL writes it: "integer", "numeric(10,2)", "timestamp with time zone". An expression's type has
    /// no modifiers.
    /// </summary>
    public string TypeName { get; }

    /// <summary>Oid of the type in PostgreSQL's pg_type.</summary>
    public int TypeOid => BuiltInTypeOids.Of(Type);

    /// <summary>The type of .NET that <see cref="QueryResult.GetValue"/> gives the column's values as.</summary>
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicFields | DynamicallyAccessedMemberTypes.PublicProperties)]
    public Type ClrType
    {
        get => Type.Id switch
        {
            SqlTypeId.Boolean => typeof(bool),
            SqlTypeId.Int16 => typeof(short),
            SqlTypeId.Int32 => typeof(int),
            SqlTypeId.Int64 or SqlTypeId.Oid => typeof(long),
            SqlTypeId.Numeric => typeof(decimal),
            SqlTypeId.Real => typeof(float),
            SqlTypeId.Double => typeof(double),
            SqlTypeId.Bytea => typeof(byte[]),
            SqlTypeId.Date => typeof(DateOnly),
            SqlTypeId.Time => typeof(TimeOnly),
            SqlTypeId.Timestamp or SqlTypeId.TimestampTz => typeof(DateTime),
            SqlTypeId.Interval => typeof(TimeSpan),
            SqlTypeId.Uuid => typeof(Guid),
            _ => typeof(string),
        };
    }

    /// <summary>The table's column that this one is, passed on as it is; null for an expression, and for what RETURNING gives.</summary>
    public ColumnOrigin? Origin => _source.Table is { } table ? _origin ??= OriginIn(table) : null;

    internal SqlType Type { get; }

    private ColumnOrigin OriginIn(TableDefinition table)
    {
        ColumnDefinition column = table.Columns[table.IndexOfNumber(_source.Number)];
        bool hasRowsOnce = _rowsOf?.Oid == table.Oid;
        ConstraintDefinition? key = hasRowsOnce ? table.PrimaryKey : null;
        return new ColumnOrigin
        {
            TableOid = table.Oid,
            ColumnNumber = column.Number + 1,
            SchemaName = table.Schema,
            TableName = table.Name,
            ColumnName = column.Name,
            IsNotNull = column.IsNotNull && !_source.IsOptional,
            IsKey = key is not null && key.Columns.Contains(column.Number) && key.Columns.All(number => Array.Exists(_all, other => other._source.Table == table && other._source.Number == number)),
            IsUnique = hasRowsOnce && table.Constraints.Any(constraint =>
                constraint is { Kind: ConstraintKind.PrimaryKey or ConstraintKind.Unique, IsDeferrable: false } && constraint.Columns.Count == 1 && constraint.Columns[0] == column.Number),
            IsAutoIncrement = column.Identity != IdentityKind.None || column.SequenceOid != 0,
        };
    }
}
