using PhantomDb.Types;

namespace PhantomDb.Execution.SystemTables;

/// <summary>A table or view of pg_catalog or information_schema: its name, PostgreSQL's oid and kind ('r' or 'v'), its columns.</summary>
internal sealed record SystemRelation(string Schema, string Name, int Oid, char Kind, IReadOnlyList<SystemColumn> Columns)
{
    /// <summary>Name and type of each column, as the binder takes them.</summary>
    public IReadOnlyList<(string Name, SqlType Type)> Signature { get; } = [.. Columns.Select(column => (column.Name, column.Type))];
}

/// <summary>A column: PostgreSQL's type by name, and the type that it is here.</summary>
internal sealed record SystemColumn(string Name, string TypeName, SqlType Type, bool IsNotNull);
