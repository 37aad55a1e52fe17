using System.Text;
using PhantomDb.Durability;
using PhantomDb.Durability.Recovery;
using PhantomDb.Fuzz.Crash;
using PhantomDb.Fuzz.Files;
using PhantomDb.Fuzz.Folders;
using PhantomDb.Vectors;

namespace PhantomDb.Fuzz.Readers;

/// <summary>
/// Database files and snapshots, by themselves or with the seal beside them. With a seal: as it was, or refused with file and line. Without: refused, or
/// a database.
/// </summary>
internal class DatabaseFileTarget : ReaderTarget
{
    protected const string Path = Folder + "/shop.db";
    private const long MemoryMax = 64L << 20;

    private readonly byte[]? _beside;
    private readonly bool _isSealChanged;

    public DatabaseFileTarget(string name, params byte[][] originals)
        : base(name, originals)
    {
    }

    /// <param name="file">An unsealed file.</param>
    /// <param name="seal">The seal beside it.</param>
    /// <param name="isSealChanged">True: the seal is changed, not the file.</param>
    public DatabaseFileTarget(string name, byte[] file, byte[] seal, bool isSealChanged)
        : base(name, isSealChanged ? seal : file) => (_beside, _isSealChanged) = (isSealChanged ? file : seal, isSealChanged);

    public override string? Read(byte[] bytes, byte[] original, bool isForged, out string outcome)
    {
        LoadedDatabase loaded = DatabaseFileReader.Read(Path, new LoadTarget(new MemoryAccount("database", MemoryMax)), DiskWith(bytes));
        outcome = loaded.IsProved ? "proved" : "read";
        bool isChanged = !bytes.AsSpan().SequenceEqual(original);
        return isForged || !isChanged ? null
            : loaded.IsProved ? "a changed file is proved"
            : _beside is not null ? "a seal stands beside it, and it is read without"
            : HasSeal(original) && HasSeal(bytes) ? "a sealed file is read though its bytes changed" : null;
    }

    public override string? CheckRefusal(PhantomDbException error, byte[] bytes, byte[] original) =>
        base.CheckRefusal(error, bytes, original) ?? (bytes.Length > 0 && !$"{error.Message} {error.Where}".Contains("line ", StringComparison.Ordinal) && error.SqlState != "0A000" ? "the refusal names no line" : null);

    protected override byte[] Forge(byte[] original, ChecksumForger forger, Random random) =>
        random.Next(4) == 0 || _isSealChanged ? forger.ForgeSeal(original) : forger.ForgeSealed(original, new FileMutator(random).Mutate);

    protected SimulatedDisk DiskWith(byte[] bytes)
    {
        var disk = new SimulatedDisk();
        disk.Put(Path, _isSealChanged ? _beside! : bytes);
        if (_beside is not null)
        {
            disk.Put(DatabaseFileWriter.SealPath(Path), _isSealChanged ? bytes : _beside);
        }
        return disk;
    }

    // What has lost every comment that is a seal's is a file without one, and may be read; one that has come into a quoted value is none.
    private static bool HasSeal(byte[] bytes)
    {
        bool isQuoted = false;
        foreach (string line in Encoding.Latin1.GetString(bytes).Split('\n'))
        {
            if (!isQuoted && line.StartsWith('#') && (line.Contains("| Header: ", StringComparison.Ordinal) || line.StartsWith("# End: ", StringComparison.Ordinal) || line.Contains(" | CRC: ", StringComparison.Ordinal)))
            {
                return true;
            }
            isQuoted ^= line.Count(c => c == '"') % 2 == 1;
        }
        return false;
    }
}

/// <summary>What can be proved of damaged files: rows of the original and no others.</summary>
internal sealed class SalvageTarget(params byte[][] originals) : DatabaseFileTarget("salvaged file", originals)
{
    private readonly Dictionary<byte[], HashSet<string>> _lines = originals.ToDictionary(original => original, original => Encoding.Latin1.GetString(original).Split('\n').ToHashSet());

    public override string? Read(byte[] bytes, byte[] original, bool isForged, out string outcome)
    {
        if (FileSalvage.Run(Path, DiskWith(bytes)) is not var (database, losses))
        {
            outcome = "nothing";
            return bytes.AsSpan().SequenceEqual(original) ? "nothing is proved of an original" : null;
        }
        outcome = losses.Count == 0 ? "all" : "some";
        string? foreign = isForged ? null : Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(SampleFolder.ContentOf(database))).Split('\n')
            .FirstOrDefault(line => line.StartsWith("ROW:", StringComparison.Ordinal) && !_lines[original].Contains(line));
        return foreign is null ? null : $"a row that the original does not have: {foreign}";
    }
}

/// <summary>The header and the seal of a file by themselves.</summary>
internal sealed class FilePartsTarget(params byte[][] originals) : ReaderTarget("file header and seal", originals)
{
    public override string? Read(byte[] bytes, byte[] original, bool isForged, out string outcome)
    {
        using var stream = new MemoryStream(bytes);
        using var was = new MemoryStream(original);
        FileHeader? header = SealedFile.ReadHeader(stream);
        FileSeal? seal = SealedFile.ReadSeal(stream);
        outcome = $"{(header is null ? "no header" : "header")}, {(seal is null ? "no seal" : "seal")}";
        return isForged ? null
            : header is { IsOfKnownVersion: true } && header != SealedFile.ReadHeader(was) ? "another header"
            : seal is not null && seal.ToText() != SealedFile.ReadSeal(was)!.ToText() ? "another seal"
            : seal is not null && FileSeal.LengthIn(seal.ToText().Split('\n')[^2]) != seal.Length ? "a seal's length is not what its last line says"
            : null;
    }

    protected override byte[] Forge(byte[] original, ChecksumForger forger, Random random) => forger.ForgeSeal(original);
}
