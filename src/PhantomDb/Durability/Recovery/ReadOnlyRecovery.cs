using System.Globalization;
using PhantomDb.Vectors;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// Recovers a database without its lock, beside someone who may be writing: files are renamed, replaced and deleted while they are read. What was disturbed
/// is read again; what is refused twice, with nothing changed meanwhile, is refused. So is a torn end told that is found twice: where files change, somebody is just writing it, and what is
/// whole before it is all that there is. Writes nothing.
/// </summary>
internal static class ReadOnlyRecovery
{
    private const int AttemptsMax = 60;
    private const int TornAttemptsMax = 3;
    private const int PauseMs = 20;
    private const int PauseMaxMs = 250;

    /// <param name="path">The database's file.</param>
    /// <param name="account">Charged with the tables; each attempt has one below it.</param>
    /// <param name="target">Where the content is going, with the account of the attempt.</param>
    /// <param name="files">The disk.</param>
    /// <param name="options">Those of a reader.</param>
    public static RecoveredDatabase Run(string path, MemoryAccount account, Func<MemoryAccount, LoadTarget> target, IFileSystem files, RecoveryOptions options)
    {
        string? before = null;
        int tornAttempts = 0;
        for (int attempt = 1; ; attempt++)
        {
            var attempted = new MemoryAccount("database", long.MaxValue, account);
            try
            {
                string? beforeReading = HasWriter(path, files) ? Describe(path, files) : null;
                RecoveredDatabase recovered = DatabaseRecovery.Run(path, target(attempted), files, options);
                if (beforeReading is null || !IsTorn(recovered) || before == beforeReading)
                {
                    return recovered;
                }
                if (++tornAttempts == TornAttemptsMax)
                {
                    return recovered.Report.Verdict == RecoveryVerdict.Torn ? recovered with { Report = recovered.Report with { Verdict = RecoveryVerdict.Clean, Problem = null } } : recovered;
                }
                attempted.Close();
                before = beforeReading;
            }
            catch (Exception error) when (error is PhantomDbException or EndOfStreamException or FileNotFoundException)
            {
                attempted.Close();
                string now = Describe(path, files);
                if (attempt == AttemptsMax || now == before)
                {
                    throw;
                }
                before = now;
            }
            Thread.Sleep(Math.Min(PauseMs * attempt, PauseMaxMs));
        }
    }

    // Or one that was killed, and left its lock's file.
    private static bool HasWriter(string path, IFileSystem files) => files.Exists(Path.ChangeExtension(path, ".lock"));

    private static bool IsTorn(RecoveredDatabase recovered) => recovered.Report.Verdict == RecoveryVerdict.Torn || recovered.Report.TransactionsDropped > 0;

    // The database's files as they are.
    private static string Describe(string path, IFileSystem files)
    {
        string folder = Path.GetDirectoryName(path)!, name = Path.GetFileNameWithoutExtension(path);
        List<string> lines = [];
        foreach (string file in files.List(folder).Select(file => Path.GetFileName(file)!).Where(file => file.StartsWith(name, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            try
            {
                string filePath = Path.Combine(folder, file);
                lines.Add(string.Create(CultureInfo.InvariantCulture, $"{file} {files.Length(filePath)} {files.WrittenAt(filePath).Ticks}"));
            }
            catch (PhantomDbException)
            {
                lines.Add($"{file} gone");
            }
        }
        return string.Join('\n', lines);
    }
}
