using PhantomDb.Functions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Tests.Functions;

/// <summary>A statement at a fixed time, with one sequence (oid 1) and settings in a dictionary.</summary>
internal sealed class TestStatementContext : IStatementContext
{
    private readonly Dictionary<string, string> _settings = new() { ["search_path"] = "public", ["timezone"] = "UTC" };
    private int _questionCount;
    private long _sequence;
    private long? _last;

    /// <summary>2024-02-29 12:34:56.789 UTC.</summary>
    public long StatementTime => 762_525_296_789_000;

    public long TransactionTime => StatementTime;

    public SessionTimeZone TimeZone { get; set; } = SessionTimeZone.Utc;

    public string DatabaseName => "test";

    public string UserName => "tester";

    public MemoryAccount Memory { get; } = new("statement", 1L << 30);

    /// <summary>How often a statement may ask whether it has been cancelled before it has.</summary>
    public int QuestionCountMax { get; set; } = int.MaxValue;

    public Random Random { get; set; } = new(1);

    public void ThrowIfCancelled()
    {
        if (Interlocked.Increment(ref _questionCount) > QuestionCountMax)
        {
            throw Errors.Error.Cancelled();
        }
    }

    public IReadOnlyList<string> SearchPath(bool includesSystem) => includesSystem ? ["pg_catalog", "public"] : ["public"];

    public string? GetSetting(string name) => _settings.GetValueOrDefault(name.ToLowerInvariant());

    public string RequireSetting(string name) => GetSetting(name)!;

    public string SetSetting(string name, string? value, bool isLocal) => _settings[name.ToLowerInvariant()] = value ?? "";

    public int? FindRelation(string name) => name == "s" ? 1 : null;

    public string? RelationName(int oid) => oid == 1 ? "s" : null;

    public long NextSequenceValue(int sequenceOid) => (_last = ++_sequence).Value;

    public long CurrentSequenceValue(int sequenceOid) => LastSequenceValue();

    public long LastSequenceValue() =>
        _last ?? throw new PhantomDbException("55000", "lastval is not yet defined in this session");

    public void SetSequenceValue(int sequenceOid, long value, bool isCalled) => _sequence = isCalled ? value : value - 1;
}
