using System.Globalization;
using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Execution.Physical;
using PhantomDb.Execution.Points;
using PhantomDb.Functions;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb;

/// <summary>
/// A statement that is parsed and bound once and executed many times with other parameter values. Belongs to its session.
/// A SELECT, UPDATE or DELETE of one row by its key, and an INSERT of one row, run without operators or allocation; their
/// result object is the same each time, valid until the next execution.
/// </summary>
public sealed class PreparedStatement : IDisposable
{
    private readonly Session _session;
    private readonly Statement _statement;
    private readonly SqlType[] _types;
    private readonly RowBuffer _parameters;
    private readonly bool[] _isBound;
    private DatabaseCatalog _catalog;
    private IReadOnlyList<string> _searchPath;
    private BoundStatement _bound;
    private PointStatement? _point;
    private QueryResult? _pointResult;
    private bool _isDisposed;

    internal PreparedStatement(Session session, Statement statement, DatabaseCatalog catalog)
    {
        _session = session;
        _statement = statement;
        _catalog = catalog;
        _searchPath = session.SearchPath;
        _bound = session.Bind(statement, catalog, []);
        _types = [.. _bound.ParameterTypes];
        _parameters = new RowBuffer([.. Enumerable.Range(0, _types.Length)]);
        _isBound = new bool[_types.Length];
        Columns = _bound is BoundPlan plan ? [.. plan.ResultColumns.Select(c => new ResultColumn(c.Name, c.Type, isDeclared: false))] : [];
        ParameterTypeNames = [.. _types.Select(type => type.BaseName)];
        FindPoint();
    }

    /// <summary>The result's columns; none for a statement without rows.</summary>
    public IReadOnlyList<ResultColumn> Columns { get; }

    /// <summary>Types of the parameters $1, $2 … as PostgreSQL names them.</summary>
    public IReadOnlyList<string> ParameterTypeNames { get; }

    internal PhysicalPlan? PhysicalPlan { get; set; }

    /// <summary>Gives a parameter, counted from 1, an integer; of a type that can hold it, or its text.</summary>
    /// <exception cref="PhantomDbException">The parameter's type cannot hold the value.</exception>
    public void Bind(int parameter, long value)
    {
        int index = IndexOf(parameter);
        switch (_types[index].Id)
        {
            case SqlTypeId.Int64 or SqlTypeId.Oid or SqlTypeId.RegClass:
                _parameters.Set(index, value);
                break;
            case SqlTypeId.Int32 when value is >= int.MinValue and <= int.MaxValue:
                _parameters.Set(index, (int)value);
                break;
            case SqlTypeId.Int16 when value is >= short.MinValue and <= short.MaxValue:
                _parameters.Set(index, (short)value);
                break;
            case SqlTypeId.Double:
                _parameters.Set(index, (double)value);
                break;
            default:
                BindText(index, Encoding.UTF8.GetBytes(value.ToString(CultureInfo.InvariantCulture)));
                break;
        }
        _isBound[index] = true;
    }

    /// <summary>Gives a parameter an integer.</summary>
    public void Bind(int parameter, int value) => Bind(parameter, (long)value);

    /// <summary>Gives a parameter a floating-point number; for other types its shortest text that reads back as the same.</summary>
    public void Bind(int parameter, double value)
    {
        int index = IndexOf(parameter);
        if (_types[index].Id == SqlTypeId.Double)
        {
            _parameters.Set(index, value);
        }
        else
        {
            BindText(index, Encoding.UTF8.GetBytes(value.ToString("R", CultureInfo.InvariantCulture)));
        }
        _isBound[index] = true;
    }

    /// <summary>Gives a parameter a boolean.</summary>
    public void Bind(int parameter, bool value)
    {
        int index = IndexOf(parameter);
        if (_types[index].Id == SqlTypeId.Boolean)
        {
            _parameters.Set(index, value);
        }
        else
        {
            BindText(index, value ? "true"u8 : "false"u8);
        }
        _isBound[index] = true;
    }

    /// <summary>Gives a parameter an exact number.</summary>
    public void Bind(int parameter, decimal value) => Bind(parameter, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Gives a parameter a date.</summary>
    public void Bind(int parameter, DateOnly value) => Bind(parameter, value.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));

    /// <summary>Gives a parameter a point in time; one of kind UTC counts as UTC, others as in the session's time zone.</summary>
    public void Bind(int parameter, DateTime value) =>
        Bind(parameter, value.ToString(value.Kind == DateTimeKind.Utc ? "yyyy-MM-dd HH:mm:ss.FFFFFF'+00'" : "yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture));

    /// <summary>Gives a parameter a value from its text, as PostgreSQL reads it.</summary>
    public void Bind(int parameter, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Bind(parameter, Encoding.UTF8.GetBytes(value));
    }

    /// <summary>Gives a parameter a value from its text in UTF-8; a bytea takes the bytes themselves.</summary>
    public void Bind(int parameter, ReadOnlySpan<byte> value)
    {
        int index = IndexOf(parameter);
        switch (_types[index])
        {
            case { Id: SqlTypeId.Text } or { Id: SqlTypeId.Varchar, Precision: < 0 }:
                Utf8Text.EnsureValid(value);
                _parameters.SetBytes(index, value);
                break;
            case { Id: SqlTypeId.Bytea }:
                _parameters.SetBytes(index, value);
                break;
            default:
                BindText(index, value);
                break;
        }
        _isBound[index] = true;
    }

    /// <summary>Gives a parameter NULL.</summary>
    public void BindNull(int parameter)
    {
        int index = IndexOf(parameter);
        _parameters.SetNull(index);
        _isBound[index] = true;
    }

    /// <summary>Runs the statement with the values bound, which stay bound.</summary>
    /// <exception cref="PhantomDbException">The statement failed and has changed nothing; or a parameter has no value.</exception>
    public QueryResult Execute()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        int missing = Array.IndexOf(_isBound, false);
        if (missing >= 0)
        {
            throw new PhantomDbException(SqlStates.UndefinedParameter, $"there is no value for parameter ${missing + 1}");
        }
        if (_point is not null && ReferenceEquals(_searchPath, _session.SearchPath) && _point.CanRun(_parameters))
        {
            int rowCount = _session.RunPoint(_point, _parameters);
            if (rowCount >= 0)
            {
                return PointResult(rowCount);
            }
        }
        Vector[] values = [.. _types.Select((type, i) => PointValues.ToVector(type, _parameters, i))];
        QueryResult result = _session.Run(this, _statement, values);
        if (_point is null || !_point.IsCurrent(_session.Database.Catalog, _session.Database.Storage))
        {
            FindPoint();
        }
        return result;
    }

    /// <summary>Ends the use of the statement.</summary>
    public void Dispose() => _isDisposed = true;

    /// <summary>The statement bound against a catalog: the binding is kept while the catalog is the same.</summary>
    internal BoundStatement BoundFor(DatabaseCatalog catalog)
    {
        if (ReferenceEquals(catalog, _catalog) && ReferenceEquals(_searchPath, _session.SearchPath) && _bound is BoundPlan)
        {
            return _bound;
        }
        BoundStatement bound = _session.Bind(_statement, catalog, _types);
        if (!bound.ParameterTypes.SequenceEqual(_types)
            || (bound is BoundPlan plan && !plan.ResultColumns.Select(c => (c.Name, c.Type)).SequenceEqual(Columns.Select(c => (c.Name, c.Type)))))
        {
            throw new PhantomDbException(SqlStates.FeatureNotSupported, "cached plan must not change result type") { Hint = "Prepare the statement again." };
        }
        _bound = bound;
        _catalog = catalog;
        _searchPath = _session.SearchPath;
        _point = null;
        PhysicalPlan = null;
        return bound;
    }

    private QueryResult PointResult(int rowCount)
    {
        if (_point!.Rows is not null)
        {
            _pointResult ??= new QueryResult(Columns, _point.Rows, "SELECT", -1, countsRows: true, _session.StatementContext);
            _pointResult.Restart();
            return _pointResult;
        }
        if (_pointResult is null || _pointResult.RowsAffected != rowCount)
        {
            string tag = _point.Tag == "INSERT" ? $"INSERT 0 {rowCount}" : $"{_point.Tag} {rowCount}";
            _pointResult = new QueryResult([], null, tag, rowCount, countsRows: false, _session.StatementContext);
        }
        _pointResult.Restart();
        return _pointResult;
    }

    private void FindPoint()
    {
        _pointResult = null;
        _point = _bound is BoundPlan plan && ReferenceEquals(_catalog, _session.Database.Catalog)
            ? PointPlanner.Plan(plan, _catalog, _session.Database.Storage)
            : null;
    }

    private int IndexOf(int parameter)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parameter, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(parameter, _types.Length);
        return parameter - 1;
    }

    private void BindText(int index, ReadOnlySpan<byte> text)
    {
        Vector vector = new(_types[index].Physical);
        TextInput input = new(_types[index], _session.StatementContext);
        input.Begin(vector);
        input.Parse(text, vector, 0);
        if (vector.DeclaredType == PhysicalType.String)
        {
            vector.SealStrings();
        }
        _parameters.SetFrom(index, vector, 0);
    }
}
