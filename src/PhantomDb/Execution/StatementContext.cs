using System.Collections.Immutable;
using System.Diagnostics;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Execution.Settings;
using PhantomDb.Execution.SystemTables;
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
    private const string SystemSchema = "pg_catalog";
    private const long TicksPerMicrosecond = 10;
    private static readonly long EpochTicks = new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;

    private readonly SessionSettings _settings;
    private readonly DatabaseStorage _storage;
    private readonly ISystemSurroundings _surroundings;
    private SystemObjects? _objects;
    private IReadOnlyList<string>? _objectsPath;
    private SystemTableSource? _systemTables;
    private readonly Dictionary<int, long> _sequenceValues = [];
    private int? _lastSequence;
    private readonly List<(int Sequence, long Value)> _taken = [];   // by a single-row statement that may have to be run again
    private bool _notesTaken;
    private bool _repeatsTaken;
    private long _statementTime;
    private long _transactionTime;
    private long _deadline;
    private volatile bool _isCancelled;
    private CancellationToken _token;   // of the call that the statement has begun in
    private Action? _throwIfCancelled;
    private volatile StopReason _stop;

    public StatementContext(string databaseName, SessionSettings settings, DatabaseStorage storage, MemoryAccount memory, ISystemSurroundings surroundings)
    {
        _surroundings = surroundings;
        DatabaseName = databaseName;
        _settings = settings;
        _storage = storage;
        Memory = memory;
    }

    public string DatabaseName { get; }

    public string UserName => SettingDefinitions.UserName;

    public MemoryAccount Memory { get; }

    public DatabaseCatalog Catalog { get; private set; } = DatabaseCatalog.Empty;

    public Random Random { get; set; } = Random.Shared;

    public long StatementTime => _statementTime != 0 ? _statementTime : _statementTime = Now();

    public long TransactionTime => _transactionTime != 0 ? _transactionTime : _transactionTime = StatementTime;

    public SessionTimeZone TimeZone => _settings.TimeZone;

    /// <summary>The transaction's time where somebody has asked for it, else 0; from any thread.</summary>
    public long KnownTransactionTime => Volatile.Read(ref _transactionTime);

    public int ProcessId { get; init; }

    /// <summary>The sequences that the transaction has altered or restarted; null where it has changed no definitions.</summary>
    public ImmutableDictionary<int, SequenceStore>? OwnSequences { get; set; }

    /// <summary>Values of sequences that the transaction has taken.</summary>
    public long SequenceValueCount { get; set; }

    /// <summary>Gives the transaction's number, one where it has to have one.</summary>
    public Func<bool, long?> NumberTransaction { get; set; } = _ => null;

    public long? TransactionId(bool isNeeded) => NumberTransaction(isNeeded);

    /// <summary>Waits for the transaction that holds a sequence.</summary>
    public Action<int> AwaitSequence { get; set; } = _ => { };

    /// <summary>True where the transaction may not change anything.</summary>
    public Func<bool> IsReadOnly { get; set; } = () => false;

    /// <summary>Where warnings of functions go.</summary>
    public Action<string> Warn { get; set; } = _ => { };

    /// <summary>Time until the statement's deadline, not negative; null where it has none.</summary>
    public TimeSpan? RemainingTime => _deadline == 0
        ? null
        : TimeSpan.FromSeconds(Math.Max(0, _deadline - Stopwatch.GetTimestamp()) / (double)Stopwatch.Frequency);

    /// <summary>The setting lock_timeout: how long the statement waits for another transaction each time; 0 is no limit.</summary>
    public long LockTimeoutMs => _settings.LockTimeoutMs;

    /// <summary>The transaction's time and the session's zone, for reading dates and times from text.</summary>
    public DateTimeClock Clock => new(TransactionTime, TimeZone);

    /// <summary>Begins a statement against a catalog; outside an explicit transaction it is a transaction of its own.</summary>
    public void Begin(DatabaseCatalog catalog, bool isTransaction)
    {
        Catalog = catalog;
        _statementTime = 0;
        if (isTransaction)
        {
            _transactionTime = 0;
            _settings.EndTransaction(commits: true);   // of the statement before, which was one by itself
        }
        _isCancelled = false;
        if (CallToken.CanBeCanceled || _token.CanBeCanceled)
        {
            TakeCallToken();
        }
        Memory.Limit = _settings.WorkMemory;
        long timeoutMs = _settings.StatementTimeoutMs;
        _deadline = timeoutMs == 0 ? 0 : Stopwatch.GetTimestamp() + (timeoutMs * Stopwatch.Frequency / 1000);
    }

    /// <summary>A transaction begins within the statement (AND CHAIN): its time is the statement's.</summary>
    public void BeginTransaction() => _transactionTime = StatementTime;

    /// <summary>Goes on with newer definitions: the statement had to wait, and they changed meanwhile.</summary>
    public void Renew(DatabaseCatalog catalog) => Catalog = catalog;

    /// <summary>Stops the statements that begin in the call that this thread is in; whoever sets it also calls <see cref="Cancel(CancellationToken)"/> when it is cancelled.</summary>
    [field: ThreadStatic]
    public static CancellationToken CallToken { get; set; }

    /// <summary>Makes the running statement stop; from any thread.</summary>
    public void Cancel() => _isCancelled = true;

    /// <summary>The same where the token is the one that the statement has begun with; true then.</summary>
    public bool Cancel(CancellationToken token)
    {
        if (_token != token)
        {
            return false;
        }
        Cancel();
        return true;
    }

    private void TakeCallToken()
    {
        _token = CallToken;
        Interlocked.MemoryBarrier();   // whoever cancels it sees it here, or is seen here
        if (_token.IsCancellationRequested)
        {
            _isCancelled = true;   // before it began; afterwards whoever cancels the token does it
        }
    }

    /// <summary>Makes the running statement stop, and any that may be about to begin; from any thread.</summary>
    public void Stop(StopReason reason) => _stop = reason;

    public void ThrowIfCancelled()
    {
        if (_isCancelled || _stop != StopReason.None)
        {
            throw _stop.ToError();
        }
        if (_deadline != 0 && Stopwatch.GetTimestamp() > _deadline)
        {
            throw Error.StatementTimeout();
        }
    }

    void IStatementContext.Warn(string message) => Warn(message);

    public ISessionControl Sessions => _surroundings.SessionControl;

    public ILogControl? Log => _surroundings.LogControl;

    public string? GetSetting(string name) => _settings.Find(name);

    public string RequireSetting(string name) => _settings.Get(name);

    public string SetSetting(string name, string? value, bool isLocal)
    {
        if (value is not null)
        {
            return _settings.Set(name, value, isLocal);
        }
        _settings.Reset(name, isLocal);
        return _settings.Get(name);
    }

    public IReadOnlyList<string> SearchPath(bool includesSystem)
    {
        IEnumerable<string> existing = _settings.SearchPath.Where(s => Catalog.HasSchema(s) || s is SystemSchema or "information_schema");
        return includesSystem && !_settings.SearchPath.Contains(SystemSchema) ? [SystemSchema, .. existing] : [.. existing];
    }

    public int? FindRelation(string name) => Objects.FindRelation(name)?.Oid;

    public string? RelationName(int oid) => Objects.RelationName(oid);

    public int? FindObject(SqlTypeId kind, string name) => Objects.FindObject(kind, name);

    public string? ObjectName(SqlTypeId kind, int oid) => Objects.ObjectName(kind, oid);

    public ICatalogReader Definitions => Objects;

    /// <summary>The catalog's objects as the system catalogs show them.</summary>
    public SystemObjects Objects => _objects is { } objects && ReferenceEquals(objects.Catalog, Catalog) && ReferenceEquals(_objectsPath, _settings.SearchPath)
        ? objects
        : NewObjects();

    /// <summary>The tables of pg_catalog and information_schema.</summary>
    public SystemTableSource SystemTables => _systemTables ??= new SystemTableSource(() => Objects, _settings);

    private SystemObjects NewObjects()
    {
        _objectsPath = _settings.SearchPath;
        return _objects = new SystemObjects(Catalog, _storage, _surroundings, DatabaseName, UserName, SearchPath(includesSystem: true));
    }

    public long NextSequenceValue(int sequenceOid)
    {
        SequenceStore sequence = Sequence(sequenceOid);
        EnsureMayWrite("nextval()");
        if (!TryRepeat(sequenceOid, out long value))
        {
            while (!sequence.TryNext(out value, SequenceValueCount, _throwIfCancelled ??= ThrowIfCancelled))
            {
                AwaitSequence(sequenceOid);
                sequence = Sequence(sequenceOid);
            }
            SequenceValueCount++;
        }
        if (_notesTaken)
        {
            _taken.Add((sequenceOid, value));
        }
        _sequenceValues[sequenceOid] = value;
        _lastSequence = sequenceOid;
        return value;
    }

    /// <summary>A single-row statement begins: what it takes of sequences is noted.</summary>
    public void NoteSequenceValues() => _notesTaken = true;

    /// <summary>The single-row statement goes the general way: it gets the values again that it took, each once.</summary>
    public void RepeatSequenceValues() => (_notesTaken, _repeatsTaken) = (false, _taken.Count > 0);

    /// <summary>The statement is done with what it took.</summary>
    public void ForgetSequenceValues()
    {
        (_notesTaken, _repeatsTaken) = (false, false);
        _taken.Clear();
    }

    private bool TryRepeat(int sequenceOid, out long value)
    {
        int index = _repeatsTaken ? _taken.FindIndex(taken => taken.Sequence == sequenceOid) : -1;
        value = index < 0 ? 0 : _taken[index].Value;
        if (index >= 0)
        {
            _taken.RemoveAt(index);
        }
        return index >= 0;
    }

    public long CurrentSequenceValue(int sequenceOid) => _sequenceValues.TryGetValue(sequenceOid, out long value)
        ? value
        : throw new PhantomDbException(SqlStates.ObjectNotInPrerequisiteState,
            $"currval of sequence \"{Sequence(sequenceOid).Definition.Name}\" is not yet defined in this session");

    public long LastSequenceValue() => _lastSequence is { } last && Catalog.Find(last) is SequenceDefinition
        ? _sequenceValues[last]
        : throw new PhantomDbException(SqlStates.ObjectNotInPrerequisiteState, "lastval is not yet defined in this session");

    /// <summary>DISCARD SEQUENCES: currval and lastval are undefined again.</summary>
    public void ForgetSequences()
    {
        _sequenceValues.Clear();
        _lastSequence = null;
    }

    public void SetSequenceValue(int sequenceOid, long value, bool isCalled)
    {
        SequenceStore sequence = Sequence(sequenceOid);
        EnsureMayWrite("setval()");
        while (!sequence.TrySet(value, isCalled))
        {
            AwaitSequence(sequenceOid);
            sequence = Sequence(sequenceOid);
        }
        if (isCalled)
        {
            _sequenceValues[sequenceOid] = value;
        }
    }

    private void EnsureMayWrite(string function)
    {
        if (IsReadOnly())
        {
            throw Error.ReadOnlyTransaction(function);
        }
    }

    /// <summary>A sequence as the transaction sees it.</summary>
    public SequenceStore? FindSequence(int oid) => OwnSequences is { } own && own.TryGetValue(oid, out SequenceStore? altered) ? altered
        : _storage.Sequences.GetValueOrDefault(oid);

    private SequenceStore Sequence(int oid) => FindSequence(oid)
        ?? throw new PhantomDbException(SqlStates.WrongObjectType, $"\"{RelationLookup.NameOf(Catalog, oid)?.Name}\" is not a sequence");

    private static long Now() => (DateTime.UtcNow.Ticks - EpochTicks) / TicksPerMicrosecond;
}
