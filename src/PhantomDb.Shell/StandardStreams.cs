using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PhantomDb.Shell.Output;

namespace PhantomDb.Shell;

/// <summary>
/// Standard input, output and error as whoever started the process gave them. One that was closed (<c>&lt;&amp;-</c>) leaves its number to the next file that is opened: one of the
/// runtime's own, which must not be read from or written to, or, worse, a database's.
/// </summary>
internal static partial class StandardStreams
{
    private const int GetFlags = 1, CloseOnExec = 1;   // F_GETFD, FD_CLOEXEC
    private const short PollError = 8, PollHangUp = 16;

    private static readonly bool[] IsGiven = [true, true, true];
    private static readonly List<SafeFileHandle> PlaceHolders = [];

    /// <summary>To be called before any file is opened.</summary>
    public static void Prepare()
    {
        for (int number = 0; number < IsGiven.Length && !OperatingSystem.IsWindows(); number++)
        {
            int flags = Control(number, GetFlags);
            IsGiven[number] = flags >= 0 && (flags & CloseOnExec) == 0;   // what came over exec cannot be closed by it
            if (flags < 0)
            {
                PlaceHolders.Add(File.OpenHandle("/dev/null"));
            }
        }
        Console.SetError(new ErrorWriter());
    }

    /// <summary>Empty where it was closed.</summary>
    public static Stream OpenInput() => IsGiven[0] ? Console.OpenStandardInput() : Stream.Null;

    /// <summary>Where it was closed all that is written fails.</summary>
    public static WriteOnlyStream OpenOutput() => IsGiven[1] ? new OutputStream(Console.OpenStandardOutput()) : new ClosedStream();

    /// <summary>True where standard output is a pipe that nobody reads any more.</summary>
    public static bool IsOutputLeft() => HasNobody(1);

    /// <summary>True where standard input is a terminal that is gone: its window closed, its connection lost.</summary>
    public static bool IsInputGone() => HasNobody(0);

    private static bool HasNobody(int number)
    {
        var request = new PollRequest { File = number };
        return !OperatingSystem.IsWindows() && IsGiven[number] && Poll(ref request, 1, 0) > 0 && (request.Happened & (PollError | PollHangUp)) != 0;
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int file, int command);

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref PollRequest request, nuint count, int timeoutMs);

    private struct PollRequest
    {
        public int File;
        public short Wanted;
        public short Happened;
    }

    private sealed class OutputStream(Stream output) : WriteOnlyStream
    {
        private bool _isLeft;

        public override bool IsLeft => _isLeft;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            output.Write(buffer);   // the runtime passes over that nobody reads it
            _isLeft = IsOutputLeft();
        }

        public override void Flush() => output.Flush();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                output.Dispose();
            }
            base.Dispose(disposing);
        }
    }

    private sealed class ClosedStream : WriteOnlyStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (buffer.Length > 0)
            {
                throw new IOException("standard output is closed");
            }
        }

        public override void Flush()
        {
        }
    }

    /// <summary>Standard error. What cannot be written there is left out: it must not end what it tells of.</summary>
    private sealed class ErrorWriter : TextWriter
    {
        private TextWriter? _writer;

        public override Encoding Encoding => Console.OutputEncoding;

        public override void Write(char value) => Write(value.ToString());

        public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

        public override void Write(string? value)
        {
            try
            {
                _writer ??= IsGiven[2] ? new StreamWriter(Console.OpenStandardError(), Encoding, bufferSize: 4096) { AutoFlush = true } : Null;
                _writer.Write(value);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                _writer = null;   // with what it holds back
            }
        }
    }
}
