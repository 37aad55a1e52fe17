using PhantomDb.Errors;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using JoinKind = PhantomDb.Planning.Logical.JoinKind;

namespace PhantomDb.Binding;

/// <summary>FOR UPDATE and its like: the scans of the tables that it is about give row ids, which go up with the rows.</summary>
internal sealed partial class QueryBinder
{
    private readonly List<LockedTable> _locked = [];

    /// <summary>True for a query that is a statement of its own: only its rows can be locked.</summary>
    public bool IsStatement { get; init; }

    private static string NameOf(LockingClause clause) => clause.Strength switch
    {
        LockStrength.ForUpdate => "FOR UPDATE",
        LockStrength.ForNoKeyUpdate => "FOR NO KEY UPDATE",
        LockStrength.ForShare => "FOR SHARE",
        _ => "FOR KEY SHARE",
    };

    private void EnsureMayLock(SelectStatement select)
    {
        LockingClause clause = select.Locking[0];
        if (!IsStatement || select.With is not null)
        {
            throw Error.NotSupported($"{NameOf(clause)} {(IsStatement ? "beside WITH" : "in a subquery")}", clause.Position);
        }
        string? refusal = select.Body switch
        {
            SetOperation => "is not allowed with UNION/INTERSECT/EXCEPT",
            ValuesBody => "cannot be applied to VALUES",
            SelectCore { Distinct: not null } => "is not allowed with DISTINCT clause",
            SelectCore { GroupBy: not null } => "is not allowed with GROUP BY clause",
            SelectCore { Having: not null } => "is not allowed with HAVING clause",
            SelectCore => null,
            _ => "is not supported over a query in parentheses",
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

    private static void EnsureNoAggregates(SelectStatement? select, QueryLevel level)
    {
        if (select is { Locking.Count: > 0 } && level.Aggregates.Count > 0)
        {
            throw Error.At(SqlStates.FeatureNotSupported, $"{NameOf(select.Locking[0])} is not allowed with aggregate functions", select.Locking[0].Position);
        }
    }

    // FROM's plan with row ids in the scans of the tables that are to be locked.
    private LogicalOperator BindLocking(LogicalOperator from, SelectStatement? select)
    {
        if (select is null || select.Locking.Count == 0)
        {
            return from;
        }
        LogicalOperator plan = from;
        foreach (LockingClause clause in select.Locking)
        {
            HashSet<string> names = [.. ((IReadOnlyList<QualifiedName>)clause.Tables).Select(t => t.Name)];
            HashSet<string> missing = [.. names];
            plan = Lock(plan, clause, names.Count == 0 ? null : names, missing, isNullable: false);
            if (missing.Count > 0)
            {
                throw Error.At(SqlStates.UndefinedTable, $"relation \"{missing.First()}\" in {NameOf(clause)} clause not found in FROM clause", clause.Position);
            }
        }
        return plan;
    }

    private LogicalOperator Lock(LogicalOperator plan, LockingClause clause, HashSet<string>? names, HashSet<string> missing, bool isNullable)
    {
        switch (plan)
        {
            case LogicalScan scan when names is null || names.Contains(scan.Alias):
                missing.Remove(scan.Alias);
                if (isNullable)
                {
                    throw Error.At(SqlStates.FeatureNotSupported, $"{NameOf(clause)} cannot be applied to the nullable side of an outer join", clause.Position);
                }
                return Lock(scan, clause);
            case LogicalFilter filter:
                return filter with { Input = Lock(filter.Input, clause, names, missing, isNullable) };
            case LogicalJoin join:
                LogicalOperator left = Lock(join.Left, clause, names, missing, isNullable || join.Kind is JoinKind.Right or JoinKind.Full);
                LogicalOperator right = Lock(join.Right, clause, names, missing, isNullable || join.Kind is JoinKind.Left or JoinKind.Full);
                return join with { Left = left, Right = right };
            case LogicalScan or LogicalTableFunction or LogicalValues or LogicalVirtualScan:
                return plan;
            default:
                return names is null ? throw Error.NotSupported($"{NameOf(clause)} of a subquery or view in FROM", clause.Position) : plan;
        }
    }

    // Of several clauses about a table the strongest counts, and of what they say of waiting the most impatient.
    private LogicalScan Lock(LogicalScan scan, LockingClause clause)
    {
        LogicalScan withId = scan.RowId is null ? scan with { RowId = state.NewColumn(SqlType.Int64, "row id") } : scan;
        var strength = (RowLockStrength)clause.Strength;
        var policy = (RowLockPolicy)clause.WaitPolicy;
        int known = _locked.FindIndex(l => l.RowId == withId.RowId);
        if (known < 0)
        {
            _locked.Add(new LockedTable(scan.Table, withId.RowId!, strength, policy));
            return withId;
        }
        LockedTable before = _locked[known];
        RowLockPolicy impatient = policy == RowLockPolicy.NoWait || before.Policy == RowLockPolicy.NoWait ? RowLockPolicy.NoWait
            : policy > before.Policy ? policy : before.Policy;
        _locked[known] = before with { Strength = strength > before.Strength ? strength : before.Strength, Policy = impatient };
        return withId;
    }
}
