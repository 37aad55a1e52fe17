using PhantomDb.Errors;

namespace PhantomDb.Durability.Recovery;

/// <summary>What recovery has found so far: the worst verdict, the first problem, and what became of each file.</summary>
internal sealed class RecoveryFindings(RecoveryMode mode)
{
    public RecoveryVerdict Verdict { get; private set; }

    public string? Problem { get; private set; }

    public List<RecoveryFile> Files { get; } = [];

    /// <summary>What was lost, as far as can be told.</summary>
    public List<RecoveryLoss> Losses { get; } = [];

    /// <summary>Side files that are damaged.</summary>
    public List<string> DamagedFiles { get; } = [];

    public void Note(RecoveryVerdict verdict, string? problem)
    {
        Verdict = verdict > Verdict ? verdict : Verdict;
        Problem ??= problem;
    }

    /// <summary>Something that recovery does without; in strict mode it is an error.</summary>
    public void Without(PhantomDbException error)
    {
        if (mode == RecoveryMode.Strict)
        {
            throw Error.Again(error);
        }
        Note(RecoveryVerdict.Repaired, error.Where is null ? error.Message : $"{error.Message} ({error.Where})");
    }

    public void Used(string path, string how) => Files.Add(new RecoveryFile(path, true, how));

    public void LeftOut(string path, string why) => Files.Add(new RecoveryFile(path, false, why));

    /// <summary>A file has got another name.</summary>
    public void Kept(string path, string name)
    {
        int i = Files.FindIndex(file => file.Path == path);
        if (i >= 0)
        {
            Files[i] = Files[i] with { Reason = $"{Files[i].Reason}; kept as \"{name}\"" };
        }
    }
}
