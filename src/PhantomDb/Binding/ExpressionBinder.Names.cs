using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Binding;

/// <summary>Column references: which table and which query a name means.</summary>
internal sealed partial class ExpressionBinder
{
    private const int SuggestionDistanceMax = 3;

    private ColumnExpression BindColumn(ColumnReferenceSyntax syntax) => (TryBindColumn(syntax) ?? throw NotFound(syntax)).Reference;

    /// <summary>The column that a reference means; null where there is none. 42702 where it may mean several.</summary>
    public LogicalColumn? TryBindColumn(ColumnReferenceSyntax syntax)
    {
        if (syntax.Names.Count > 3 && syntax.Names[0] != state.Context.DatabaseName)
        {
            throw Error.NotSupported("a reference to another database", syntax.Position);
        }
        string column = syntax.Names[^1];
        string? table = syntax.Names.Count > 1 ? syntax.Names[^2] : null;
        string? schema = syntax.Names.Count > 2 ? syntax.Names[^3] : null;
        for (Scope? current = scope; current is not null; current = current.Parent)
        {
            LogicalColumn? found = table is null
                ? FindUnqualified(current, column, syntax.Position)
                : FindQualified(current, schema, table, column, syntax);
            if (found is not null)
            {
                current.IsUsed = true;
                state.Uses?.AddColumn(syntax, current, found);
                return found;
            }
        }
        return null;
    }

    private static LogicalColumn? FindUnqualified(Scope scope, string name, int position)
    {
        LogicalColumn? found = null;
        foreach (ScopeTable table in scope.Tables)
        {
            if (table.AreColumnsVisible && FindIn(table, name, position) is { } column)
            {
                found = found is null ? column : throw Error.ColumnAmbiguous(name, position);
            }
        }
        return found;
    }

    private LogicalColumn? FindQualified(Scope scope, string? schema, string table, string column, ColumnReferenceSyntax syntax)
    {
        ScopeTable? found = FindTable(scope, schema, table, syntax.Position);
        if (found is null)
        {
            return null;
        }
        return FindIn(found, column, syntax.Position)
            ?? throw Error.ColumnNotFound($"{table}.{column}", syntax.Position, Suggest(found, column) is { } near ? $"{table}.{near}" : null);
    }

    public static ScopeTable? FindTable(Scope scope, string? schema, string name, int position)
    {
        ScopeTable? found = null;
        foreach (ScopeTable table in scope.Tables)
        {
            if (table.IsNameVisible && table.Name == name && (schema is null || table.Schema == schema))
            {
                found = found is null ? table : throw Error.At(SqlStates.DuplicateAlias, $"table reference \"{name}\" is ambiguous", position);
            }
        }
        return found;
    }

    private static LogicalColumn? FindIn(ScopeTable table, string name, int position)
    {
        LogicalColumn? found = null;
        for (int i = 0; i < table.ColumnNames.Count; i++)
        {
            if (table.ColumnNames[i] == name)
            {
                found = found is null ? table.Columns[i] : throw Error.ColumnAmbiguous(name, position);
            }
        }
        return found;
    }

    private PhantomDbException NotFound(ColumnReferenceSyntax syntax)
    {
        string column = syntax.Names[^1];
        if (Clause == Clause.Default)
        {
            return Error.NotPossible("cannot use column reference in DEFAULT expression", syntax.Position);
        }
        if (syntax.Names.Count == 1)
        {
            for (Scope? current = scope; current is not null; current = current.Parent)
            {
                if (FindTable(current, null, column, syntax.Position) is not null)
                {
                    return Error.NotSupported("a reference to a whole row", syntax.Position);
                }
            }
            string? suggestion = scope.Tables.Where(t => t.AreColumnsVisible)
                .Select(t => Suggest(t, column) is { } near ? (t.Name is null ? near : $"{t.Name}.{near}") : null)
                .FirstOrDefault(near => near is not null);
            return Error.ColumnNotFound($"\"{column}\"", syntax.Position, suggestion);
        }
        return MissingTable(syntax.Names[^2], syntax.Position);
    }

    /// <summary>A table name that no FROM item bears; the hint tells what may have been meant.</summary>
    private PhantomDbException MissingTable(string table, int position)
    {
        foreach (ScopeTable candidate in scope.Tables)
        {
            if (candidate.Table is not null && candidate.Table.Name == table && candidate.Name != table)
            {
                return Error.InvalidFromReference(table, position, $"Perhaps you meant to reference the table alias \"{candidate.Name}\".");
            }
        }
        return Error.MissingFromEntry(table, position, Spelling.Nearest(table, scope.Tables.Where(candidate => candidate.IsNameVisible).Select(candidate => candidate.Name).OfType<string>()));
    }

    // As far away as PostgreSQL looks for columns.
    private static string? Suggest(ScopeTable table, string name) =>
        Spelling.Nearest(name, table.ColumnNames, Math.Min(SuggestionDistanceMax, Math.Max(1, name.Length / 2)));
}
