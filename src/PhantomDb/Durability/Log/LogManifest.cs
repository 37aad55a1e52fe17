using System.Globalization;
using System.Text;
using PhantomDb.Csv;

namespace PhantomDb.Durability.Log;

/// <summary>A file or fact that a manifest names.</summary>
/// <param name="Kind"><c>reached</c>, <c>segment</c>, <c>open</c>, <c>load</c>, <c>snapshot</c>, <c>keep</c> (a snapshot), <c>pin</c> (the log), or another part's word.</param>
internal sealed record LogManifestRow(string Kind, string Name, long FirstLsn, long LastLsn, long ByteCount, DateTime Time);

/// <summary>
/// <c>NAME.manifest</c>: what a folder has, and an LSN that the log had reached. A segment is in it before anything that the segment has is acknowledged: <c>open</c> while it is being
/// written, so that it may have more than is said. A hint and a floor: where it is missing or damaged a scan of the folder tells all but the pins, and the next one is written whole.
/// <code>
/// # PhantomDB Manifest | Database: shop | Version: 1 | Id: 6f1c… | Timeline: 1
/// KIND,NAME,FIRST,LAST,BYTES,TIME
/// reached,,20480,20481,0,2026-11-21T12:00:03.120451Z
/// segment,shop_log_20261121_022107_1201.log,1201,20480,67108123,2026-11-21T02:21:07.000000Z
/// open,shop.log,20481,20481,402,2026-11-21T12:00:03.120451Z
/// load,shop_load_20261121_120001_004711,20477,20477,0,2026-11-21T12:00:03.120451Z
/// snapshot,shop_snapshot_20261121_022500,20470,20470,1048576,2026-11-21T02:25:00.000000Z
/// keep,before the move,20470,0,0,2026-11-21T02:25:00.000000Z
/// pin,audit,1201,0,0,2026-11-21T12:00:03.120451Z
/// # End | CRC: 5f0c2a11
/// </code>
/// </summary>
internal sealed record LogManifest(string DatabaseName, Guid Id, int Timeline, IReadOnlyList<LogManifestRow> Rows)
{
    public const string Reached = "reached";
    public const string Segment = "segment";
    public const string Open = "open";   // the segment that was being written
    public const string Pin = "pin";
    public const string Load = "load";   // a side file, and the LSN of its record: then nobody need look for it
    public const string Snapshot = "snapshot";
    public const string SnapshotPin = "keep";
    public const string Ending = ".manifest";   // of its file

    private const int SizeMax = 1 << 24;
    private const string FirstMark = "# PhantomDB Manifest | Database: ";
    private const string AnyVersionMark = " | Version: ";
    private const string VersionMark = AnyVersionMark + FormatVersion.Current + " | Id: ";
    private const string TimelineMark = " | Timeline: ";
    private const string ColumnsLine = "KIND,NAME,FIRST,LAST,BYTES,TIME";
    private const string EndMark = "# End | CRC: ";

    public static string FileName(string databaseName) => databaseName + Ending;

    /// <summary>The highest LSN that the log is known to have reached; 0 where it is not known.</summary>
    public long ReachedLsn => Rows.FirstOrDefault(row => row.Kind == Reached)?.LastLsn ?? 0;

    /// <summary>
    /// The LSN of the last record up to there that changed anything, or was the user's own: what is behind it are the log's notes about itself, and nothing is
    /// lost with them. The same as <see cref="ReachedLsn"/> where it is not known.
    /// </summary>
    public long ContentLsn => Rows.FirstOrDefault(row => row.Kind == Reached) is { FirstLsn: > 0 } row ? row.FirstLsn : ReachedLsn;

    /// <summary>The segment that was being written when this was: it may have had any number of records. Null where the log had come to an orderly end.</summary>
    public LogManifestRow? OpenSegment => Rows.FirstOrDefault(row => row.Kind == Open);

    public IEnumerable<LogPin> Pins => Rows.Where(row => row.Kind == Pin).Select(row => new LogPin(row.Name, row.FirstLsn));

    /// <summary>The snapshots, and what keeps them.</summary>
    public IEnumerable<LogManifestRow> SnapshotRows => Rows.Where(row => row.Kind is Snapshot or SnapshotPin);

    /// <summary>All that a manifest has, in its order.</summary>
    /// <param name="databaseName">As in the names of its files.</param>
    /// <param name="id">The database.</param>
    /// <param name="timeline">Its history.</param>
    /// <param name="now">The time.</param>
    /// <param name="contentLsn">See <see cref="ContentLsn"/>.</param>
    /// <param name="reachedLsn">What is on the disk for certain.</param>
    /// <param name="files">Rows of segments, side files, snapshots and what keeps these.</param>
    /// <param name="pins">What keeps the log.</param>
    public static LogManifest Of(string databaseName, Guid id, int timeline, DateTime now, long contentLsn, long reachedLsn, IEnumerable<LogManifestRow> files, IEnumerable<LogPin> pins) =>
        new(databaseName, id, timeline,
            [new LogManifestRow(Reached, "", contentLsn, reachedLsn, 0, now), .. files, .. pins.Select(pin => new LogManifestRow(Pin, pin.Name, pin.FirstLsn, 0, 0, now))]);

    /// <summary>Puts it in the place of the one that is there.</summary>
    public void Write(string folder, IFileSystem disk)
    {
        string path = Path.Combine(folder, FileName(DatabaseName)), beside = path + ".new";
        using (IWritableFile file = disk.Create(beside))
        {
            file.Append(ToBytes());
            file.Flush();
        }
        disk.Rename(beside, path);
        disk.FlushFolder(folder);
    }

    public byte[] ToBytes()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{FirstMark}{Plain(DatabaseName)}{VersionMark}{Id:n}{TimelineMark}{Timeline}\n{ColumnsLine}\n");
        foreach (LogManifestRow row in Rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"{row.Kind},{Cell(row.Name)},{row.FirstLsn},{row.LastLsn},{row.ByteCount},");
            text.Append(LogTime.Text(row.Time)).Append('\n');
        }
        byte[] rows = Encoding.UTF8.GetBytes(text.ToString());
        return [.. rows, .. Encoding.ASCII.GetBytes($"{EndMark}{Checksum.Text(Checksum.Of(rows))}\n")];
    }

    /// <summary>The later version of the format that a manifest is of; null for one of ours, and for what is none.</summary>
    public static string? LaterVersion(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)'\n');
        ReadOnlySpan<byte> line = end < 0 ? bytes : bytes[..end];
        int version = line.StartsWith(Encoding.ASCII.GetBytes(FirstMark)) ? line.LastIndexOf(Encoding.ASCII.GetBytes(AnyVersionMark)) : -1;   // the name may have one too
        return version < 0 ? null : FormatVersion.Later(bytes, version + AnyVersionMark.Length, ours => TryParse(ours) is not null);
    }

    /// <summary>The one at a path; null where it is damaged, or of a later version.</summary>
    public static LogManifest? Read(string path, IFileSystem disk, out string? laterVersion)
    {
        using Stream stream = disk.OpenRead(path);
        byte[] bytes = new byte[(int)Math.Min(stream.Length, SizeMax)];
        stream.ReadExactly(bytes);
        laterVersion = LaterVersion(bytes);
        return TryParse(bytes);
    }

    /// <summary>Null for what is not whole, not as it would be written, or of another version.</summary>
    public static LogManifest? TryParse(ReadOnlySpan<byte> bytes)
    {
        int start = bytes.IndexOf(Encoding.ASCII.GetBytes($"\n{ColumnsLine}\n")), end = bytes.LastIndexOf(Encoding.ASCII.GetBytes(EndMark));
        string first = start < 0 ? "" : Encoding.UTF8.GetString(bytes[..start]);
        start += ColumnsLine.Length + 2;
        int version = first.AsSpan().LastIndexOf(VersionMark), timelineAt = first.AsSpan().LastIndexOf(TimelineMark);   // the name may have them too
        if (end < start || version < FirstMark.Length || timelineAt < version + VersionMark.Length
            || !Guid.TryParseExact(first[(version + VersionMark.Length)..timelineAt], "n", out Guid id)
            || !int.TryParse(first[(timelineAt + TimelineMark.Length)..], NumberStyles.None, CultureInfo.InvariantCulture, out int timeline))
        {
            return null;
        }
        string name = first[FirstMark.Length..version];
        List<LogManifestRow> rows = [];
        using var reader = new CsvRecordReader(bytes[start..end].ToArray());
        while (reader.TryRead(out string? problem))
        {
            // A file that it names may be missed: it must be one that a segment can be.
            if (problem is not null || ParseRow(reader) is not { } row || (row.Kind is Segment or Open && row.Name != LogSegmentName.Active(name) && LogSegmentName.TryParse(row.Name)?.DatabaseName != name))
            {
                return null;
            }
            rows.Add(row);
        }
        var manifest = new LogManifest(name, id, timeline, rows);
        return bytes.SequenceEqual(manifest.ToBytes()) ? manifest : null;   // with the checksum
    }

    private static LogManifestRow? ParseRow(CsvRecordReader cells) =>
        cells.Count == 6 && Number(cells.Value(2)) is { } firstLsn && Number(cells.Value(3)) is { } lastLsn && Number(cells.Value(4)) is { } byteCount
        && LogTime.TryParse(cells.Value(5), out DateTime time)
            ? new LogManifestRow(Text(cells, 0), Text(cells, 1), firstLsn, lastLsn, byteCount, time) : null;

    private static string Text(CsvRecordReader cells, int index) => Encoding.UTF8.GetString(cells.Value(index));

    private static long? Number(ReadOnlySpan<byte> text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    private static string Cell(string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Plain(value));
        byte[] cell = new byte[CsvCell.LengthMax(0, bytes.Length)];
        return bytes.Length == 0 ? "" : Encoding.UTF8.GetString(cell.AsSpan(0, CsvCell.Write([], bytes, cell)));
    }

    // A row is one line.
    private static string Plain(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '_' : c));
}
