using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Inspection;

/// <summary>What recovery would make of a folder at one moment, for those who tell of its files. Reads headers alone.</summary>
internal sealed class FolderPlan
{
    private List<RecoveryPlan>? _older;

    public FolderPlan(FileNames names, string path, IFileSystem files)
    {
        (Names, DatabasePath, Files) = (names, path, files);
        try
        {
            Plan = new RecoveryPlanner(path, files).Plan();
            Bases = [.. Plan.Bases.Where(file => Plan.ReasonAgainst(file) is null)];
        }
        catch (PhantomDbException error) when (error.SqlState != SqlStates.UndefinedFile)
        {
            Refusal = error;
        }
    }

    public FileNames Names { get; }

    /// <summary>Of the database's own file.</summary>
    public string DatabasePath { get; }

    public IFileSystem Files { get; }

    /// <summary>Null where the files cannot be told to be one history.</summary>
    public RecoveryPlan? Plan { get; }

    /// <summary>Why there is no plan.</summary>
    public PhantomDbException? Refusal { get; }

    /// <summary>What recovery can begin with, the best first.</summary>
    public RecoveryBase[] Bases { get; } = [];

    /// <summary>Side files that no record names, as far as they were looked at.</summary>
    public HashSet<string> UncommittedLoads { get; } = [];

    /// <summary>What is said of files that only a plan could tell of.</summary>
    public string Undecided => $"cannot be told: {(Refusal is null ? "the files are not one history" : ReasonIn(Refusal))}";

    /// <summary>Why recovery would leave a file out; null where it would not, or nothing is planned.</summary>
    public string? ReasonLeftOut(string path) => Plan?.Others.FirstOrDefault(file => file.Path == path)?.Reason;

    /// <summary>True where somebody has the database open, or was killed.</summary>
    public bool IsLocked => Files.Exists(Path.Combine(Names.Folder, Names.DatabaseName + ".lock"));

    /// <summary>Plans of older timelines, the newest first.</summary>
    public List<RecoveryPlan> Older => _older ??=
        [.. Enumerable.Range(1, Math.Max(Plan!.NewestTimeline - 1, 0)).Reverse().Select(PlanOf).OfType<RecoveryPlan>()];

    /// <summary>What lies behind the point where a restore has ended a timeline counts for nothing in the present one, but is whole or not by itself.</summary>
    public LogReaderOptions OptionsFor(RecoverySegment? segment) => new()
    {
        Counted = segment is null || EndsTimeline(segment) ? null : segment.Counted, DurableLsn = segment is { Counted: null } ? Plan!.ReachedLsn : 0,
    };

    /// <summary>True where the log goes on behind it in a later timeline.</summary>
    public bool EndsTimeline(RecoverySegment segment) =>
        segment.Counted is { } counted && Plan!.Segments.FirstOrDefault(next => next.Header.Predecessor == counted)?.Header.Timeline > segment.Header.Timeline;

    /// <summary>True for an error that says nothing of what a file has: it may not be read, or is a pipe and no file.</summary>
    public static bool IsUnreadable(PhantomDbException error) => error.SqlState is SqlStates.InsufficientPrivilege or SqlStates.WrongObjectType;

    /// <summary>The error's text without what it means for opening.</summary>
    public static string ReasonIn(PhantomDbException error) => error.Message.Replace("the database is not opened: ", "", StringComparison.Ordinal);

    /// <summary>The last LSN of a segment, which is read to its end.</summary>
    public static long LastOf(LogReader reader)
    {
        while (reader.Read())
        {
        }
        return reader.End.Lsn - 1;
    }

    private RecoveryPlan? PlanOf(int timeline)
    {
        try
        {
            return new RecoveryPlanner(DatabasePath, Files).Plan(timeline);
        }
        catch (PhantomDbException error) when (error.SqlState != SqlStates.UndefinedFile)
        {
            return null;   // nothing of it can be promised
        }
    }
}
