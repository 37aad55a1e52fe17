namespace PhantomDb.Durability.Log;

/// <summary>
/// A disk on which segments whose headers are damaged seem to have them, as far as <see cref="DamagedLogHeader"/> can have them again: what would their records give? All other bytes, and so all
/// offsets, are those of the files.
/// </summary>
internal sealed class MendedLogHeaders(IFileSystem inner) : ReadOnlyDisk(inner)
{
    private const string Ending = ".log";

    private readonly HashSet<string> _paths = [];

    /// <summary>The segments that were opened so far and seemed to have theirs.</summary>
    public IReadOnlyCollection<string> Paths => _paths;

    public override Stream OpenRead(string path)
    {
        Stream stream = base.OpenRead(path);
        if (TryRestore(path, stream) is not { } header)
        {
            return stream;
        }
        _paths.Add(path);
        byte[] bytes = header.ToBytes();
        return new PartsStream(stream, [new StreamPart(bytes), new StreamPart(null, bytes.Length, stream.Length - bytes.Length)]) { OwnsFile = true };
    }

    private LogHeader? TryRestore(string path, Stream stream)
    {
        if (!path.EndsWith(Ending, StringComparison.Ordinal))
        {
            return null;
        }
        byte[] start = StartOf(stream);
        bool isUnbegun = stream.Length <= LogHeader.LengthMax && LogHeader.IsStart(start.AsSpan().TrimEnd((byte)0));
        return isUnbegun || LogHeader.TryParse(start, out _) is not null ? null
            : new DamagedLogHeader(path, () => Others(path), () => Manifest(path)).TryRestore(stream);
    }

    private static byte[] StartOf(Stream stream)
    {
        byte[] start = new byte[(int)Math.Min(stream.Length, LogHeader.LengthMax)];
        stream.Position = 0;
        stream.ReadExactly(start);
        stream.Position = 0;
        return start;
    }

    private static string NameOf(string path) => LogSegmentName.TryParse(Path.GetFileName(path))?.DatabaseName ?? Path.GetFileNameWithoutExtension(path);

    private List<(LogHeader Header, LogSeal? Seal)> Others(string path)
    {
        string folder = Path.GetDirectoryName(path)!, name = NameOf(path);
        List<(LogHeader, LogSeal?)> headers = [];
        foreach (string file in List(folder).Select(file => Path.Combine(folder, Path.GetFileName(file)!))
            .Where(file => file != path && file.EndsWith(Ending, StringComparison.Ordinal) && NameOf(file) == name))
        {
            using Stream stream = base.OpenRead(file);
            if (LogHeader.TryParse(StartOf(stream), out _) is { IsOfKnownVersion: true } header)
            {
                byte[] tail = new byte[(int)Math.Min(stream.Length, LogSeal.LengthMax)];
                stream.Position = stream.Length - tail.Length;
                stream.ReadExactly(tail);
                headers.Add((header, LogSeal.TryParseEnd(tail, header.Salt)));
            }
        }
        return headers;
    }

    private LogManifest? Manifest(string path)
    {
        string manifest = Path.Combine(Path.GetDirectoryName(path)!, LogManifest.FileName(NameOf(path)));
        return Exists(manifest) ? LogManifest.Read(manifest, this, out _) : null;
    }
}
