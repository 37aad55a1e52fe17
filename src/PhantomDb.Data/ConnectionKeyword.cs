using System.Collections.Frozen;
using PhantomDb.Errors;

namespace PhantomDb.Data;

/// <summary>One keyword of a connection string: its names, its default, how its text is read, what is allowed (a sentence), and which option of the database it is.</summary>
internal sealed record ConnectionKeyword(string Name, object? Default, Func<string, object?> Parse, string Allowed, params string[] Synonyms)
{
    /// <summary>Sets the option of the database; null where it is about the connection alone.</summary>
    public Func<DatabaseOptions, object?, DatabaseOptions>? Apply { get; init; }

    /// <summary>Reads the option of a database; for comparison with one that is open.</summary>
    public Func<DatabaseOptions, object?>? Read { get; init; }

    public static readonly ConnectionKeyword DataSource = Text("Data Source", "", "DataSource", "Filename", "File Name", "Database", "Server", "Host");
    public static readonly ConnectionKeyword DataDirectory = Option(Text("Data Directory", "data", "DataDirectory"), (o, v) => o with { DataDirectory = (string)v! }, o => o.DataDirectory);
    public static readonly ConnectionKeyword Mode = Enumeration("Mode", PhantomDbOpenMode.ReadWriteCreate, "Open Mode");
    public static readonly ConnectionKeyword SyncPolicy = Option(Enumeration("Sync Policy", Defaults.SyncPolicy, "SyncPolicy", "Sync"), (o, v) => o with { SyncPolicy = (PhantomDb.SyncPolicy)v! }, o => o.SyncPolicy);
    public static readonly ConnectionKeyword SyncInterval = Option(Time("Sync Interval", Defaults.SyncInterval, "at least 1ms, at most 1d", "SyncInterval"), (o, v) => o with { SyncInterval = (TimeSpan)v! }, o => o.SyncInterval);
    public static readonly ConnectionKeyword FollowInterval = Option(TimeOrNone("Follow Interval", Defaults.FollowInterval, "at least 1ms", "FollowInterval"), (o, v) => o with { FollowInterval = (TimeSpan?)v }, o => o.FollowInterval);
    public static readonly ConnectionKeyword MemoryLimit = Option(Bytes("Memory Limit", Defaults.MemoryLimit, "1MB", "MemoryLimit"), (o, v) => o with { MemoryLimit = (long)v! }, o => o.MemoryLimit);
    public static readonly ConnectionKeyword WorkMemory = Option(Bytes("Work Memory", Defaults.WorkMemory, "1MB", "WorkMemory", "work_mem"), (o, v) => o with { WorkMemory = (long)v! }, o => o.WorkMemory);
    public static readonly ConnectionKeyword PlanCacheSize = Option(Number("Plan Cache Size", Defaults.PlanCacheSize, 0, "PlanCacheSize"), (o, v) => o with { PlanCacheSize = (int)v! }, o => o.PlanCacheSize);
    public static readonly ConnectionKeyword SlowStatementTime = Option(TimeOrNone("Slow Statement Time", Defaults.SlowStatementTime, $"at most {int.MaxValue}ms", "SlowStatementTime", "log_min_duration_statement"), (o, v) => o with { SlowStatementTime = (TimeSpan?)v }, o => o.SlowStatementTime);
    public static readonly ConnectionKeyword LogSegmentSize = Option(Bytes("Log Segment Size", Defaults.LogSegmentSize, "4kB", "LogSegmentSize"), (o, v) => o with { LogSegmentSize = (long)v! }, o => o.LogSegmentSize);
    public static readonly ConnectionKeyword LogBufferSize = Option(Bytes("Log Buffer Size", Defaults.LogBufferSize, "1kB", "LogBufferSize"), (o, v) => o with { LogBufferSize = (long)v! }, o => o.LogBufferSize);
    public static readonly ConnectionKeyword LogCacheSize = Option(Bytes("Log Cache Size", Defaults.LogCacheSize, "0", "LogCacheSize"), (o, v) => o with { LogCacheSize = (long)v! }, o => o.LogCacheSize);
    public static readonly ConnectionKeyword LogRetentionCount = Option(NumberOrNone("Log Retention Count", Defaults.LogRetentionCount, 0, "LogRetentionCount"), (o, v) => o with { LogRetentionCount = (int?)v }, o => o.LogRetentionCount);
    public static readonly ConnectionKeyword LogRetentionAge = Option(TimeOrNone("Log Retention Age", Defaults.LogRetentionAge, "", "LogRetentionAge"), (o, v) => o with { LogRetentionAge = (TimeSpan?)v }, o => o.LogRetentionAge);
    public static readonly ConnectionKeyword LogRetentionSize = Option(BytesOrNone("Log Retention Size", Defaults.LogRetentionSize, "0", "LogRetentionSize"), (o, v) => o with { LogRetentionSize = (long?)v }, o => o.LogRetentionSize);
    public static readonly ConnectionKeyword SnapshotEnabled = Option(Truth("Snapshot Enabled", Defaults.SnapshotEnabled, "SnapshotEnabled", "Snapshots"), (o, v) => o with { SnapshotEnabled = (bool)v! }, o => o.SnapshotEnabled);
    public static readonly ConnectionKeyword SnapshotInterval = Option(Number("Snapshot Interval", Defaults.SnapshotInterval, 1, "SnapshotInterval"), (o, v) => o with { SnapshotInterval = (int)v! }, o => o.SnapshotInterval);
    public static readonly ConnectionKeyword SnapshotPeriod = Option(TimeOrNone("Snapshot Period", Defaults.SnapshotPeriod, "at least 1ms", "SnapshotPeriod"), (o, v) => o with { SnapshotPeriod = (TimeSpan?)v }, o => o.SnapshotPeriod);
    public static readonly ConnectionKeyword SnapshotLogSize = Option(BytesOrNone("Snapshot Log Size", Defaults.SnapshotLogSize, "1", "SnapshotLogSize"), (o, v) => o with { SnapshotLogSize = (long?)v }, o => o.SnapshotLogSize);
    public static readonly ConnectionKeyword SnapshotRetentionCount = Option(NumberOrNone("Snapshot Retention Count", Defaults.SnapshotRetentionCount, 2, "SnapshotRetentionCount"), (o, v) => o with { SnapshotRetentionCount = (int?)v }, o => o.SnapshotRetentionCount);
    public static readonly ConnectionKeyword SnapshotRetentionAge = Option(TimeOrNone("Snapshot Retention Age", Defaults.SnapshotRetentionAge, "", "SnapshotRetentionAge"), (o, v) => o with { SnapshotRetentionAge = (TimeSpan?)v }, o => o.SnapshotRetentionAge);
    public static readonly ConnectionKeyword SnapshotRetentionSize = Option(BytesOrNone("Snapshot Retention Size", Defaults.SnapshotRetentionSize, "0", "SnapshotRetentionSize"), (o, v) => o with { SnapshotRetentionSize = (long?)v }, o => o.SnapshotRetentionSize);
    public static readonly ConnectionKeyword CommandTimeout = Seconds("Command Timeout", 30, "Default Timeout", "CommandTimeout", "DefaultTimeout");
    public static readonly ConnectionKeyword SearchPath = Text("Search Path", "", "SearchPath", "search_path");
    public static readonly ConnectionKeyword ApplicationName = Text("Application Name", "", "ApplicationName", "App", "application_name");
    public static readonly ConnectionKeyword TimeZone = Text("Time Zone", "", "TimeZone");
    public static readonly ConnectionKeyword Pooling = Truth("Pooling", true);

    public static readonly ConnectionKeyword[] All =
    [
        DataSource, DataDirectory, Mode, SyncPolicy, SyncInterval, FollowInterval, MemoryLimit, WorkMemory, PlanCacheSize, SlowStatementTime,
        LogSegmentSize, LogBufferSize, LogCacheSize, LogRetentionCount, LogRetentionAge, LogRetentionSize,
        SnapshotEnabled, SnapshotInterval, SnapshotPeriod, SnapshotLogSize, SnapshotRetentionCount, SnapshotRetentionAge, SnapshotRetentionSize,
        CommandTimeout, SearchPath, ApplicationName, TimeZone, Pooling,
    ];

    private static readonly FrozenDictionary<string, ConnectionKeyword> ByName = All
        .SelectMany(keyword => keyword.Synonyms.Append(keyword.Name).Select(name => KeyValuePair.Create(name, keyword)))
        .ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static DatabaseOptions Defaults => KeywordDefaults.Options;

    public static ConnectionKeyword? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>The keyword of a name.</summary>
    /// <exception cref="ArgumentException">There is none; the message names those that are spelt nearly so.</exception>
    public static ConnectionKeyword Get(string name) => Find(name) ?? throw Unknown(name);

    /// <summary>Reads a value, of the keyword's type or its text.</summary>
    /// <exception cref="ArgumentException">It is none; the message says what is allowed.</exception>
    public object? ReadValue(object value)
    {
        try
        {
            return value is string text ? Parse(text.Trim()) : Parse(KeywordText.Of(value));
        }
        catch (Exception error) when (error is FormatException or OverflowException)
        {
            throw NoValue(value, error);
        }
    }

    /// <summary>The error of a value that the keyword cannot have.</summary>
    public ArgumentException NoValue(object value, Exception cause) => new($"\"{(value is string ? value : KeywordText.Of(value))}\" is no value for the keyword \"{Name}\": {Allowed}", Name, cause);

    private static ArgumentException Unknown(string name)
    {
        string[] near =
        [
            .. from known in ByName
               let distance = Spelling.Distance(name, known.Key)
               where distance <= Math.Max(1, name.Length / 3) && distance < name.Length
               orderby distance, known.Key
               select known.Value.Name,
        ];
        string hint = near.Length > 0 ? $" Did you mean {string.Join(" or ", near.Distinct().Take(3).Select(n => $"\"{n}\""))}?"
            : $" There are: {string.Join(", ", All.Select(keyword => keyword.Name))}.";
        return new ArgumentException($"There is no keyword \"{name}\" in a connection string.{hint}", nameof(name));
    }

    private static ConnectionKeyword Text(string name, string @default, params string[] synonyms) => new(name, @default, text => text, "It must not be blank.", synonyms);

    private static ConnectionKeyword Number(string name, int @default, int least, params string[] synonyms) => new(name, @default, text => KeywordText.Number(text), NumberAllowed(least, "."), synonyms);

    private static ConnectionKeyword Seconds(string name, int @default, params string[] synonyms) =>
        new(name, @default, text => KeywordText.NotNegative(KeywordText.Number(text)), "It is a whole number of seconds, at least 0; 0 is no limit.", synonyms);

    private static ConnectionKeyword NumberOrNone(string name, int? @default, int least, params string[] synonyms) =>
        new(name, @default, text => KeywordText.IsNone(text) ? null : KeywordText.Number(text), NumberAllowed(least, ", or none."), synonyms);

    private static ConnectionKeyword Truth(string name, bool @default, params string[] synonyms) => new(name, @default, text => KeywordText.Truth(text), "It is true or false.", synonyms);

    private static ConnectionKeyword Bytes(string name, long @default, string least, params string[] synonyms) => new(name, @default, text => KeywordText.Bytes(text), BytesAllowed(least, "."), synonyms);

    private static ConnectionKeyword BytesOrNone(string name, long? @default, string least, params string[] synonyms) =>
        new(name, @default, text => KeywordText.IsNone(text) ? null : KeywordText.Bytes(text), BytesAllowed(least, ", or none."), synonyms);

    private static ConnectionKeyword Time(string name, TimeSpan @default, string range, params string[] synonyms) => new(name, @default, text => KeywordText.Time(text), TimeAllowed(range, "."), synonyms);

    private static ConnectionKeyword TimeOrNone(string name, TimeSpan? @default, string range, params string[] synonyms) =>
        new(name, @default, text => KeywordText.IsNone(text) ? null : KeywordText.Time(text), TimeAllowed(range, ", or none."), synonyms);

    private static ConnectionKeyword Enumeration<T>(string name, T @default, params string[] synonyms)
        where T : struct, Enum =>
        new(name, @default, text => KeywordText.Enumeration<T>(text), $"It is one of {string.Join(", ", Enum.GetNames<T>())}.", synonyms);

    private static string NumberAllowed(int least, string end) => $"It is a whole number, at least {least}, at most {int.MaxValue}{end}";

    private static string BytesAllowed(string least, string end) => $"It is a number of bytes, at least {least}, alone or with a unit (4096, 64kB, 16MB, 1GB){end}";

    private static string TimeAllowed(string range, string end) => $"It is a time{(range.Length > 0 ? $", {range}," : "")} with a unit (250ms, 1s, 5min, 2h, 7d) or as hh:mm:ss{end}";

    private static ConnectionKeyword Option(ConnectionKeyword keyword, Func<DatabaseOptions, object?, DatabaseOptions> apply, Func<DatabaseOptions, object?> read) =>
        keyword with { Apply = apply, Read = read };
}

/// <summary>The options of a database that nothing has been said about.</summary>
internal static class KeywordDefaults
{
    public static readonly DatabaseOptions Options = new();
}
