using System.Collections.Immutable;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Execution;
using PhantomDb.Execution.Points;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Types;

namespace PhantomDb;

/// <summary>
/// A session's statement with what is made of it once and used many times: its binding, its plan, and its single-row form
/// where it has one. Each is made anew when the definitions or settings that it was made for have changed, the plan also
/// when its tables have grown or shrunk a lot.
/// </summary>
/// <param name="session">The session whose statement it is.</param>
/// <param name="statement">The statement as parsed.</param>
/// <param name="parameterTypes">Types of its parameters as far as they are given; null where it may have none.</param>
internal sealed class StatementPlan(Session session, Statement statement, IReadOnlyList<SqlType>? parameterTypes)
{
    private const long SmallTable = 1000;   // rows by which any table may change without a new plan

    private DatabaseCatalog? _catalog;
    private int _settingsVersion;
    private BoundStatement? _bound;
    private readonly KeptPlans _plans = new();
    private (int Oid, long RowCount)[] _sizes = [];
    private IReadOnlyList<LogicalColumn>? _columnsOf;
    private ResultColumn[] _columns = [];
    private PointStatement? _point;
    private bool _isPointKnown;

    public Statement Statement => statement;

    /// <summary>The types given or, once it has been bound, those of the binding; null where it may have no parameters.</summary>
    public IReadOnlyList<SqlType>? ParameterTypes { get; private set; } = parameterTypes;

    /// <summary>True for a statement that was told what its result is like: a new binding must give the same types and columns.</summary>
    public bool IsPromised { get; init; }

    /// <summary>True where the binding may be used again.</summary>
    public bool IsReusable => _bound is BoundPlan { DependsOnTime: false } or BeginCommand or CommitCommand or RollbackCommand;

    /// <summary>BEGIN, COMMIT or ROLLBACK where the statement is one and has been bound: they know no definitions.</summary>
    public BoundStatement? TransactionCommand => _bound is BeginCommand or CommitCommand or RollbackCommand ? _bound : null;

    /// <summary>The statement bound against a catalog, within a statement that has begun.</summary>
    public BoundStatement BoundFor(DatabaseCatalog catalog)
    {
        if (TransactionCommand is { } command)
        {
            return command;
        }
        if (_bound is BoundPlan && ReferenceEquals(catalog, _catalog) && _settingsVersion == session.SettingsVersion)
        {
            return _bound;
        }
        BoundStatement bound = session.Bind(statement, catalog, ParameterTypes);
        if (IsPromised && _bound is not null)
        {
            EnsureSame(_bound, bound);
        }
        Renew(bound, catalog);
        return bound;
    }

    /// <summary>The plans to carry out a binding by, empty where they have to be made; null where the binding is not this statement's.</summary>
    public KeptPlans? PlansFor(BoundPlan plan, ImmutableDictionary<int, TableStore> tables)
    {
        if (!ReferenceEquals(plan, _bound))
        {
            return null;   // made anew while it waited for a lock; the next execution binds it again
        }
        if (_plans.IsEmpty || HaveSizesChanged(tables))
        {
            _plans.Clear();
            _sizes = [.. plan.Dependencies.Where(tables.ContainsKey).Select(oid => (oid, tables[oid].RowCount))];
        }
        return _plans;
    }

    /// <summary>A result's columns as its reader sees them.</summary>
    public ResultColumn[] ColumnsOf(StatementResult result)
    {
        if (!ReferenceEquals(result.Columns, _columnsOf))
        {
            _columns = Session.Columns(result.Columns, result.DeclaredColumns);
            _columnsOf = result.Columns;
        }
        return _columns;
    }

    /// <summary>The single-row form for the definitions as they are now; null where the statement has none or is not bound for them.</summary>
    public PointStatement? FindPoint()
    {
        DatabaseStorage storage = session.Database.Storage;
        DatabaseCatalog catalog = session.Database.Catalog;
        if (_isPointKnown && (_point is null ? ReferenceEquals(catalog, _catalog) : _point.IsCurrent(catalog, storage)))
        {
            return _settingsVersion == session.SettingsVersion ? _point : null;
        }
        bool isBound = ReferenceEquals(catalog, _catalog) && _settingsVersion == session.SettingsVersion;
        _point = isBound && _bound is BoundPlan plan ? PointPlanner.Plan(plan, catalog, storage, session.StatementContext) : null;
        session.Database.AwaitDefinitions();
        if (!isBound)
        {
            return null;
        }
        _isPointKnown = true;
        return _point;
    }

    /// <summary>Forgets the plan: the next execution makes it anew.</summary>
    public void Discard() => _plans.Clear();

    private static void EnsureSame(BoundStatement before, BoundStatement bound)
    {
        bool isSame = bound.ParameterTypes.SequenceEqual(before.ParameterTypes)
            && ResultOf(bound).SequenceEqual(ResultOf(before));
        if (!isSame)
        {
            throw new PhantomDbException(SqlStates.FeatureNotSupported, "cached plan must not change result type") { Hint = "Prepare the statement again." };
        }
    }

    private static IEnumerable<(string Name, SqlType Type)> ResultOf(BoundStatement bound) =>
        bound is BoundPlan plan ? plan.ResultColumns.Select(c => (c.Name, c.Type)) : [];

    private void Renew(BoundStatement bound, DatabaseCatalog catalog)
    {
        ParameterTypes = ParameterTypes is null ? null : bound.ParameterTypes;
        _bound = bound;
        _catalog = catalog;
        _settingsVersion = session.SettingsVersion;
        _plans.Clear();
        _isPointKnown = false;
    }

    private bool HaveSizesChanged(ImmutableDictionary<int, TableStore> tables)
    {
        foreach ((int oid, long planned) in _sizes)
        {
            if (!tables.TryGetValue(oid, out TableStore? table) || table.RowCount > (2 * planned) + SmallTable || table.RowCount < (planned / 2) - SmallTable)
            {
                return true;
            }
        }
        return false;
    }
}
