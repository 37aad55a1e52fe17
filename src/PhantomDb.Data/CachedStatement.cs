using System.Globalization;

namespace PhantomDb.Data;

/// <summary>
/// A statement that a connection keeps: prepared once for each set of types that its parameters have had. One without parameters is left to the engine's own
/// cache of plans. Finds and binds the parameters; does not know of readers.
/// </summary>
internal sealed class CachedStatement
{
    private const int VariantCountMax = 8;

    private readonly StatementText _text;
    private readonly int[] _numbers;   // of $1 …; 0 where the parameter has a name
    private readonly int[] _places;    // in the collection, of the execution under way
    private readonly int[] _oids;
    private readonly int _nameCount;
    private readonly List<Variant> _variants = [];

    private sealed record Variant(int[] Oids, PreparedStatement Statement);

    public CachedStatement(StatementText text)
    {
        _text = text;
        int count = text.ParameterNames.Count;
        _numbers = [.. text.ParameterNames.Select(NumberOf)];
        _places = new int[count];
        _oids = new int[count];
        _nameCount = _numbers.Count(number => number == 0);
    }

    /// <summary>Runs the statement with the values that the parameters have now.</summary>
    /// <param name="session">Where.</param>
    /// <param name="parameters">The values.</param>
    /// <param name="isAsync">True: the commit is awaited; else all is done when it returns.</param>
    public async ValueTask<QueryResult> Execute(Session session, PhantomDbParameterCollection parameters, bool isAsync)
    {
        try
        {
            if (_places.Length == 0)
            {
                return isAsync ? await session.ExecuteAsync(_text.Text).ConfigureAwait(false) : session.Execute(_text.Text);
            }
            Find(parameters);
            Variant variant = VariantFor(session);
            try
            {
                return await Execute(variant.Statement, parameters, isAsync).ConfigureAwait(false);
            }
            catch (PhantomDbException error) when (error.SqlState == "0A000" && error.Message == "cached plan must not change result type")
            {
                _variants.Remove(variant);   // definitions have changed; a failed transaction has to be ended first
                if (session.IsInTransaction)
                {
                    throw;
                }
                return await Execute(VariantFor(session).Statement, parameters, isAsync).ConfigureAwait(false);
            }
        }
        catch (PhantomDbException error) when (error.Position >= 0 && _text.PositionInWhole(error.Position) != error.Position)
        {
            throw AtPlaceInWhole(error);
        }
    }

    /// <summary>Parses and binds the statement without running it.</summary>
    public IReadOnlyList<ResultColumn> Prepare(Session session, PhantomDbParameterCollection parameters)
    {
        try
        {
            Find(parameters);
            if (_places.Length > 0)
            {
                return VariantFor(session).Statement.Columns;
            }
            using PreparedStatement prepared = session.Prepare(_text.Text);
            return prepared.Columns;
        }
        catch (PhantomDbException error) when (error.Position >= 0 && _text.PositionInWhole(error.Position) != error.Position)
        {
            throw AtPlaceInWhole(error);
        }
    }

    private ValueTask<QueryResult> Execute(PreparedStatement statement, PhantomDbParameterCollection parameters, bool isAsync)
    {
        for (int i = 0; i < _places.Length; i++)
        {
            ParameterValue.Bind(statement, i + 1, parameters[_places[i]]);
        }
        return isAsync ? statement.ExecuteAsync() : new ValueTask<QueryResult>(statement.Execute());
    }

    private void Find(PhantomDbParameterCollection parameters)
    {
        ParameterIndex? index = ParameterIndex.Of(parameters, _nameCount);
        for (int i = 0; i < _places.Length; i++)
        {
            int place = _numbers[i] > 0 ? _numbers[i] - 1 : index?.IndexOf(_text.ParameterNames[i]) ?? parameters.IndexOfBare(_text.ParameterNames[i]);
            if ((uint)place >= (uint)parameters.Count)
            {
                string name = _numbers[i] > 0 ? _text.ParameterNames[i] : $"@{_text.ParameterNames[i]}";
                throw new PhantomDbException("42P02", $"there is no value for parameter {name}")
                {
                    Hint = $"The command has {parameters.Count} parameters: add one with Parameters.AddWithValue.",
                };
            }
            _places[i] = place;
            _oids[i] = ParameterValue.OidOf(parameters[place]);
        }
    }

    private Variant VariantFor(Session session)
    {
        foreach (Variant variant in _variants)
        {
            if (variant.Oids.AsSpan().SequenceEqual(_oids))
            {
                return variant;
            }
        }
        Variant made = new([.. _oids], session.Prepare(_text.Text, _oids));
        if (_variants.Count == VariantCountMax)
        {
            _variants.RemoveAt(0);
        }
        _variants.Add(made);
        return made;
    }

    private PhantomDbException AtPlaceInWhole(PhantomDbException error) => new(error.SqlState, error.Message, error)
    {
        Position = _text.PositionInWhole(error.Position), Detail = error.Detail, Hint = error.Hint, SchemaName = error.SchemaName,
        TableName = error.TableName, ColumnName = error.ColumnName, ConstraintName = error.ConstraintName, Where = error.Where,
    };

    private static int NumberOf(string name) =>
        name[0] == '$' && int.TryParse(name.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
}
