using System.Globalization;

namespace PhantomDb.Durability.Log;

/// <summary>
/// What is known of a damaged header whose salt the lines behind it have proved. Each field comes from the first place that has it, in the order that its property says; whether what is
/// made of them fits is <see cref="DamagedLogHeader"/>'s to see.
/// </summary>
/// <param name="FileName">The segment's.</param>
/// <param name="Text">What stands where the header was.</param>
/// <param name="Salt">As the lines prove it.</param>
/// <param name="Line">The first of these lines.</param>
/// <param name="IsFirstLine">True where it stands right behind the header.</param>
/// <param name="Others">Headers and seals of the other segments in the folder.</param>
/// <param name="Manifest">The folder's, if it is whole.</param>
internal sealed record LogHeaderEvidence(
    string FileName, string Text, uint Salt, LogLine Line, bool IsFirstLine, IReadOnlyList<(LogHeader Header, LogSeal? Seal)> Others, LogManifest? Manifest)
{
    private const long UnflushedMax = 1 << 24;

    public LogHeader ToHeader()
    {
        long firstLsn = FirstLsn;
        (LogHeader Header, LogSeal? Seal)? before = Others.Where(other => other.Header.FirstLsn < firstLsn).OrderBy(other => other.Header.Timeline).ThenBy(other => other.Header.Segment)
            .Select(other => ((LogHeader, LogSeal?)?)other).LastOrDefault();
        LogPredecessor? predecessor = PredecessorOf(firstLsn, before);
        return new LogHeader(DatabaseName, Id, Timeline(before?.Header), Segment(before?.Header), firstLsn, Salt, NumberIn("Unflushed: ") is >= 1 and var unflushed ? unflushed : UnflushedMax, predecessor)
        {
            SaltBefore = HexIn(Text, "Before: "),
            IsBehindFile = predecessor is null && !Text.Contains(LogHeader.BehindNothing, StringComparison.Ordinal),   // what is not known is not from nothing
        };
    }

    public static uint? SaltIn(string text) => HexIn(text, "Salt: ");

    private LogHeader? Successor => Others.Select(other => other.Header).FirstOrDefault(header => header.Predecessor?.Salt == Salt);

    private string DatabaseName => LogSegmentName.TryParse(FileName)?.DatabaseName ?? Path.GetFileNameWithoutExtension(FileName);

    // The line, where it is the first one; the file's name, the text, the manifest, unless that is of a later segment; the line's transaction.
    private long FirstLsn
    {
        get
        {
            long ofTransaction = Line.Lsn - Line.Part + 1;
            long? said = IsFirstLine && Line.Part == 1 ? null : LogSegmentName.TryParse(FileName)?.FirstLsn ?? NumberIn("FirstLSN: ") ?? InManifest?.FirstLsn;
            return Math.Min(said ?? ofTransaction, ofTransaction);
        }
    }

    private LogManifestRow? InManifest => Manifest?.Rows.FirstOrDefault(row => row.Kind is LogManifest.Open or LogManifest.Segment && row.Name == FileName);

    // The manifest, the text, any other segment.
    private Guid Id => Manifest?.Id ?? (Guid.TryParseExact(FieldIn(Text, "Id: "), "n", out Guid id) ? id : Others.Select(other => other.Header.Id).FirstOrDefault());

    // The text, the successor, the manifest, the segment before.
    private int Timeline(LogHeader? before) =>
        NumberIn("Timeline: ") is >= 1 and <= int.MaxValue and var timeline ? (int)timeline : Successor?.Timeline ?? Manifest?.Timeline ?? before?.Timeline ?? 1;

    // The text, the successor, the segment before.
    private long Segment(LogHeader? before) => NumberIn("Segment: ") is >= 1 and var segment ? segment : Successor?.Segment - 1 ?? before?.Segment + 1 ?? 1;

    // The seal of the segment before, where that ends there; the text; else nobody knows.
    private LogPredecessor? PredecessorOf(long firstLsn, (LogHeader Header, LogSeal? Seal)? before) => firstLsn == 1 ? null
        : before is { Seal: { } seal } sealedOne && seal.LastLsn == firstLsn - 1 ? new LogPredecessor(sealedOne.Header.Salt, seal.LastLsn, seal.Length)
        : HexIn(Text, "Previous: ") is { } previous && NumberIn("PreviousLength: ") is { } length ? new LogPredecessor(previous, firstLsn - 1, length)
        : new LogPredecessor(0, firstLsn - 1, 0);

    private long? NumberIn(string mark) => long.TryParse(FieldIn(Text, mark), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    private static uint? HexIn(string text, string mark) =>
        uint.TryParse(FieldIn(text, mark), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint number) ? number : null;

    private static string FieldIn(string text, string mark)
    {
        int start = text.IndexOf(" | " + mark, StringComparison.Ordinal);
        int end = start < 0 ? -1 : text.IndexOf(" | ", start + 3, StringComparison.Ordinal);
        return end < 0 ? "" : text[(start + 3 + mark.Length)..end];
    }
}
