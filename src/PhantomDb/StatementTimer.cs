using System.Diagnostics;

namespace PhantomDb;

/// <summary>How long a statement takes, without the time in which its result is only held open.</summary>
internal sealed class StatementTimer(string text)
{
    private long _start = Stopwatch.GetTimestamp();
    private long _pause;   // since when; 0: it runs

    public string Text => text;

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start, _pause == 0 ? Stopwatch.GetTimestamp() : _pause);

    public void Pause()
    {
        if (_pause == 0)
        {
            _pause = Stopwatch.GetTimestamp();
        }
    }

    public void GoOn()
    {
        if (_pause != 0)
        {
            _start += Stopwatch.GetTimestamp() - _pause;
            _pause = 0;
        }
    }
}
