using System.Diagnostics;
using System.Globalization;
using PhantomDb.Shell.Editing;

namespace PhantomDb.Shell.Output;

/// <summary>
/// A line at the terminal of a person who waits, on standard error: how far long work is. It stands while the work lasts, and goes before anything else is written. Where standard error is no terminal there
/// is none. The process has one terminal, and so one line; any thread may tell.
/// </summary>
internal static class ProgressLine
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);   // what is over sooner needs no line
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(150);      // between two that somebody may read
    private static readonly Lock Gate = new();

    private static long? _waitsSince;
    private static long _shownAt;
    private static bool _isShown;

    public static bool IsPossible { get; } = !Console.IsErrorRedirected && ConsoleTerminal.HasEscapeSequences;

    /// <summary>For <see cref="DatabaseOptions.OnProgress"/>; null where nobody would see it.</summary>
    public static Action<FileProgress>? OfFiles { get; } = IsPossible ? Show : null;

    /// <summary>Until the result is disposed of, somebody waits for files to be read or written.</summary>
    public static IDisposable Begin(bool isQuiet = false)
    {
        lock (Gate)
        {
            _waitsSince = isQuiet ? null : Stopwatch.GetTimestamp();
        }
        return new Wait();
    }

    /// <summary>How much of a file has been read, in a command's own words: where somebody waits, from half a second on and several times a second.</summary>
    public static void ShowReading(string work, string path, long position, long length)
    {
        if (!IsPossible)
        {
            return;
        }
        lock (Gate)
        {
            if (_waitsSince is { } start && Stopwatch.GetElapsedTime(start) >= Patience && Stopwatch.GetElapsedTime(_shownAt) >= Pause)
            {
                _shownAt = Stopwatch.GetTimestamp();
                Show($"{work} {Path.GetFileName(path)}: {PartOf(position, length)}");
            }
        }
    }

    /// <summary>Nobody waits any more: the process ends while files are read or written.</summary>
    public static void End()
    {
        lock (Gate)
        {
            _waitsSince = null;
        }
        Clear();
    }

    /// <summary>Shows a text in place of what stands there.</summary>
    public static void Show(string text)
    {
        lock (Gate)
        {
            int width = new ConsoleTerminal().Width - 1;
            Console.Error.Write($"\r{ControlCharacters.Escape(text.Length > width ? text[..width] : text)}\e[K");
            _isShown = true;
        }
    }

    /// <summary>Takes the line away where there is one: something else is about to be written.</summary>
    public static void Clear()
    {
        if (!IsPossible)
        {
            return;
        }
        lock (Gate)
        {
            if (_isShown)
            {
                Console.Error.Write("\r\e[K");
                _isShown = false;
            }
        }
    }

    /// <summary><c>reading shop.db: 43 % of 1.2 GB</c>; <c>writing shop.db: 310 MB</c>.</summary>
    public static string TextOf(FileProgress progress)
    {
        string work = $"{(progress.IsWriting ? "writing" : "reading")} {Path.GetFileName(progress.Path)}: ";
        return progress.Length is { } length
            ? work + PartOf(progress.Position, length)
            : work + SizeOf(progress.Position);
    }

    private static void Show(FileProgress progress)
    {
        lock (Gate)
        {
            if (_waitsSince is { } start && Stopwatch.GetElapsedTime(start) >= Patience)
            {
                Show(TextOf(progress));
            }
        }
    }

    private static string PartOf(long position, long length) =>
        string.Create(CultureInfo.InvariantCulture, $"{(length == 0 ? 1 : Math.Min(1, (double)position / length)) * 100:F0} % of {SizeOf(length)}");

    private static string SizeOf(long bytes) => bytes >= 1_000_000_000
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:F1} GB") : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:F0} MB");

    private sealed class Wait : IDisposable
    {
        public void Dispose() => End();
    }
}
