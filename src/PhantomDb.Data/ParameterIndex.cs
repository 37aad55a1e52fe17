namespace PhantomDb.Data;

/// <summary>
/// Finds parameters as <see cref="PhantomDbParameterCollection.IndexOfBare"/> does, where there are so many that it would take long to look at each for each name. Made for one execution: before the next they may
/// have other names.
/// </summary>
internal sealed class ParameterIndex
{
    // Comparisons of names that are made sooner than an index.
    private const int ComparisonCountMax = 512;

    private readonly PhantomDbParameterCollection _parameters;
    private readonly Dictionary<string, int> _byName;
    private Dictionary<string, int>? _byNameInAnyCase;   // made for the first name that is there in another case alone

    private ParameterIndex(PhantomDbParameterCollection parameters)
    {
        _parameters = parameters;
        _byName = New(StringComparer.Ordinal);
    }

    /// <summary>Null where looking at each is quicker.</summary>
    public static ParameterIndex? Of(PhantomDbParameterCollection parameters, int nameCount) =>
        (long)parameters.Count * nameCount > ComparisonCountMax ? new ParameterIndex(parameters) : null;

    /// <summary>The place of the first parameter that has the name, else of the first that has it in another case; -1: none has.</summary>
    public int IndexOf(string bareName)
    {
        if (_byName.TryGetValue(bareName, out int place))
        {
            return place;
        }
        _byNameInAnyCase ??= New(StringComparer.OrdinalIgnoreCase);
        return _byNameInAnyCase.GetValueOrDefault(bareName, -1);
    }

    private Dictionary<string, int> New(StringComparer comparer)
    {
        var places = new Dictionary<string, int>(_parameters.Count, comparer);
        for (int i = 0; i < _parameters.Count; i++)
        {
            string name = _parameters[i].ParameterName;
            ReadOnlySpan<char> bareName = PhantomDbParameter.BareNameOf(name);
            places.TryAdd(bareName.Length == name.Length ? name : bareName.ToString(), i);
        }
        return places;
    }
}
