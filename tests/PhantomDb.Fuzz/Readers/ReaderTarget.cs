using PhantomDb.Fuzz.Files;
using PhantomDb.Fuzz.Folders;

namespace PhantomDb.Fuzz.Readers;

/// <summary>A reader and small originals of what it reads; hands it changed bytes in memory and says whether what came of it can be.</summary>
internal abstract class ReaderTarget(string name, params byte[][] originals)
{
    public const string Folder = "/data";

    public string Name => name;

    public IReadOnlyList<byte[]> Originals => originals;

    /// <summary>The original as changed, bytewise, by lines, or behind its checksums.</summary>
    /// <param name="isForged">True where a checksum was made to fit: then another content is right, too.</param>
    public byte[] Mutate(byte[] original, Random random, out bool isForged)
    {
        var forger = new ChecksumForger(random);
        byte[] changed = random.Next(3) == 0 ? Forge(original, forger, random) : original;
        if (!forger.HasForged || random.Next(8) == 0)
        {
            changed = new FileMutator(random).Mutate(changed);
        }
        isForged = forger.HasForged;
        return changed;
    }

    /// <summary>Reads; what is wrong, or null. Errors of bad input come through.</summary>
    /// <param name="outcome">What came of it, in a word.</param>
    public abstract string? Read(byte[] bytes, byte[] original, bool isForged, out string outcome);

    /// <summary>What is wrong with a refusal; null where nothing is.</summary>
    public virtual string? CheckRefusal(PhantomDbException error, byte[] bytes, byte[] original) =>
        bytes.AsSpan().SequenceEqual(original) ? "an original is refused"
        : error.SqlState is "XX000" or "53200" || error.SqlState.Length != 5 ? $"SQLSTATE {error.SqlState}"
        : !$"{error.Message} {error.Where}".Contains(Folder, StringComparison.Ordinal) ? "the refusal names no file"
        : null;

    protected virtual byte[] Forge(byte[] original, ChecksumForger forger, Random random) => original;
}
