using PhantomDb.Catalog;

namespace PhantomDb.Errors;

/// <summary>Errors of stored rows.</summary>
internal static partial class Error
{
    public static PhantomDbException UniqueViolation(TableDefinition table, IndexDefinition index) =>
        new(SqlStates.UniqueViolation, $"duplicate key value violates unique constraint \"{index.Name}\"")
        {
            SchemaName = table.Schema,
            TableName = table.Name,
            ConstraintName = index.Name,
        };

    public static PhantomDbException SequenceExhausted(string name, bool ascends, long bound) =>
        new(SqlStates.SequenceGeneratorLimitExceeded,
            $"nextval: reached {(ascends ? "maximum" : "minimum")} value of sequence \"{name}\" ({bound})");

    public static PhantomDbException SequenceValueOutOfBounds(string name, long value, long minimum, long maximum) =>
        new(SqlStates.NumericValueOutOfRange, $"setval: value {value} is out of bounds for sequence \"{name}\" ({minimum}..{maximum})");
}
