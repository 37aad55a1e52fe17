using System.Diagnostics;
using System.Globalization;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Execution.Settings;
using PhantomDb.Functions;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// What one session's statements ask of their surroundings: clocks, settings, sequences, names, limits. Begun anew for each
/// statement; clocks are read when first asked for.
/// </summary>
internal sealed class StatementContext : IStatementContext
{
    private const long TicksPerMicrosecond = 10;
    private static readonly long EpochTicks = new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;

    private readonly SessionSettings _settings;
    private readonly DatabaseStorage _storage;
    private readonly Dictionary<int, long> _sequenceValues = [];
    private int? _lastSequence;
    private long _statementTime;
    private long _transactionTime;
    private long _deadline;
    private long _timeoutMs;
    private int _settingsVersion = -1;   // at which the timeout was read
    private int _zoneVersion = -1;
    private SessionTimeZone _zone = SessionTimeZone.Utc;
    private volatile bool _isCancelled;

    public StatementContext(string databaseName, SessionSettings settings, DatabaseStorage storage, MemoryAccount memory)
    {
        DatabaseName = databaseName;
        _settings = settings;
        _storage = storage;
        Memory = memory;
    }

    public string DatabaseName { get; }

    public string UserName => "phantomdb";

    public MemoryAccount Memory { get; }

    public DatabaseCatalog Catalog { get; private set; } = DatabaseCatalog.Empty;

    public Random Random { get; set; } = Random.Shared;

    public long StatementTime => _statementTime != 0 ? _statementTime : _statementTime = Now();

    public long TransactionTime => _transactionTime != 0 ? _transactionTime : _transactionTime = StatementTime;

    public SessionTimeZone TimeZone
    {
        get
        {
            if (_zoneVersion != _settings.Version)
            {
                _zone = SessionTimeZone.TryFind(_settings.Get("timezone"), out SessionTimeZone zone) ? zone : SessionTimeZone.Utc;
                _zoneVersion = _settings.Version;
            }
            return _zone;
        }
    }

    /// <summary>Time until the statement's deadline, not negative; null where it has none.</summary>
    public TimeSpan? RemainingTime => _deadline == 0
        ? null
        : TimeSpan.FromSeconds(Math.Max(0, _deadline - Stopwatch.GetTimestamp()) / (double)Stopwatch.Frequency);

    /// <summary>Begins a statement against a catalog; outside an explicit transaction it is a transaction of its own.</summary>
    public void Begin(DatabaseCatalog catalog, bool isTransaction)
    {
        Catalog = catalog;
        _statementTime = 0;
        if (isTransaction)
        {
            _transactionTime = 0;
        }
        _isCancelled = false;
        if (_settingsVersion != _settings.Version)
        {
            _settingsVersion = _settings.Version;
            _timeoutMs = long.Parse(_settings.Get("statement_timeout"), CultureInfo.InvariantCulture);
        }
        _deadline = _timeoutMs == 0 ? 0 : Stopwatch.GetTimestamp() + (_timeoutMs * Stopwatch.Frequency / 1000);
    }

    /// <summary>Goes on with newer definitions: the statement had to wait, and they changed meanwhile.</summary>
    public void Renew(DatabaseCatalog catalog) => Catalog = catalog;

    /// <summary>Makes the running statement stop; from any thread.</summary>
    public void Cancel() => _isCancelled = true;

    public void ThrowIfCancelled()
    {
        if (_isCancelled)
        {
            throw Error.Cancelled();
        }
        if (_deadline != 0 && Stopwatch.GetTimestamp() > _deadline)
        {
            throw Error.StatementTimeout();
        }
    }

    public string? GetSetting(string name) => _settings.Find(name);

    public string SetSetting(string name, string value, bool isLocal) => _settings.Set(name, value);

    public int? FindRelation(string name)
    {
        List<string> parts = SplitName(name);
        return Catalog.FindRelation(parts.Count > 1 ? parts[^2] : DatabaseCatalog.DefaultSchema, parts[^1]) switch
        {
            TableDefinition table => table.Oid,
            ViewDefinition view => view.Oid,
            SequenceDefinition sequence => sequence.Oid,
            IndexDefinition index => index.Oid,
            _ => null,
        };
    }

    public string? RelationName(int oid) => Catalog.Find(oid) switch
    {
        TableDefinition table => table.Name,
        ViewDefinition view => view.Name,
        SequenceDefinition sequence => sequence.Name,
        IndexDefinition index => index.Name,
        _ => null,
    };

    public long NextSequenceValue(int sequenceOid)
    {
        long value = Sequence(sequenceOid).Next();
        _sequenceValues[sequenceOid] = value;
        _lastSequence = sequenceOid;
        return value;
    }

    public long CurrentSequenceValue(int sequenceOid) => _sequenceValues.TryGetValue(sequenceOid, out long value)
        ? value
        : throw new PhantomDbException(SqlStates.ObjectNotInPrerequisiteState,
            $"currval of sequence \"{Sequence(sequenceOid).Definition.Name}\" is not yet defined in this session");

    public long LastSequenceValue() => _lastSequence is { } last
        ? _sequenceValues[last]
        : throw new PhantomDbException(SqlStates.ObjectNotInPrerequisiteState, "lastval is not yet defined in this session");

    public void SetSequenceValue(int sequenceOid, long value, bool isCalled)
    {
        Sequence(sequenceOid).Set(value, isCalled);
        if (isCalled)
        {
            _sequenceValues[sequenceOid] = value;
        }
    }

    // A name as in SQL: parts between dots, folded unless quoted.
    private static List<string> SplitName(string name)
    {
        List<string> parts = [];
        System.Text.StringBuilder part = new();
        bool isQuoted = false;
        for (int i = 0; i < name.Length; i++)
        {
            char c = name[i];
            if (c == '"' && isQuoted && i + 1 < name.Length && name[i + 1] == '"')
            {
                part.Append('"');
                i++;
            }
            else if (c == '"')
            {
                isQuoted = !isQuoted;
            }
            else if (c == '.' && !isQuoted)
            {
                parts.Add(part.ToString());
                part.Clear();
            }
            else
            {
                part.Append(isQuoted ? c : char.ToLowerInvariant(c));
            }
        }
        parts.Add(part.ToString().Trim());
        return parts;
    }

    private SequenceStore Sequence(int oid) => _storage.Sequences.TryGetValue(oid, out SequenceStore? sequence)
        ? sequence
        : throw new PhantomDbException(SqlStates.WrongObjectType, $"\"{RelationName(oid)}\" is not a sequence");

    private static long Now() => (DateTime.UtcNow.Ticks - EpochTicks) / TicksPerMicrosecond;
}
