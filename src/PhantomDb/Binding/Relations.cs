using System.Globalization;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Expressions;
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
        foreach (string searched in Path(state.Context))
        {
            if ((FindVirtual(state, searched, name.Name) ?? state.Catalog.FindRelation(searched, name.Name)) is { } found)
            {
                return found;
            }
        }
        return null;
    }

    /// <summary>The schema in which a name that is written without one is found; null where none has it.</summary>
    public static string? SchemaOf(BinderContext context, string name) =>
        Path(context).FirstOrDefault(schema => context.VirtualTables?.FindOid(schema, name) is not null || context.Catalog.FindRelation(schema, name) is not null);

    /// <summary>The constraints of a name, in the schema given or in the first of the search path that has any.</summary>
    public static ConstraintDefinition[] FindConstraints(BindingState state, QualifiedName name)
    {
        CheckDatabase(state, name);
        if (name.Schema is { } given && !state.Catalog.HasSchema(given))
        {
            throw Error.At(SqlStates.InvalidSchemaName, $"schema \"{given}\" does not exist", name.Position);
        }
        foreach (string schema in name.Schema is { } only ? [only] : state.Context.SearchPath)
        {
            ConstraintDefinition[] found = [.. state.Catalog.Tables.Where(table => table.Schema == schema).SelectMany(table => table.Constraints).Where(c => c.Name == name.Name)];
            if (found.Length > 0)
            {
                return found;
            }
        }
        return [];
    }

    /// <summary>The oid that a literal of type regclass stands for: a number, or the name of a relation.</summary>
    public static ConstantExpression FromText(BindingState state, string text, int position)
    {
        long oid = 0;
        if (text.Trim() is not "-" && !(uint.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out uint number) && (oid = number) >= 0))
        {
            if (FindVirtualOid(state, text) is { } system)
            {
                return new ConstantExpression(SqlType.RegClass, (long)system) { Position = new SourcePosition(position) };
            }
            object found = RelationLookup.FindText(state.Catalog, state.Context.SearchPath, text) 
                ?? throw Error.RelationNotFound(text, position, NameHints.OfRelation(state, RelationLookup.Split(text), [NameHints.Table, NameHints.View, NameHints.Sequence, NameHints.Index]));
            oid = RelationLookup.OidOf(found);
            state.DependOn((int)oid);
            state.Uses?.AddText(position, (int)oid);
        }
        return new ConstantExpression(SqlType.RegClass, oid) { Position = new SourcePosition(position) };
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
        string found = state.Context.SearchPath.FirstOrDefault(s => s == SystemSchema || state.Catalog.HasSchema(s))
            ?? throw Error.At(SqlStates.InvalidSchemaName, "no schema has been selected to create in", name.Position);
        return found != SystemSchema ? found
            : throw Error.At("42501", $"permission denied to create \"{SystemSchema}.{name}\"", name.Position, detail: "System catalog modifications are currently disallowed.");
    }

    private static IReadOnlyList<string> Path(BinderContext context) => context.SearchPath.Contains(SystemSchema) ? context.SearchPath : [SystemSchema, .. context.SearchPath];

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

    private static int? FindVirtualOid(BindingState state, string text)
    {
        List<string> parts = RelationLookup.Split(text);
        IReadOnlyList<string> path = state.Context.SearchPath;
        return state.Context.VirtualTables is not { } tables ? null
            : parts.Count > 1 ? tables.FindOid(parts[^2], parts[^1])
            : path.Contains(SystemSchema)
                ? path.TakeWhile(schema => schema == SystemSchema || state.Catalog.FindRelation(schema, parts[0]) is null)
                    .Select(schema => tables.FindOid(schema, parts[0])).FirstOrDefault(oid => oid is not null)
                : tables.FindOid(SystemSchema, parts[0]);
    }

    private static VirtualTable? FindVirtual(BindingState state, string schema, string name) =>
        state.Context.VirtualTables?.Find(schema, name) is { } columns ? new VirtualTable(schema, name, columns) : null;
}
