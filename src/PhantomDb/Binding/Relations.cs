using PhantomDb.Errors;
using PhantomDb.Parsing.Ast;
using PhantomDb.Types;

namespace PhantomDb.Binding;

/// <summary>A table that the engine makes up, as found by name.</summary>
internal sealed record VirtualTable(string Schema, string Name, IReadOnlyList<(string Name, SqlType Type)> Columns);

/// <summary>Finds relations by name along the search path, pg_catalog first.</summary>
internal static class Relations
{
    private const string SystemSchema = "pg_catalog";

    /// <summary>A definition from the catalog or a <see cref="VirtualTable"/>; null where there is none.</summary>
    public static object? Find(BindingState state, QualifiedName name)
    {
        CheckDatabase(state, name);
        if (name.Schema is { } schema)
        {
            return FindVirtual(state, schema, name.Name) ?? state.Catalog.FindRelation(schema, name.Name);
        }
        IEnumerable<string> path = state.Context.SearchPath.Contains(SystemSchema) ? state.Context.SearchPath : [SystemSchema, .. state.Context.SearchPath];
        foreach (string searched in path)
        {
            if ((FindVirtual(state, searched, name.Name) ?? state.Catalog.FindRelation(searched, name.Name)) is { } found)
            {
                return found;
            }
        }
        return null;
    }

    /// <summary>The schema where a new object of a name goes; 3F000 where there is none.</summary>
    public static string SchemaForNew(BindingState state, QualifiedName name)
    {
        CheckDatabase(state, name);
        if (name.Schema is { } schema)
        {
            if (schema is SystemSchema or "information_schema")
            {
                throw Error.At("42501", $"permission denied to create \"{name}\"", name.Position, detail: "System catalog modifications are currently disallowed.");
            }
            return state.Catalog.HasSchema(schema) ? schema
                : throw Error.At(SqlStates.InvalidSchemaName, $"schema \"{schema}\" does not exist", name.Position);
        }
        return state.Context.SearchPath.FirstOrDefault(state.Catalog.HasSchema)
            ?? throw Error.At(SqlStates.InvalidSchemaName, "no schema has been selected to create in", name.Position);
    }

    private static void CheckDatabase(BindingState state, QualifiedName name)
    {
        if (name.Parts.Count > 3)
        {
            throw Error.InvalidSyntax($"improper qualified name (too many dotted names): {name}", name.Position);
        }
        if (name.Parts.Count == 3 && name.Parts[0] != state.Context.DatabaseName)
        {
            throw Error.At(SqlStates.FeatureNotSupported, $"cross-database references are not implemented: \"{name}\"", name.Position);
        }
    }

    private static VirtualTable? FindVirtual(BindingState state, string schema, string name) =>
        state.Context.VirtualTables?.Find(schema, name) is { } columns ? new VirtualTable(schema, name, columns) : null;
}
