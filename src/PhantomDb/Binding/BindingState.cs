using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Binding;

/// <summary>What the binders of one statement share: numbers for columns, types of parameters, objects that are named.</summary>
internal sealed class BindingState(BinderContext context)
{
    private const int ViewDepthMax = 64;

    private readonly List<SqlType> _parameterTypes = [.. context.ParameterTypes];
    private readonly HashSet<int> _literals = [.. context.LiteralParameters?.Values ?? []];
    private readonly HashSet<int> _pinned = [];
    private readonly HashSet<int> _dependencies = [];
    private readonly Dictionary<ColumnId, QueryLevel> _owners = [];
    private int _columnCount;
    private int _cteCount;
    private int _viewDepth;

    public BinderContext Context { get; private set; } = context;

    public DatabaseCatalog Catalog => Context.Catalog;

    public IReadOnlyList<SqlType> ParameterTypes => _parameterTypes;

    public IReadOnlySet<int> PinnedParameters => _pinned;

    /// <summary>Oids of the tables, views and sequences that the statement names.</summary>
    public IReadOnlySet<int> Dependencies => _dependencies;

    public bool IsInView => _viewDepth > 0;

    /// <summary>Where the meaning of names is noted; null where nobody asks.</summary>
    public NameUses? Uses { get; private set; }

    public LogicalColumn NewColumn(SqlType type, string name) => new(new ColumnId(++_columnCount), type, name);

    public int NewCteId() => ++_cteCount;

    public void DependOn(int oid) => _dependencies.Add(oid);

    /// <summary>Says to which query's FROM a column belongs: a reference from further inside is correlated.</summary>
    public void SetOwner(ColumnId id, QueryLevel level) => _owners[id] = level;

    public QueryLevel? OwnerOf(ColumnId id) => _owners.GetValueOrDefault(id);

    public SqlType TypeOfParameter(int index) => index < _parameterTypes.Count ? _parameterTypes[index] : SqlType.Unknown;

    public void SetParameterType(int index, SqlType type)
    {
        while (_parameterTypes.Count <= index)
        {
            _parameterTypes.Add(SqlType.Unknown);
        }
        _parameterTypes[index] = type;
    }

    /// <summary>The parameter that stands for the literal at an offset; -1 where there is none.</summary>
    public int LiteralParameterAt(int position) =>
        !IsInView && Context.LiteralParameters is { } map && map.TryGetValue(position, out int index) ? index : -1;

    /// <summary>True where the parameter for the literal at an offset has the sign before it.</summary>
    public bool IsNegativeLiteral(int position) => Context.NegativeLiterals?.Contains(position) == true;

    /// <summary>True where the moment of binding is in the plan: 'now', 'today' and the like were literals.</summary>
    public bool DependsOnTime { get; set; }

    /// <summary>True for a parameter that stands for a literal.</summary>
    public bool IsLiteral(int parameterIndex) => _literals.Contains(parameterIndex);

    /// <summary>Notes that the value of the literal at an offset was used.</summary>
    public void Pin(int position)
    {
        int index = LiteralParameterAt(position);
        if (index >= 0)
        {
            _pinned.Add(index);
            SetParameterType(index, SqlType.Text);
        }
    }

    /// <summary>Literals that became neither parameters nor were looked at (dropped with their clause) count as pinned.</summary>
    public void PinUnusedLiterals()
    {
        foreach (int index in Context.LiteralParameters?.Values ?? [])
        {
            if (TypeOfParameter(index).Id == SqlTypeId.Unknown)
            {
                _pinned.Add(index);
                SetParameterType(index, SqlType.Text);
            }
        }
    }

    /// <summary>
    /// Binds text from the catalog, whatever the session's search_path is now: names without a schema are in that of the
    /// object, or in public (<see cref="StoredText"/> has seen to it).
    /// </summary>
    public T InView<T>(string schema, Func<T> bind)
    {
        if (++_viewDepth > ViewDepthMax)
        {
            throw new PhantomDbException(SqlStates.InvalidTableDefinition, "infinite recursion detected in a view");
        }
        BinderContext outer = Context;
        NameUses? uses = Uses;
        Uses = null;
        Context = outer with { SearchPath = StoredText.PathOf(schema) };
        try
        {
            return bind();
        }
        finally
        {
            Context = outer;
            Uses = uses;
            _viewDepth--;
        }
    }

    /// <summary>Binds a text and gives what its names mean.</summary>
    public NameUses Record<T>(Func<T> bind)
    {
        (NameUses? outer, BinderContext context) = (Uses, Context);
        var uses = new NameUses();
        Uses = uses;
        Context = context with { LiteralParameters = null };   // whose places are those of another text
        try
        {
            bind();
            return uses;
        }
        finally
        {
            (Uses, Context) = (outer, context);
        }
    }

    /// <summary>Parameters whose type nothing has told are text; 42P18 where a gap is left in their numbers.</summary>
    public void CheckParameters()
    {
        for (int i = 0; i < _parameterTypes.Count; i++)
        {
            if (_parameterTypes[i].Id == SqlTypeId.Unknown)
            {
                throw new PhantomDbException(SqlStates.IndeterminateDatatype, $"could not determine data type of parameter ${i + 1}");
            }
        }
    }
}
