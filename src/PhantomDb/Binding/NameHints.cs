using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Parsing.Ast;

namespace PhantomDb.Binding;

/// <summary>What a relation that there is not was probably meant to be: the HINT of the error.</summary>
internal static class NameHints
{
    public const string Table = "table", View = "view", Sequence = "sequence", Index = "index", Query = "WITH query";

    /// <summary>42P01 for a relation of the kinds given, tables and views where none is, or a WITH query.</summary>
    public static PhantomDbException RelationNotFound(BindingState state, QualifiedName name, string[]? kinds = null, IEnumerable<string>? queries = null) =>
        Error.RelationNotFound(name.ToString(), name.Position, OfRelation(state, name.Parts, kinds ?? [Table, View], queries));

    /// <summary>
    /// Where the name has a schema, any relation whose schema and name are near; else one that the search path finds, or the only one in another schema that is of this very name.
    /// Null where there is none.
    /// </summary>
    public static string? OfRelation(BindingState state, IReadOnlyList<string> name, string[] kinds, IEnumerable<string>? queries = null)
    {
        Known[] known = [.. All(state).Where(relation => kinds.Contains(relation.Kind))];
        if (name.Count > 1)
        {
            return Nearest($"{name[^2]}.{name[^1]}", known.Select(relation => (relation.FullName, relation.Kind)));
        }
        return Nearest(name[0], known.Where(relation => relation.Schema == "pg_catalog" || state.Context.SearchPath.Contains(relation.Schema))
                .Select(relation => (relation.Name, relation.Kind)).Concat((queries ?? []).Select(query => (query, Query))))
            ?? (known.Where(relation => relation.Name == name[0]).Take(2).ToArray() is [var elsewhere] ? Hint(elsewhere.FullName, elsewhere.Kind) : null);
    }

    private sealed record Known(string Schema, string Name, string Kind)
    {
        public string FullName => $"{Schema}.{Name}";
    }

    private static string? Nearest(string name, IEnumerable<(string Name, string Kind)> known)
    {
        (string Name, string Kind)[] all = [.. known];
        return Spelling.Nearest(name, all.Select(one => one.Name)) is { } near ? Hint(near, all.First(one => one.Name == near).Kind) : null;
    }

    private static string Hint(string name, string kind) => $"Perhaps you meant the {kind} \"{name}\".";

    private static IEnumerable<Known> All(BindingState state) =>
        state.Catalog.Tables.Select(table => new Known(table.Schema, table.Name, Table))
            .Concat(state.Catalog.Views.Select(view => new Known(view.Schema, view.Name, View)))
            .Concat(state.Catalog.Sequences.Select(sequence => new Known(sequence.Schema, sequence.Name, Sequence)))
            .Concat(state.Catalog.Tables.SelectMany(table => table.Indexes.Select(index => new Known(table.Schema, index.Name, Index))))
            .Concat((state.Context.VirtualTables?.All ?? []).Select(table => new Known(table.Schema, table.Name, table.IsView ? View : Table)));
}
