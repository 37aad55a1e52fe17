using System.Globalization;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Storage;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// What a salvage begins with where no file is whole: an empty database where the log has all from the beginning, and no damaged file is of a later timeline, unless a damaged file is asked for; else what can be
/// proved of a damaged file; else an empty database, for what the log has. Says what is lost. Does not apply the log.
/// </summary>
internal sealed class SalvagedBase
{
    private readonly RecoveryPlan _plan;
    private readonly LoadTarget _target;
    private readonly IFileSystem _files;
    private readonly List<string> _losses = [];

    /// <param name="plan">The database's files.</param>
    /// <param name="badBases">Those that are not whole, and why.</param>
    /// <param name="target">Where the content is going.</param>
    /// <param name="files">The disk.</param>
    /// <param name="beginsWithDamaged">True: with a damaged file, where anything of it can be proved, whatever the log has.</param>
    public SalvagedBase(RecoveryPlan plan, IReadOnlyList<DamagedBase> badBases, LoadTarget target, IFileSystem files,
        bool beginsWithDamaged = false)
    {
        (_plan, _target, _files) = (plan, target, files);
        bool isFromStart = plan.Segments.Count > 0 && plan.Segments[0].Header.FirstLsn == 1;
        foreach (RecoveryBase file in badBases.Select(b => b.File).OrderByDescending(file => file.Timeline).ThenByDescending(file => file.Lsn))
        {
            // Where the file does not say which records it has, the log cannot be applied to it: some would be applied twice.
            bool isBetter = beginsWithDamaged || plan.IsAfter(file, plan.TimelineWith(0)) || (!plan.IsFromNothing && (file.Header is not null || !isFromStart));
            if (isBetter && FileSalvage.Run(file.Path, files) is var (_, losses))
            {
                Source = file;
                _losses.AddRange(losses);
                if (IsWithoutLog)
                {
                    _losses.Add(string.Create(CultureInfo.InvariantCulture,
                        $"changes of the log from LSN {plan.Segments[0].Header.FirstLsn} on that \"{file.Path}\" does not have: it does not say any more which it has"));
                }
                return;
            }
        }
        // What a log that began with nothing has lost of its own timeline is told by its LSNs.
        _losses.AddRange(badBases.Where(b => !plan.IsFromNothing || plan.IsAfter(b.File, plan.TimelineWith(0))).Select(b => OnlyIn(b.File, b.Error)));
        if (plan.Segments.Count == 0)
        {
            throw Error.Again(badBases[0].Error);
        }
        if (plan.Segments[0].Header.IsBehindFile && badBases.Count == 0)
        {
            _losses.Add("what the database had before the log's first record: a file had it, which is not there");
        }
        Problem = isFromStart && !plan.IsFromNothing ? "there is no whole database file or snapshot, and the log does not have what the database began with"
            : string.Create(CultureInfo.InvariantCulture, $"there is no whole database file or snapshot, and the log begins with LSN {plan.Segments[0].Header.FirstLsn}");
    }

    /// <summary>The damaged file; null for an empty database.</summary>
    public RecoveryBase? Source { get; }

    /// <summary>What the damaged files had and cannot be saved, as far as that can be told.</summary>
    public IReadOnlyList<string> Losses => _losses;

    /// <summary>What is wrong, where no damaged file says it.</summary>
    public string? Problem { get; }

    /// <summary>True where the log must not be applied.</summary>
    public bool IsWithoutLog => Source is { Header: null } && _plan.Segments.Count > 0;

    /// <summary>Anew each time: what was applied to it may be half changed.</summary>
    public LoadedDatabase Load() => Source is null ? Empty(_plan.Id, _target) : FileSalvage.Run(Source.Path, _files)!.Value.Database;

    /// <summary>What is lost with a damaged file that is not saved.</summary>
    public static string OnlyIn(RecoveryBase file, PhantomDbException error) => $"what only \"{file.Path}\" has: {error.Message} ({error.Where})";

    /// <summary>A database with nothing in it, as all are before LSN 1.</summary>
    public static LoadedDatabase Empty(Guid id, LoadTarget target) =>
        new(DatabaseCatalog.Empty with { NextOid = Math.Max(DatabaseCatalog.FirstUserOid, target.FirstOid) }, new DatabaseStorage(target.Account, target.Timestamps))
        {
            Id = id, IsSealed = true, IsProved = true,
        };
}
