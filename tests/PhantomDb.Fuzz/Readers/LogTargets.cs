using System.Text;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Fuzz.Crash;
using PhantomDb.Fuzz.Folders;
using PhantomDb.Vectors;

namespace PhantomDb.Fuzz.Readers;

/// <summary>Segments of the log, read to their end: what comes is a beginning of the original's records, and an end that is not as it was is told with its place.</summary>
internal sealed class SegmentTarget : ReaderTarget
{
    private const string Path = Folder + "/shop.log";

    private readonly bool _mustBeWhole;
    private readonly Dictionary<byte[], List<byte[]>> _lines = [];

    /// <param name="mustBeWhole">True: read as one that is sealed, or that the log is known to have gone to the end of.</param>
    public SegmentTarget(string name, bool mustBeWhole, params byte[][] originals)
        : base(name, originals)
    {
        _mustBeWhole = mustBeWhole;
        foreach (byte[] original in originals)
        {
            List<byte[]> lines = _lines[original] = [];
            LogReader reader = Reader(original, original);
            while (reader.Read())
            {
                lines.Add(LineAt(original, reader.Offset).ToArray());
            }
        }
    }

    public override string? Read(byte[] bytes, byte[] original, bool isForged, out string outcome)
    {
        LogReader reader = Reader(bytes, original);
        List<byte[]> lines = _lines[original];
        int count = 0, size = 0;
        outcome = "read";
        while (reader.Read())
        {
            size += Touch(reader);
            if (!isForged && (count == lines.Count || !LineAt(bytes, reader.Offset).SequenceEqual(lines[count])))
            {
                return $"record {count + 1} is one that the original does not have there";
            }
            count++;
        }
        LogSegmentReport report = reader.Report;
        outcome = report.Verdict.ToString();
        if (report.Verdict == LogVerdict.Clean)
        {
            return count < lines.Count && _mustBeWhole && !isForged ? $"{count} records of {lines.Count}, and it is clean" : null;
        }
        PhantomDbException error = report.ToError();
        return size < 0 || report.Fault is not { Line: >= 1, Offset: >= 0 } fault || fault.Offset > bytes.Length || error.Where?.Contains(Path, StringComparison.Ordinal) != true ? $"{report.Verdict} without place"
            : bytes.AsSpan().SequenceEqual(original) ? $"the original is {report.Verdict}" : null;
    }

    protected override byte[] Forge(byte[] original, ChecksumForger forger, Random random) => random.Next(4) == 0 ? forger.ForgeHeader(original) : forger.ForgeLine(original);

    private static int Touch(LogReader reader)
    {
        int size = reader.Table.Length + reader.OperationName.Length + (int)reader.Operation;
        for (int i = 0; i < reader.Count; i++)
        {
            size += reader.IsNull(i) || reader.IsMark(i) ? 0 : reader.Value(i).Length;
        }
        return size;
    }

    private static ReadOnlySpan<byte> LineAt(byte[] bytes, long offset)
    {
        ReadOnlySpan<byte> rest = bytes.AsSpan((int)offset);
        return rest[..(rest.IndexOf((byte)'\n') + 1)];
    }

    private LogReader Reader(byte[] bytes, byte[] original) => new(Path, new MemoryStream(bytes), new LogReaderOptions
    {
        IsSealed = _mustBeWhole && original.AsSpan().IndexOf(Encoding.ASCII.GetBytes(LogSeal.Mark)) >= 0, DurableLsn = _mustBeWhole ? LastLsn(original) : 0, BufferBytes = 1 << 12,
    });

    private static long LastLsn(byte[] original)
    {
        var reader = new LogReader(Path, new MemoryStream(original));
        while (reader.Read())
        {
        }
        return reader.End.Lsn - 1;
    }
}

/// <summary>A log whose records are applied to an empty database, with its side files: refused with its place, or applied.</summary>
internal sealed class AppliedLogTarget : ReaderTarget
{
    private const string Path = Folder + "/shop.log";
    private const long MemoryMax = 64L << 20;

    private readonly byte[] _log;
    private readonly IReadOnlyDictionary<string, byte[]> _sideFiles;
    private readonly string? _changed;
    private readonly string _content;

    /// <param name="changed">The side file that is changed; null: the log itself.</param>
    public AppliedLogTarget(string name, byte[] log, IReadOnlyDictionary<string, byte[]> sideFiles, string? changed = null)
        : base(name, changed is null ? log : sideFiles[changed])
    {
        (_log, _sideFiles, _changed) = (log, sideFiles, changed);
        _content = SampleFolder.ContentOf(Apply(Originals[0], out _));
    }

    public override string? Read(byte[] bytes, byte[] original, bool isForged, out string outcome)
    {
        LoadedDatabase database = Apply(bytes, out LogSegmentReport report);
        outcome = $"applied, {report.Verdict}";
        // The applier takes what the reader has proved: of a log a beginning, of a side file all or nothing.
        return _changed is not null && !isForged && SampleFolder.ContentOf(database) != _content ? "a changed side file gives other rows" : null;
    }

    protected override byte[] Forge(byte[] original, ChecksumForger forger, Random random) => _changed is null ? forger.ForgeLine(original)
        : random.Next(2) == 0 ? forger.ForgeSeal(original) : forger.ForgeSealed(original, new Files.FileMutator(random).Mutate);

    private LoadedDatabase Apply(byte[] bytes, out LogSegmentReport report)
    {
        var disk = new SimulatedDisk();
        foreach ((string path, byte[] side) in _sideFiles)
        {
            disk.Put(path, path == _changed ? bytes : side);
        }
        var target = new LoadTarget(new MemoryAccount("database", MemoryMax));
        var applier = new LogApplier(DatabaseFileReader.ReadSections(Stream.Null, Folder), target, disk);
        var reader = new LogReader(Path, new MemoryStream(_changed is null ? bytes : _log), new LogReaderOptions { BufferBytes = 1 << 12 });
        while (reader.Read())
        {
            applier.Apply(reader, Path);
        }
        report = reader.Report;
        applier.Flush(Path, reader.End);
        return applier.Finish();
    }
}

/// <summary>What is read of a segment by itself: its header, its seal, and how far its end proves the log to have been on the disk.</summary>
internal sealed class SegmentPartsTarget(string name, params byte[][] originals) : ReaderTarget(name, originals)
{
    public override string? Read(byte[] bytes, byte[] original, bool isForged, out string outcome)
    {
        LogHeader whole = LogHeader.TryParse(original, out _)!;
        LogHeader? header = LogHeader.TryParse(bytes, out int length);
        outcome = header is null ? "no header" : header.IsOfKnownVersion ? "header" : "later version";
        if (header is { IsOfKnownVersion: true } && (length <= 0 || length > bytes.Length || (!isForged && header != whole)))
        {
            return "another header";
        }
        LogSeal? seal = LogSeal.TryParseEnd(bytes, whole.Salt);
        if (seal is not null && !isForged && seal != LogSeal.TryParseEnd(original, whole.Salt))
        {
            return "another seal";
        }
        using var stream = new MemoryStream(bytes);
        using var was = new MemoryStream(original);
        long durable = LogTail.KnownDurable(stream, whole.Salt, 0);
        return durable > LogTail.KnownDurable(was, whole.Salt, 0) && !isForged ? $"LSN {durable} is taken for durable"
            : LogReserve.LengthWithout(stream) > bytes.Length ? "a length beyond the end"
            : !isForged && LogHeader.IsStart(bytes) && bytes.Length >= length && header is { IsOfKnownVersion: true } ? "a whole header is the start of one" : null;
    }

    protected override byte[] Forge(byte[] original, ChecksumForger forger, Random random) => random.Next(2) == 0 ? forger.ForgeHeader(original) : forger.ForgeLine(original);
}

/// <summary>Manifests: one that is taken has the original's bytes, but where its checksum was made to fit.</summary>
internal sealed class ManifestTarget(params byte[][] originals) : ReaderTarget("manifest", originals)
{
    public override string? Read(byte[] bytes, byte[] original, bool isForged, out string outcome)
    {
        LogManifest? manifest = LogManifest.TryParse(bytes);
        outcome = manifest is not null ? "taken" : LogManifest.LaterVersion(bytes) is null ? "refused" : "later version";
        return manifest is not null && !isForged && !bytes.AsSpan().SequenceEqual(original) ? "a changed manifest is taken"
            : manifest is { ReachedLsn: < 0 } or { ContentLsn: < 0 } ? "a negative LSN"
            : manifest is null && bytes.AsSpan().SequenceEqual(original) ? "the original is refused" : null;
    }

    protected override byte[] Forge(byte[] original, ChecksumForger forger, Random random) => forger.ForgeManifest(original);
}
