using PhantomDb.Types;

namespace PhantomDb.Functions;

/// <summary>What functions such as pg_get_indexdef ask of the database's definitions. Null or 0 where there is no such object.</summary>
internal interface ICatalogReader
{
    string? ConstraintDefinition(int oid, bool isPretty);

    /// <summary>The index as a statement, or with a column (from 1) just that.</summary>
    string? IndexDefinition(int oid, int column, bool isPretty);

    string? ViewDefinition(int oid, bool isPretty);

    /// <summary>A default or check as PostgreSQL prints it.</summary>
    string? ExpressionText(string expression, int relation, bool isPretty);

    /// <summary>A type's name with a modifier as pg_attribute.atttypmod has it (null: none is asked for).</summary>
    string? FormatType(int oid, int? modifier);

    /// <summary>The arguments of a function as its declaration has them; its result.</summary>
    (string Arguments, string Result)? FunctionSignature(int oid);

    /// <summary>A comment; objectKind is the oid of the catalog that has the object (0: any), column 0 the object itself.</summary>
    string? Comment(int objectKind, int oid, int column);

    /// <summary>True where the relation, type or function is found by its name alone; null where there is none.</summary>
    bool? IsVisible(SqlTypeId kind, int oid);

    /// <summary>Bytes of a table or index; of a table with its indexes.</summary>
    long? RelationSize(int oid, bool withIndexes);

    /// <summary>Bytes of a database: in memory, or of another's file.</summary>
    long? DatabaseSize(string name);

    string? FindDatabase(int oid);

    /// <summary>Sequence of a serial or identity column; 42P01 and 42703 where table or column are not there.</summary>
    string? SerialSequence(string table, string column);

    bool HasSchema(string name);

    bool HasColumn(int relation, string column);
}
