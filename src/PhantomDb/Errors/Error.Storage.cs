namespace PhantomDb.Errors;

/// <summary>Errors of stored rows.</summary>
internal static partial class Error
{
    public static PhantomDbException UniqueViolation(string schema, string table, string constraint, long conflictingRowId = -1) =>
        new(SqlStates.UniqueViolation, $"duplicate key value violates unique constraint \"{constraint}\"")
        {
            SchemaName = schema,
            TableName = table,
            ConstraintName = constraint,
            ConflictingRowId = conflictingRowId,
        };

    public static PhantomDbException DeferrableArbiter(string schema, string table, string constraint) =>
        new(SqlStates.ObjectNotInPrerequisiteState, "ON CONFLICT does not support deferrable unique constraints/exclusion constraints as arbiters")
        {
            SchemaName = schema, TableName = table, ConstraintName = constraint,
        };

    public static PhantomDbException PendingChecks(string command, string table) =>
        new(SqlStates.ObjectInUse, $"cannot {command} \"{table}\" because it has pending trigger events");

    public static PhantomDbException CannotCreateUniqueIndex(string schema, string table, string constraint, long conflictingRowId) =>
        new(SqlStates.UniqueViolation, $"could not create unique index \"{constraint}\"")
        {
            Detail = "A key occurs more than once.",
            SchemaName = schema,
            TableName = table,
            ConstraintName = constraint,
            ConflictingRowId = conflictingRowId,
        };

    public static PhantomDbException DatabaseExists(string name) =>
        new(SqlStates.DuplicateDatabase, $"database \"{name}\" already exists");

    public static PhantomDbException RelationGone(int oid) =>
        new(SqlStates.UndefinedTable, $"could not open relation with OID {oid}: it has been dropped or replaced meanwhile");

    public static PhantomDbException SequenceExhausted(string name, bool ascends, long bound) =>
        new(SqlStates.SequenceGeneratorLimitExceeded,
            $"nextval: reached {(ascends ? "maximum" : "minimum")} value of sequence \"{name}\" ({bound})");

    public static PhantomDbException SequenceValueOutOfBounds(string name, long value, long minimum, long maximum) =>
        new(SqlStates.NumericValueOutOfRange, $"setval: value {value} is out of bounds for sequence \"{name}\" ({minimum}..{maximum})");
}
