using PhantomDb.Catalog;
using PhantomDb.Functions;

namespace PhantomDb.Execution.SystemTables;

/// <summary>Constraints and indexes as the text that pg_get_constraintdef and pg_get_indexdef give.</summary>
internal sealed class DefinitionPrinter(SystemObjects objects)
{
    public string Constraint(TableDefinition table, ConstraintDefinition constraint, bool isPretty)
    {
        string text = constraint.Kind switch
        {
            ConstraintKind.PrimaryKey => $"PRIMARY KEY ({Names(table, constraint.Columns)})",
            ConstraintKind.Unique => $"UNIQUE{(IsNullsEqual(table, constraint) ? " NULLS NOT DISTINCT" : "")} ({Names(table, constraint.Columns)})",
            ConstraintKind.Check => $"CHECK ({objects.CheckText(table, constraint, isPretty)})",
            _ => ForeignKey(table, constraint),
        };
        return text + (constraint.IsDeferrable ? " DEFERRABLE" : "") + (constraint.IsInitiallyDeferred ? " INITIALLY DEFERRED" : "")
            + (constraint.IsNotValid ? " NOT VALID" : "");
    }

    /// <summary>The statement that makes an index; or one of its columns, counted from 1.</summary>
    public string Index(TableDefinition table, IndexDefinition index, int column, bool isPretty)
    {
        if (column > 0)
        {
            return column <= index.Columns.Count ? Key(table, index.Columns[column - 1].ColumnNumber, isPretty)
                : column <= index.Columns.Count + index.Included.Count ? Name(table, index.Included[column - index.Columns.Count - 1]) : "";
        }
        string relation = isPretty ? RelationName(table) : $"{Quote(table.Schema)}.{Quote(table.Name)}";
        return $"CREATE {(index.IsUnique ? "UNIQUE " : "")}INDEX {Quote(index.Name)} ON {relation} USING btree "
            + $"({string.Join(", ", index.Columns.Select(key => Key(table, key, isPretty)))})"
            + (index.Included.Count > 0 ? $" INCLUDE ({Names(table, index.Included)})" : "")
            + (index.NullsEqual ? " NULLS NOT DISTINCT" : "")
            + (index.IsPartial ? $" WHERE {objects.PredicateText(table, index, isPretty)}" : "");
    }

    private string Key(TableDefinition table, int number, bool isPretty) =>
        table.FindExpression(number) is { } expression ? objects.IndexExpressionText(table, expression, isPretty) : Name(table, number);

    private string Key(TableDefinition table, IndexColumn key, bool isPretty) => Key(table, key.ColumnNumber, isPretty)
        + (key.OperatorClass is null ? "" : $" {key.OperatorClass}")
        + (key.IsDescending ? " DESC" : "")
        + (key.NullsFirst == key.IsDescending ? "" : key.NullsFirst ? " NULLS FIRST" : " NULLS LAST");

    private string ForeignKey(TableDefinition table, ConstraintDefinition key)
    {
        TableDefinition referenced = objects.Catalog.GetTable(key.ReferencedTableOid);
        return $"FOREIGN KEY ({Names(table, key.Columns)}) REFERENCES {RelationName(referenced)}({Names(referenced, key.ReferencedColumns)})"
            + (key.IsMatchFull ? " MATCH FULL" : "") + Action(" ON UPDATE", key.OnUpdate) + Action(" ON DELETE", key.OnDelete);
    }

    private string RelationName(TableDefinition table) => objects.RelationName(table.Oid)!;

    private static string Action(string on, ReferentialAction action) => action switch
    {
        ReferentialAction.NoAction => "",
        ReferentialAction.Restrict => on + " RESTRICT",
        ReferentialAction.Cascade => on + " CASCADE",
        ReferentialAction.SetNull => on + " SET NULL",
        ReferentialAction.SetDefault => on + " SET DEFAULT",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static bool IsNullsEqual(TableDefinition table, ConstraintDefinition constraint) =>
        table.Indexes.Any(index => index.Oid == constraint.IndexOid && index.NullsEqual);

    private static string Names(TableDefinition table, IEnumerable<int> numbers) => string.Join(", ", numbers.Select(number => Name(table, number)));

    private static string Name(TableDefinition table, int number) => Quote(table.Columns[table.IndexOfNumber(number)].Name);

    private static string Quote(string name) => QuotingFunctions.QuoteIdentifier(name);
}
