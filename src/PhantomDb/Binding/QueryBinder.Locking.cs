using PhantomDb.Errors;
using PhantomDb.Functions;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Binding;

/// <summary>
/// FOR UPDATE and its like: the scans of the tables that it is about give row ids, which go up with the rows to where they are
/// locked: above ORDER BY, below LIMIT. A clause reaches into views and subqueries of FROM, but not into WITH.
/// </summary>
internal sealed partial class QueryBinder
{
    private readonly List<LockedTable> _locked = [];
    private readonly List<LogicalColumn> _otherRowIds = [];
    private SyntaxList<LockingClause> _locking = SyntaxList<LockingClause>.Empty;   // of the SELECT whose FROM is being bound

    /// <summary>
    /// True for a query of FROM that has no clause of its own: where it only selects from tables, its rows are locked with those
    /// of the query around, after all joins.
    /// </summary>
    private bool LocksGoUp { get; init; }

    private static string NameOf(LockingClause clause) => clause.Strength switch
    {
        LockStrength.ForUpdate => "FOR UPDATE",
        LockStrength.ForNoKeyUpdate => "FOR NO KEY UPDATE",
        LockStrength.ForShare => "FOR SHARE",
        _ => "FOR KEY SHARE",
    };

    private static void EnsureMayLock(SelectStatement select)
    {
        LockingClause clause = select.Locking[0];
        string? refusal = select.Body switch
        {
            SetOperation => "is not allowed with UNION/INTERSECT/EXCEPT",
            ValuesBody => "cannot be applied to VALUES",
            SelectCore { Distinct: not null } => "is not allowed with DISTINCT clause",
            SelectCore { GroupBy: not null } => "is not allowed with GROUP BY clause",
            SelectCore { Having: not null } => "is not allowed with HAVING clause",
            SelectCore => null,
            _ => "is not supported over an ordered query in parentheses",
        };
        if (refusal is not null)
        {
            throw Error.At(SqlStates.FeatureNotSupported, $"{NameOf(clause)} {refusal}", clause.Position);
        }
        if (select.WithTies)
        {
            throw Error.NotSupported($"{NameOf(clause)} with WITH TIES", clause.Position);
        }
    }

    // (SELECT …) FOR UPDATE is as if it stood inside.
    private static SelectStatement WithLockingInside(SelectStatement select) =>
        select is { Locking.Count: > 0, Body: NestedQuery nested, OrderBy.Count: 0, Limit: null, Offset: null, With: null }
            ? WithLockingInside(nested.Query with { Locking = [.. nested.Query.Locking, .. select.Locking] })
            : select;

    private static void EnsureNoOtherRows(SelectStatement? select, QueryLevel level)
    {
        if (select is not { Locking.Count: > 0 })
        {
            return;
        }
        string? what = level.Aggregates.Count > 0 ? "aggregate functions" : level.Windows.Count > 0 ? "window functions"
            : level.SetReturning.Count > 0 ? "set-returning functions in the target list" : null;
        if (what is not null)
        {
            throw Error.At(SqlStates.FeatureNotSupported, $"{NameOf(select.Locking[0])} is not allowed with {what}", select.Locking[0].Position);
        }
    }

    // FROM, whose tables get row ids where they are to be locked, or where others are.
    private LogicalOperator BindLockedFrom(SyntaxList<TableReference> from, SelectStatement? select, Scope scope)
    {
        _locking = select?.Locking ?? _locking;
        foreach (LockingClause clause in _locking)
        {
            CheckNames(clause, from);
            foreach (TableReference reference in from)
            {
                CheckNullable(clause, reference, isNullable: false);
            }
        }
        LogicalOperator plan = BindFrom(from, scope);
        _locking = SyntaxList<LockingClause>.Empty;
        return plan;
    }

    private void CheckNames(LockingClause clause, SyntaxList<TableReference> from)
    {
        foreach (QualifiedName name in clause.Tables)
        {
            if (name.Schema is not null)
            {
                throw Error.InvalidSyntax($"{NameOf(clause)} must specify unqualified relation names", name.Position);
            }
            TableReference found = from.Select<TableReference, TableReference?>(reference => Find(reference, name.Name)).FirstOrDefault(reference => reference is not null)
                ?? throw Error.At(SqlStates.UndefinedTable, $"relation \"{name.Name}\" in {NameOf(clause)} clause not found in FROM clause", name.Position);
            string? kind = found switch
            {
                JoinTable => "a join",
                FunctionTable => "a function",
                NamedTable named when IsCte(named) => "a WITH query",
                _ => null,
            };
            if (kind is not null)
            {
                throw Error.At(SqlStates.FeatureNotSupported, $"{NameOf(clause)} cannot be applied to {kind}", name.Position);
            }
        }
    }

    private static TableReference? Find(TableReference reference, string name) => reference switch
    {
        JoinTable join => (join.Alias ?? null)?.Name == name ? join : Find(join.Left, name) ?? Find(join.Right, name),
        _ => NameOf(reference) == name ? reference : null,
    };

    private static string? NameOf(TableReference reference) => reference switch
    {
        NamedTable named => named.Alias?.Name ?? named.Name.Name,
        DerivedTable derived => derived.Alias?.Name,
        FunctionTable function => function.Alias?.Name ?? ColumnNames.Of(function.Functions[0].Call),
        _ => null,
    };

    private bool IsCte(NamedTable named) => named.Name.Schema is null && _ctes?.Find(named.Name.Name) is not null;

    // Rows that an outer join has made of NULLs cannot be locked.
    private void CheckNullable(LockingClause clause, TableReference reference, bool isNullable)
    {
        if (reference is JoinTable join)
        {
            CheckNullable(clause, join.Left, isNullable || join.Kind is Parsing.Ast.JoinKind.Right or Parsing.Ast.JoinKind.Full);
            CheckNullable(clause, join.Right, isNullable || join.Kind is Parsing.Ast.JoinKind.Left or Parsing.Ast.JoinKind.Full);
        }
        else if (isNullable && (reference is DerivedTable || (reference is NamedTable named && !IsCte(named))) && IsAbout(clause, NameOf(reference)))
        {
            throw Error.At(SqlStates.FeatureNotSupported, $"{NameOf(clause)} cannot be applied to the nullable side of an outer join", clause.Position);
        }
    }

    private static bool IsAbout(LockingClause clause, string? name) =>
        clause.Tables.Count == 0 || clause.Tables.Any<QualifiedName>(table => table.Name == name);

    // A table of FROM. Of several clauses about a table the strongest counts, and of what they say of waiting the most impatient.
    private LogicalScan WithRowId(LogicalScan scan)
    {
        if (_locking.Count == 0)
        {
            return scan;
        }
        LogicalScan withId = scan with { RowId = state.NewColumn(SqlType.Int64, "row id") };
        LockedTable? locked = null;
        foreach (LockingClause clause in _locking)
        {
            if (!IsAbout(clause, scan.Alias))
            {
                continue;
            }
            var strength = (RowLockStrength)clause.Strength;
            var policy = (RowLockPolicy)clause.WaitPolicy;
            locked = locked is null ? new LockedTable(scan.Table, withId.RowId!, strength, policy) : locked with
            {
                Strength = strength > locked.Strength ? strength : locked.Strength,
                Policy = policy == RowLockPolicy.NoWait || locked.Policy == RowLockPolicy.NoWait ? RowLockPolicy.NoWait
                    : policy > locked.Policy ? policy : locked.Policy,
            };
        }
        if (locked is null)
        {
            _otherRowIds.Add(withId.RowId!);
        }
        else
        {
            _locked.Add(locked);
        }
        return withId;
    }

    // A query in FROM, or a view's, with the clauses that are about it.
    private BoundQuery BindLocked(SelectStatement query, string? name, Scope? outer, CteEnvironment? ctes)
    {
        LockingClause[] clauses = [.. _locking.Where<LockingClause>(clause => IsAbout(clause, name)).Select(clause => clause with { Tables = SyntaxList<QualifiedName>.Empty })];
        if (clauses.Length == 0 || query.Body is ValuesBody)
        {
            return new QueryBinder(state, outer, ctes).Bind(query);
        }
        var binder = new QueryBinder(state, outer, ctes) { LocksGoUp = IsPlainSelect(query) };
        BoundQuery bound = binder.Bind(query with { Locking = [.. query.Locking, .. clauses] });
        if (binder.LocksGoUp)
        {
            _locked.AddRange(binder._locked);
            _otherRowIds.AddRange(binder._otherRowIds);
        }
        return bound;
    }

    private static bool IsPlainSelect(SelectStatement query) =>
        query is { With: null, OrderBy.Count: 0, Limit: null, Offset: null, Locking.Count: 0, Body: SelectCore };
}
