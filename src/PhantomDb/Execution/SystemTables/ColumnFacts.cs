using PhantomDb.Catalog;
using PhantomDb.Types;

namespace PhantomDb.Execution.SystemTables;

/// <summary>A column of any relation as pg_attribute has it.</summary>
internal sealed record ColumnFacts(string Name, short Number, BuiltInType Type, int Modifier, bool IsNotNull)
{
    public ColumnDefinition? Definition { get; init; }

    /// <summary>DEFAULT NULL is none.</summary>
    public bool HasDefault => Definition is { DefaultText: not (null or "NULL"), Identity: IdentityKind.None };

    /// <summary>The columns of a relation; for an index those of INCLUDE too.</summary>
    public static IEnumerable<ColumnFacts> Of(RelationEntry entry, SystemObjects objects) => entry.Definition switch
    {
        TableDefinition table => table.Columns.Select(column => Of(column.Name, SystemObjects.NumberOf(column), column.Type, column.IsNotNull) with { Definition = column }),
        ViewDefinition view => view.Columns.Select((column, i) => Of(column.Name, (short)(i + 1), column.Type, false)),
        IndexDefinition index => objects.IndexColumnNames(entry.Table!, index).Zip(
            index.Columns.Select(key => key.ColumnNumber).Concat(index.Included),
            (name, number) => (Name: name, Type: entry.Table!.TypeOf(number))).Select((column, i) => Of(column.Name, (short)(i + 1), column.Type, false)),
        SystemRelation system => system.Columns.Select((column, i) => new ColumnFacts(column.Name, (short)(i + 1), TypeOf(column.TypeName), -1, column.IsNotNull)),
        SequenceDefinition =>
        [
            Of("last_value", 1, SqlType.Int64, true), Of("log_cnt", 2, SqlType.Int64, true), Of("is_called", 3, SqlType.Boolean, true),
        ],
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static ColumnFacts Of(string name, short number, SqlType type, bool isNotNull) =>
        new(name, number, BuiltInType.Find(BuiltInTypeOids.Of(type))!, ModifierOf(type), isNotNull);

    /// <summary>PostgreSQL's type of a system relation's column by its SQL name; a domain's underlying type.</summary>
    private static BuiltInType TypeOf(string name) => name switch
    {
        "cardinal_number" => BuiltInType.Find("int4")!,
        "character_data" or "yes_or_no" => BuiltInType.Find("varchar")!,
        "sql_identifier" => BuiltInType.Find("name")!,
        "time_stamp" => BuiltInType.Find("timestamptz")!,
        "double_precision[]" => BuiltInType.Find("_float8")!,
        _ => BuiltInType.All.FirstOrDefault(type => type.SqlName == name) ?? BuiltInType.Find("text")!,
    };

    /// <summary>pg_attribute.atttypmod.</summary>
    public static int ModifierOf(SqlType type) => type.Id switch
    {
        SqlTypeId.Numeric when type.Precision >= 0 => ((type.Precision << 16) | Math.Max(type.Scale, 0)) + 4,
        SqlTypeId.Varchar or SqlTypeId.Char when type.Precision >= 0 => type.Precision + 4,
        SqlTypeId.Time or SqlTypeId.Timestamp or SqlTypeId.TimestampTz when type.Precision >= 0 => type.Precision,
        SqlTypeId.Interval when type.Precision >= 0 => (0x7FFF << 16) | type.Precision,
        _ => -1,
    };
}
