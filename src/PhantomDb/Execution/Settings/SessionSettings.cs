using PhantomDb.Errors;

namespace PhantomDb.Execution.Settings;

/// <summary>The values of one session's settings. Names with a dot are the user's own and take any text.</summary>
internal sealed class SessionSettings
{
    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Counts changes, so that what was derived from settings can be kept until one changes.</summary>
    public int Version { get; private set; }

    /// <summary>Names with values, in order of name.</summary>
    public IEnumerable<(string Name, string Value)> All =>
        SettingDefinitions.ByName.Keys.Concat(_values.Keys).Distinct(StringComparer.OrdinalIgnoreCase)
            .Order(StringComparer.Ordinal).Select(name => (name, Find(name)!));

    /// <summary>The value as SHOW prints it; null where there is no such setting.</summary>
    public string? Find(string name) =>
        _values.TryGetValue(name, out string? value) ? value : SettingDefinitions.ByName.GetValueOrDefault(name)?.Default;

    public string Get(string name, int position = -1) => Find(name) ?? throw Unknown(name, position);

    /// <summary>Sets a value after checking it; the value as it then stands.</summary>
    public string Set(string name, string value, int position = -1)
    {
        if (!SettingDefinitions.ByName.TryGetValue(name, out SettingDefinition? definition))
        {
            if (!name.Contains('.', StringComparison.Ordinal))
            {
                throw Unknown(name, position);
            }
            _values[name] = value;
            return value;
        }
        if (definition.IsReadOnly)
        {
            throw new PhantomDbException("55P02", $"parameter \"{name}\" cannot be changed") { Position = position };
        }
        string normalized = definition.Normalize(value)
            ?? throw new PhantomDbException(SqlStates.InvalidParameterValue, $"invalid value for parameter \"{name}\": \"{value}\"")
            {
                Position = position, Hint = definition.Hint.Length > 0 ? definition.Hint : null,
            };
        _values[definition.Name] = normalized;
        Version++;
        return normalized;
    }

    /// <summary>Back to the default.</summary>
    public void Reset(string name, int position = -1)
    {
        if (!_values.Remove(name) && !SettingDefinitions.ByName.ContainsKey(name))
        {
            throw Unknown(name, position);
        }
        Version++;
    }

    public void ResetAll()
    {
        _values.Clear();
        Version++;
    }

    private static PhantomDbException Unknown(string name, int position) =>
        new(SqlStates.UndefinedObject, $"unrecognized configuration parameter \"{name}\"") { Position = position };
}
