using System.Diagnostics.CodeAnalysis;
using PhantomDb.Errors;
using PhantomDb.Functions;
using PhantomDb.Transactions;
using PhantomDb.Types;

namespace PhantomDb.Execution.Settings;

/// <summary>
/// The values of one session's settings. As in PostgreSQL a change is part of its transaction: SET is undone where the
/// transaction is rolled back, SET LOCAL also where it commits. Names with a dot are the user's own and take any text.
/// </summary>
internal sealed class SessionSettings
{
    private readonly Dictionary<string, string> _defaults = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> _optionDefaults = new(StringComparer.OrdinalIgnoreCase);   // built-in ones that the database's options say
    private readonly Func<string, string?> _ofDatabase;
    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> _localValues = new(StringComparer.OrdinalIgnoreCase);
    private string? _shownIsolation;   // of the transaction that runs
    private string? _shownReadOnly;
    private string? _shownDeferrable;
    private readonly List<Change> _changes = [];   // of the transaction that runs, to be undone

    /// <param name="workMemory">Bytes that a statement may hold where work_mem is not set.</param>
    /// <param name="slowStatementTime">From which duration on a statement is told of where log_min_duration_statement is not set; null: none.</param>
    /// <param name="persistent">The database's own defaults. One that this version does not take is passed over.</param>
    /// <param name="ofDatabase">The value in force of a setting that is the database's and no session's.</param>
    public SessionSettings(
        long workMemory, TimeSpan? slowStatementTime = null, IReadOnlyDictionary<string, string>? persistent = null, Func<string, string?>? ofDatabase = null)
    {
        _ofDatabase = ofDatabase ?? (_ => null);
        _optionDefaults["work_mem"] = SettingUnit.Kilobytes.Print(workMemory / 1024);
        if (slowStatementTime is { } time)
        {
            _optionDefaults["log_min_duration_statement"] = SettingUnit.Milliseconds.Print((long)Math.Ceiling(time.TotalMilliseconds));
        }
        foreach ((string name, string value) in _optionDefaults)
        {
            _defaults[name] = value;
        }
        foreach ((string name, string value) in persistent ?? new Dictionary<string, string>())
        {
            if (IsOfDatabase(name))
            {
                continue;
            }
            try
            {
                _defaults[name] = NormalizePersistent(name, value);
            }
            catch (PhantomDbException)
            {
                // written by another version, whose values are not ours
            }
        }
        Refresh();
    }

    private readonly record struct Change(string Name, string? Value, string? LocalValue);

    /// <summary>Counts changes, so that what was derived from settings can be kept until one changes.</summary>
    public int Version { get; private set; }

    /// <summary>0 where statements may run as long as they like.</summary>
    public long StatementTimeoutMs { get; private set; }

    /// <summary>0 where they may wait for a lock as long as they like.</summary>
    public long LockTimeoutMs { get; private set; }

    /// <summary>How long the session may do nothing inside a transaction, and outside one; 0 is no limit.</summary>
    public long IdleInTransactionTimeoutMs { get; private set; }

    public long IdleTimeoutMs { get; private set; }

    /// <summary>Called when one of the two has changed.</summary>
    public Action IdleLimitsChanged { get; set; } = () => { };

    /// <summary>From which duration on a statement is told of; -1: none is.</summary>
    public long SlowStatementMs { get; private set; }

    /// <summary>Bytes that a statement may hold beside the tables.</summary>
    public long WorkMemory { get; private set; }

    /// <summary>
    /// The schemas of search_path, whether they exist or not; "$user" is the user's name. The same object until it changes.
    /// </summary>
    public IReadOnlyList<string> SearchPath { get; private set; } = [];

    public SessionTimeZone TimeZone { get; private set; } = SessionTimeZone.Utc;

    /// <summary>The name that the session goes by.</summary>
    public string ApplicationName { get; private set; } = "";

    /// <summary>The modes of transactions that say nothing else.</summary>
    public IsolationLevel DefaultIsolation { get; private set; }

    public bool IsReadOnlyByDefault { get; private set; }

    public bool IsDeferrableByDefault { get; private set; }

    /// <summary>Whether the client wants to see notices, and warnings.</summary>
    public bool ShowsNotices { get; private set; }

    public bool ShowsWarnings { get; private set; }

    /// <summary>Name, value and description of all there are, in order of name: SHOW ALL.</summary>
    public IEnumerable<(string Name, string Value, string Description)> All =>
        SettingDefinitions.ByName.Values.Select(d => (d.Name, Get(d.Name), d.Description))
            .Concat(_values.Keys.Concat(_localValues.Keys).Concat(_defaults.Keys).Distinct(StringComparer.OrdinalIgnoreCase)
                .Where(name => !SettingDefinitions.ByName.ContainsKey(name)).Select(name => (Name: name, Value: Get(name), Description: "")))
            .OrderBy(s => s.Item1, StringComparer.OrdinalIgnoreCase);

    /// <summary>A setting's name as it is spelt; the given one where there is none.</summary>
    public static string NameOf(string name) => SettingDefinitions.ByName.TryGetValue(name, out SettingDefinition? definition) ? definition.Name : name;

    /// <summary>The value as SHOW prints it; null where there is no such setting.</summary>
    public string? Find(string name) =>
        TryFindShown(name, out string? value) || _localValues.TryGetValue(name, out value) || _values.TryGetValue(name, out value) || _defaults.TryGetValue(name, out value)
            ? value
            : name.StartsWith("transaction_", StringComparison.OrdinalIgnoreCase) && SettingDefinitions.ByName.ContainsKey("default_" + name) ? Find("default_" + name)
            : SettingDefinitions.ByName.TryGetValue(name, out SettingDefinition? definition) ? (definition.IsOfDatabase ? _ofDatabase(definition.Name) : null) ?? definition.Default
            : null;

    private static bool IsOfDatabase(string name) => SettingDefinitions.ByName.GetValueOrDefault(name) is { IsOfDatabase: true };

    public string Get(string name) => Find(name) ?? throw Unknown(name);

    /// <summary>A value that the database is to keep for the sessions to come, after checking it; 55P02 where it makes no sense beyond a session.</summary>
    public static string NormalizePersistent(string name, string value)
    {
        if (!SettingDefinitions.ByName.TryGetValue(name, out SettingDefinition? definition))
        {
            return name.Contains('.', StringComparison.Ordinal) ? value : throw Unknown(name);
        }
        EnsureChangeable(definition);
        return definition.Effect != SettingEffect.Fixed && !definition.IsKeptByResetAll ? definition.Normalize(value)
            : throw new PhantomDbException("55P02", $"parameter \"{definition.Name}\" cannot be made persistent");
    }

    /// <summary>The database's own default has become another; null is the built-in one. The session takes it at once.</summary>
    public void SetDefault(string name, string? value)
    {
        if (IsOfDatabase(name))
        {
            return;   // in force for all
        }
        _values.Remove(name);
        _localValues.Remove(name);
        Put(_defaults, name, value ?? _optionDefaults.GetValueOrDefault(name));
        Refresh();
    }

    /// <summary>SET: one value, or several where the setting is a list.</summary>
    public void Set(string name, IReadOnlyList<string> values, bool isLocal) => Set(name, TextOf(name, values), isLocal);

    /// <summary>The values of a SET as one text; 22023 where there are several and the setting is no list.</summary>
    public static string TextOf(string name, IReadOnlyList<string> values)
    {
        SettingList list = SettingDefinitions.ByName.GetValueOrDefault(name)?.List ?? SettingList.One;
        if (list == SettingList.One && values.Count > 1)
        {
            throw new PhantomDbException(SqlStates.InvalidParameterValue, $"SET {name} takes only one argument");
        }
        return string.Join(", ", list == SettingList.Identifiers ? values.Select(QuotingFunctions.QuoteIdentifier) : values);
    }

    /// <summary>Sets a value after checking it; the value as it then stands.</summary>
    public string Set(string name, string value, bool isLocal)
    {
        string normalized = value;
        if (SettingDefinitions.ByName.TryGetValue(name, out SettingDefinition? definition))
        {
            EnsureOfSession(definition);
            normalized = definition.Normalize(value);
        }
        else if (!name.Contains('.', StringComparison.Ordinal))
        {
            throw Unknown(name);
        }
        Remember(name);
        if (isLocal)
        {
            _localValues[name] = normalized;
        }
        else
        {
            _values[name] = normalized;
            _localValues.Remove(name);
        }
        Refresh();
        return normalized;
    }

    /// <summary>Back to the default.</summary>
    public void Reset(string name, bool isLocal = false)
    {
        if (SettingDefinitions.ByName.TryGetValue(name, out SettingDefinition? definition))
        {
            EnsureOfSession(definition);
        }
        else if (!name.Contains('.', StringComparison.Ordinal))
        {
            throw Unknown(name);
        }
        Remember(name);
        if (isLocal)
        {
            _localValues[name] = _defaults.GetValueOrDefault(name) ?? definition?.Default ?? "";
        }
        else
        {
            _localValues.Remove(name);
            if (definition is null && !_defaults.ContainsKey(name))
            {
                _values[name] = "";   // a name of the user's own stays known
            }
            else
            {
                _values.Remove(name);
            }
        }
        Refresh();
    }

    public void ResetAll()
    {
        foreach (string name in _values.Keys.Concat(_localValues.Keys).Distinct(StringComparer.OrdinalIgnoreCase).ToArray())
        {
            if (SettingDefinitions.ByName.GetValueOrDefault(name) is not { IsKeptByResetAll: true })
            {
                Reset(name);
            }
        }
    }

    /// <summary>The place to undo to: a savepoint.</summary>
    public int Mark() => _changes.Count;

    /// <summary>Undoes all changes since a mark.</summary>
    public void UndoTo(int mark)
    {
        if (_changes.Count == mark)
        {
            return;
        }
        for (int i = _changes.Count - 1; i >= mark; i--)
        {
            Put(_values, _changes[i].Name, _changes[i].Value);
            Put(_localValues, _changes[i].Name, _changes[i].LocalValue);
        }
        _changes.RemoveRange(mark, _changes.Count - mark);
        Refresh();
    }

    /// <summary>The transaction ends: what was LOCAL goes, and where it is rolled back all that it changed.</summary>
    public void EndTransaction(bool commits)
    {
        if (_changes.Count == 0)
        {
            return;
        }
        if (!commits)
        {
            UndoTo(0);
        }
        _changes.Clear();
        if (_localValues.Count > 0)
        {
            _localValues.Clear();
            Refresh();
        }
    }

    /// <summary>What SHOW gives for the running transaction's modes; null where there is none.</summary>
    public void ShowTransaction(string? isolation, string? isReadOnly, string? isDeferrable)
    {
        _shownIsolation = isolation;
        _shownReadOnly = isReadOnly;
        _shownDeferrable = isDeferrable;
    }

    private bool TryFindShown(string name, [NotNullWhen(true)] out string? value)
    {
        value = _shownIsolation is null ? null
            : name.Equals("transaction_isolation", StringComparison.OrdinalIgnoreCase) ? _shownIsolation
            : name.Equals("transaction_read_only", StringComparison.OrdinalIgnoreCase) ? _shownReadOnly
            : name.Equals("transaction_deferrable", StringComparison.OrdinalIgnoreCase) ? _shownDeferrable
            : null;
        return value is not null;
    }

    private void Remember(string name) => _changes.Add(new Change(name, _values.GetValueOrDefault(name), _localValues.GetValueOrDefault(name)));

    private static void Put(Dictionary<string, string> values, string name, string? value)
    {
        if (value is null)
        {
            values.Remove(name);
        }
        else
        {
            values[name] = value;
        }
    }

    private void Refresh()
    {
        Version++;
        StatementTimeoutMs = SettingDefinitions.ToNumber(Get("statement_timeout"), SettingUnit.Milliseconds);
        LockTimeoutMs = SettingDefinitions.ToNumber(Get("lock_timeout"), SettingUnit.Milliseconds);
        SlowStatementMs = SettingDefinitions.ToNumber(Get("log_min_duration_statement"), SettingUnit.Milliseconds);
        WorkMemory = SettingDefinitions.ToNumber(Get("work_mem"), SettingUnit.Kilobytes) * 1024;
        (long inTransaction, long outside) = (IdleInTransactionTimeoutMs, IdleTimeoutMs);
        IdleInTransactionTimeoutMs = SettingDefinitions.ToNumber(Get("idle_in_transaction_session_timeout"), SettingUnit.Milliseconds);
        IdleTimeoutMs = SettingDefinitions.ToNumber(Get("idle_session_timeout"), SettingUnit.Milliseconds);
        if ((inTransaction, outside) != (IdleInTransactionTimeoutMs, IdleTimeoutMs))
        {
            IdleLimitsChanged();
        }
        string[] path = [.. SettingDefinitions.SplitPath(Get("search_path")).Select(s => s == "$user" ? SettingDefinitions.UserName : s).Distinct()];
        SearchPath = path.SequenceEqual(SearchPath) ? SearchPath : path;
        TimeZone = SessionTimeZone.TryFind(Get("TimeZone"), out SessionTimeZone zone) ? zone : SessionTimeZone.Utc;
        DefaultIsolation = Get("default_transaction_isolation") switch
        {
            "repeatable read" => IsolationLevel.RepeatableRead,
            "serializable" => IsolationLevel.Serializable,
            _ => IsolationLevel.ReadCommitted,
        };
        IsReadOnlyByDefault = Get("default_transaction_read_only") == "on";
        IsDeferrableByDefault = Get("default_transaction_deferrable") == "on";
        ApplicationName = Get("application_name");
        string level = Get("client_min_messages");
        ShowsWarnings = level is not "error";
        ShowsNotices = level is not ("error" or "warning");
    }

    /// <summary>42704 for a name that neither is a setting's nor can be the user's own.</summary>
    public static void EnsureExists(string name)
    {
        if (!SettingDefinitions.ByName.ContainsKey(name) && !name.Contains('.', StringComparison.Ordinal))
        {
            throw Unknown(name);
        }
    }

    private static void EnsureOfSession(SettingDefinition definition)
    {
        EnsureChangeable(definition);
        if (definition.IsOfDatabase)
        {
            throw new PhantomDbException("55P02", $"parameter \"{definition.Name}\" cannot be changed for one session")
            {
                Hint = $"SET PERSIST {definition.Name} changes it for the database, at once; RESET PERSIST {definition.Name} goes back to the option that it was opened with.",
            };
        }
    }

    private static void EnsureChangeable(SettingDefinition definition)
    {
        if (definition.IsReadOnly)
        {
            throw new PhantomDbException("55P02", $"parameter \"{definition.Name}\" cannot be changed");
        }
    }

    private static PhantomDbException Unknown(string name) =>
        new(SqlStates.UndefinedObject, $"unrecognized configuration parameter \"{name}\"")
        {
            Hint = Spelling.Nearest(name, SettingDefinitions.ByName.Keys) is { } near ? $"Perhaps you meant the parameter \"{near}\"." : null,
        };
}
