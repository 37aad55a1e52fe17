using PhantomDb.Catalog;
using PhantomDb.Execution;
using PhantomDb.Execution.Points;
using PhantomDb.Parsing;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Types;

namespace PhantomDb;

/// <summary>
/// An entry of the plan cache: a statement, and which of its literals may be others. Those that are pinned must be the same,
/// character for character; the others become parameters.
/// </summary>
internal sealed class CachedStatement
{
    public CachedStatement? NextInBucket;
    public CachedStatement? Newer;
    public CachedStatement? Older;

    private readonly char[] _key;
    private readonly string?[] _pinned;      // by literal; null: a parameter
    private readonly SqlType?[] _natural;    // by literal; the type that a number must have by itself, where what is computed depends on it
    private readonly SqlType[] _types;       // of the parameters
    private readonly DatabaseCatalog _catalog;
    private readonly int _settingsVersion;
    private byte[] _bytes = new byte[64];

    private CachedStatement(LiteralScanner text, string?[] pinned, SqlType[] types, StatementPlan plan, PointStatement? point, DatabaseCatalog catalog, int settingsVersion)
    {
        _key = text.Key.ToArray();
        Hash = text.Hash;
        _pinned = pinned;
        _types = types;
        _natural = new SqlType?[pinned.Length];
        _catalog = catalog;
        _settingsVersion = settingsVersion;
        Plan = plan;
        Point = point;
        Parameters = new RowBuffer([.. Enumerable.Range(0, types.Length)]);
    }

    public int Hash { get; }

    public StatementPlan Plan { get; }

    /// <summary>The single-row statement; null where the statement runs through operators, with all its literals pinned.</summary>
    public PointStatement? Point { get; }

    public RowBuffer Parameters { get; }

    public ResultColumn[] Columns { get; private init; } = [];

    public bool IsPinned => Point is null;

    /// <summary>A statement of which every literal is part.</summary>
    public static CachedStatement Pinned(LiteralScanner text, string sql, StatementPlan plan, DatabaseCatalog catalog, int settingsVersion)
    {
        string?[] pinned = new string?[text.Literals.Length];
        for (int i = 0; i < pinned.Length; i++)
        {
            pinned[i] = TextOf(text.Literals[i], sql).ToString();
        }
        return new CachedStatement(text, pinned, [], plan, null, catalog, settingsVersion);
    }

    /// <summary>A single-row statement whose literals are parameters, except those that its binding pinned.</summary>
    public static CachedStatement OfPoint(
        LiteralScanner text, string sql, StatementPlan plan, BoundPlan bound, PointStatement point, DatabaseCatalog catalog, int settingsVersion)
    {
        string?[] pinned = new string?[text.Literals.Length];
        for (int i = 0; i < pinned.Length; i++)
        {
            pinned[i] = bound.PinnedParameters.Contains(i) ? TextOf(text.Literals[i], sql).ToString() : null;
        }
        CachedStatement cached = new(text, pinned, [.. bound.ParameterTypes], plan, point, catalog, settingsVersion)
        {
            Columns = Session.Columns(bound.ResultColumns, bound.DeclaredColumns),
        };
        for (int i = 0; i < pinned.Length; i++)
        {
            // Where the type is the literal's own, nothing has given it another: scale and width go into what is computed.
            SqlType? natural = pinned[i] is null ? LiteralValues.NaturalType(text.Literals[i], sql) : null;
            cached._natural[i] = natural == bound.ParameterTypes[i] ? natural : null;
        }
        return cached;
    }

    public bool IsFor(DatabaseCatalog catalog, int settingsVersion) =>
        ReferenceEquals(catalog, _catalog) && settingsVersion == _settingsVersion;

    public bool HasKey(LiteralScanner text) => text.Key.SequenceEqual(_key);

    public bool Matches(LiteralScanner text, string sql)
    {
        if (!HasKey(text))
        {
            return false;
        }
        ReadOnlySpan<TextLiteral> literals = text.Literals;
        for (int i = 0; i < _pinned.Length; i++)
        {
            if (_pinned[i] is { } pinned && !TextOf(literals[i], sql).SequenceEqual(pinned))
            {
                return false;
            }
            if (_natural[i] is { } natural && LiteralValues.NaturalType(literals[i], sql) != natural)
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Reads the literals as parameters; false where one is no such value: the general way then makes the error.</summary>
    public bool TryTakeLiterals(LiteralScanner text, string sql, StatementContext statement)
    {
        ReadOnlySpan<TextLiteral> literals = text.Literals;
        for (int i = 0; i < _pinned.Length; i++)
        {
            if (_pinned[i] is null && !LiteralValues.TryRead(literals[i], sql, _types[i], statement, Parameters, i, ref _bytes))
            {
                return false;
            }
        }
        return true;
    }

    private static ReadOnlySpan<char> TextOf(TextLiteral literal, string sql) => sql.AsSpan(literal.Start, literal.Length);
}
