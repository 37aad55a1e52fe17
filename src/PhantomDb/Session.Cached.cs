using PhantomDb.Catalog;
using PhantomDb.Execution.Points;
using PhantomDb.Parsing;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;

namespace PhantomDb;

// Statements that need not be parsed: a single-row statement that differs only in literals from one before, and any other
// text that is the same as before. Whatever is unusual, and every error, goes the general way.
public sealed partial class Session
{
    private bool _isPointRefused;   // the single-row form of the text just scanned has been found, and must not or cannot run

    /// <summary>Runs the text just scanned by what is kept of it; null where nothing is, or it does not serve.</summary>
    private QueryResult? RunCached(string sql)
    {
        _isPointRefused = false;
        if (_isFailed || HasOwnDefinitions)
        {
            return null;
        }
        _statement.Begin(_database.Catalog, isTransaction: !_isInTransaction);   // first: it may end SET LOCAL
        if (_plans.Find(_literals, sql, _database.Catalog, _settings.Version) is not { } cached)
        {
            return null;
        }
        return cached.Point is { } point ? RunCachedPoint(cached, point, sql) : RunKept(cached.Plan, []);
    }

    private QueryResult? RunCachedPoint(CachedStatement cached, PointStatement point, string sql)
    {
        if (!cached.TryTakeLiterals(_literals, sql, _statement))
        {
            return null;
        }
        int rowCount = MayRunPoint && point.CanRun(cached.Parameters) ? RunPointEntered(point, cached.Parameters) : -1;
        if (rowCount < 0)
        {
            _isPointRefused = point.IsCurrent(_database.Catalog, _database.Storage);   // else another is made
            return null;
        }
        QueryResult result = NewPointResult(point, cached.Columns, rowCount);
        if (point.Rows is not null)
        {
            _open = result;
        }
        return result;
    }

    private QueryResult RunAndCache(Statement statement, string sql)
    {
        if (HasOwnDefinitions)
        {
            return Run(statement);
        }
        DatabaseCatalog catalog = _database.Catalog;
        int settingsVersion = _settings.Version;
        if (_isPointRefused)
        {
            return Run(statement);
        }
        if (!_isFailed && MayBePoint(statement) && !_plans.HasPinnedVariant(_literals) && TryMakePoint(statement, sql, catalog) is { } entry)
        {
            _plans.Add(entry);
            return RunCachedPoint(entry, entry.Point!, sql) ?? Run(statement);
        }
        bool mayRepeat = statement is SelectStatement or BeginStatement or CommitStatement or RollbackStatement
            || (_literals.Literals.Length == 0 && statement is InsertStatement or UpdateStatement or DeleteStatement);
        if (!mayRepeat)
        {
            return Run(statement);
        }
        StatementPlan plan = new(this, statement, null);
        QueryResult result = RunKept(plan, []);
        if (plan.IsReusable)
        {
            _plans.Add(CachedStatement.Pinned(_literals, sql, plan, catalog, settingsVersion));
        }
        return result;
    }

    // What cannot be one is not bound twice for nothing.
    private static bool MayBePoint(Statement statement) => statement switch
    {
        InsertStatement { With: null, Source: null or { Body: ValuesBody { Rows.Count: 1 } } } => true,
        UpdateStatement { With: null } or DeleteStatement { With: null } => true,
        SelectStatement { With: null, Body: SelectCore { From.Count: 1, GroupBy: null, Having: null, Distinct: null } } => true,
        _ => false,
    };

    private CachedStatement? TryMakePoint(Statement statement, string sql, DatabaseCatalog catalog)
    {
        Dictionary<int, int> parameters = [];
        HashSet<int> negative = [];
        ReadOnlySpan<TextLiteral> literals = _literals.Literals;
        for (int i = 0; i < literals.Length; i++)
        {
            parameters.Add(literals[i].Position, i);
            if (literals[i].IsNegative)
            {
                negative.Add(literals[i].Position);
            }
        }
        _statement.Begin(catalog, isTransaction: !_isInTransaction);
        BoundStatement bound;
        try
        {
            bound = Binding.Binder.Bind(statement, NewBinderContext(catalog) with
            {
                LiteralParameters = parameters, NegativeLiterals = negative, AllowsParameters = false,
            });
        }
        catch (PhantomDbException)
        {
            return null;   // bound again as it stands, which makes the error
        }
        PointStatement? point = bound is BoundPlan { DependsOnTime: false } plan && plan.ParameterTypes.Count == literals.Length
            ? PointPlanner.Plan(plan, catalog, _database.Storage, _statement)
            : null;
        _database.AwaitDefinitions();
        return point is not null
            ? CachedStatement.OfPoint(_literals, sql, new StatementPlan(this, statement, null), (BoundPlan)bound, point, catalog, _settings.Version)
            : null;
    }
}
