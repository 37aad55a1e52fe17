using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Errors;
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
public sealed partial class PreparedStatement : IDisposable
{
    private const int NumberLengthMax = 20;    // of a long
    private const int ShortTextLength = 128;   // in characters
    private const int EpochDay = 730119;       // DateOnly.DayNumber of 2000-01-01
    private const long TicksPerMicrosecond = 10;

    private readonly Session _session;
    private readonly string _text;
    private readonly StatementPlan _plan;
    private readonly SqlType[] _types;
    private readonly RowBuffer _parameters;
    private readonly ParameterText?[] _texts;   // by parameter, made when a text is first bound
    private readonly bool[] _isBound;
    private bool _isAllBound;
    private PointStatement? _point;      // that the result below is of
    private QueryResult? _pointResult;
    private bool _isDisposed;

    internal PreparedStatement(Session session, Statement statement, string text, DatabaseCatalog catalog, IReadOnlyList<SqlType> types)
    {
        _session = session;
        _text = text;
        _plan = new StatementPlan(session, statement, types) { IsPromised = true };
        BoundStatement bound = _plan.BoundFor(catalog);
        _types = [.. bound.ParameterTypes];
        _parameters = new RowBuffer([.. Enumerable.Range(0, _types.Length)]);
        _texts = new ParameterText?[_types.Length];
        _isBound = new bool[_types.Length];
        Columns = bound is BoundPlan plan ? Session.Columns(plan.ResultColumns, plan.DeclaredColumns) : [];
        ParameterTypeNames = [.. _types.Select(type => type.BaseName)];
    }

    /// <summary>The result's columns; none for a statement without rows.</summary>
    public IReadOnlyList<ResultColumn> Columns { get; }

    /// <summary>Types of the parameters $1, $2 … as PostgreSQL names them.</summary>
    public IReadOnlyList<string> ParameterTypeNames { get; }

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
            case SqlTypeId.Numeric when ParameterText.TrySetNumeric(_types[index], value, 0, _parameters, index):
                break;
            default:
                Span<byte> text = stackalloc byte[NumberLengthMax];
                value.TryFormat(text, out int length, default, CultureInfo.InvariantCulture);
                BindText(index, text[..length]);
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
    public void Bind(int parameter, decimal value)
    {
        int index = IndexOf(parameter);
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        Int128 magnitude = new((uint)parts[2], ((ulong)(uint)parts[1] << 32) | (uint)parts[0]);
        if (ParameterText.TrySetNumeric(_types[index], value < 0 ? -magnitude : magnitude, value.Scale, _parameters, index))
        {
            _isBound[index] = true;
            return;
        }
        Bind(parameter, value.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Gives a parameter a date.</summary>
    public void Bind(int parameter, DateOnly value)
    {
        int index = IndexOf(parameter);
        if (_types[index].Id == SqlTypeId.Date)
        {
            _parameters.Set(index, value.DayNumber - EpochDay);
            _isBound[index] = true;
            return;
        }
        Bind(parameter, value.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
    }

    /// <summary>Gives a parameter a point in time; one of kind UTC counts as UTC, others as in the session's time zone.</summary>
    public void Bind(int parameter, DateTime value)
    {
        int index = IndexOf(parameter);
        SqlType type = _types[index];
        bool isAsItIs = type.Id == SqlTypeId.Timestamp || (type.Id == SqlTypeId.TimestampTz && value.Kind == DateTimeKind.Utc);
        if (isAsItIs && type.Precision is < 0 or 6)
        {
            _parameters.Set(index, (value.Ticks - DateTimeClock.EpochTicks - (value.Ticks % TicksPerMicrosecond)) / TicksPerMicrosecond);
            _isBound[index] = true;
            return;
        }
        Bind(parameter, value.ToString(value.Kind == DateTimeKind.Utc ? "yyyy-MM-dd HH:mm:ss.FFFFFF'+00'" : "yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture));
    }

    /// <summary>Gives a parameter a value from its text, as PostgreSQL reads it.</summary>
    public void Bind(int parameter, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Utf8Text.EnsureValid(value);
        byte[]? rented = null;
        Span<byte> bytes = value.Length <= ShortTextLength
            ? stackalloc byte[ShortTextLength * 3]
            : rented = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(value.Length));
        try
        {
            Bind(parameter, bytes[..Encoding.UTF8.GetBytes(value, bytes)]);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
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
        if (!_isAllBound)
        {
            EnsureAllBound();
        }
        if (_session.TryRunPlainCommand(_plan, _text) is { } tag)
        {
            if (_pointResult?.CommandTag != tag)
            {
                _pointResult = _session.NewCommandResult(tag);
            }
            _pointResult.Restart();
            return _pointResult;
        }
        if (_plan.FindPoint() is { } point && point.CanRun(_parameters))
        {
            int rowCount = _session.RunPoint(point, _text, _parameters);
            if (rowCount >= 0)
            {
                return PointResult(point, rowCount);
            }
        }
        Vector[] values = _types.Length == 0 ? [] : [.. _types.Select((type, i) => PointValues.ToVector(type, _parameters, i))];
        return _session.Run(_plan, _text, values);
    }

    /// <summary>As <see cref="Execute"/>, on the calling thread but for the wait for the disk at a commit, as <see cref="Session.ExecuteAsync"/> does.</summary>
    /// <param name="cancellationToken">As there.</param>
    /// <exception cref="PhantomDbException">The statement failed and has changed nothing; or a parameter has no value.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; it has changed nothing.</exception>
    public ValueTask<QueryResult> ExecuteAsync(CancellationToken cancellationToken = default) => _session.RunAsync(this, static statement => statement.Execute(), cancellationToken);

    /// <summary>Ends the use of the statement.</summary>
    public void Dispose() => _isDisposed = true;

    private QueryResult PointResult(PointStatement point, int rowCount)
    {
        if (!ReferenceEquals(point, _point) || (point.ChangesRows && _pointResult!.RowsAffected != rowCount))
        {
            _point = point;
            _pointResult = _session.NewPointResult(point, Columns, rowCount);
        }
        _pointResult!.Restart();
        return _pointResult;
    }

    private void EnsureAllBound()
    {
        int missing = Array.IndexOf(_isBound, false);
        if (missing >= 0)
        {
            throw new PhantomDbException(SqlStates.UndefinedParameter, $"there is no value for parameter ${missing + 1}");
        }
        _isAllBound = true;   // values stay bound
    }

    private int IndexOf(int parameter)
    {
        int index = parameter - 1;
        if ((uint)index >= (uint)_types.Length)
        {
            ThrowNoParameter(parameter);
        }
        return index;
    }

    [DoesNotReturn]
    private void ThrowNoParameter(int parameter) => throw new ArgumentOutOfRangeException(nameof(parameter), parameter,
        _types.Length == 0 ? "The statement has no parameters." : $"The statement has {_types.Length} parameter{(_types.Length == 1 ? "" : "s")}, counted from 1.");

    private void BindText(int index, ReadOnlySpan<byte> text) =>
        (_texts[index] ??= new ParameterText(_types[index], _session.StatementContext)).Read(text, _parameters, index);
}
