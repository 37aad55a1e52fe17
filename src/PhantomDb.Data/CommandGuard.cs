namespace PhantomDb.Data;

/// <summary>
/// Stops a connection's running command: after its timeout, by <see cref="Cancel"/>, which a token calls too. Only time in which the engine computes counts towards the
/// timeout, not what the reader of its rows takes: a timer that ticks while commands run looks whether it does.
/// </summary>
internal sealed class CommandGuard(Session session) : IDisposable
{
    private const int RepeatMs = 20;   // a cancellation between two steps of the engine is lost on it, and said again
    private const int TicksPerTimeout = 10;
    private const int PeriodMaxMs = 1000;

    private readonly Lock _lock = new();
    private Timer? _timer;
    private int _periodMs;   // 0: it does not tick
    private long _timeoutMs;
    private long _countedMs;
    private long _beganAt;
    private bool _isActive;
    private volatile bool _isInside;
    private StopCause _cause;
    private bool _isDisposed;

    private enum StopCause
    {
        None,
        Timeout,
        Request,
    }

    /// <summary>A command begins to run.</summary>
    public void Begin(int timeoutSeconds)
    {
        lock (_lock)
        {
            _cause = StopCause.None;
            _timeoutMs = timeoutSeconds * 1000L;
            _countedMs = 0;
            _beganAt = Environment.TickCount64;
            _isActive = true;
            _isInside = true;
            if (_timeoutMs > 0)
            {
                int period = (int)Math.Min(_timeoutMs / TicksPerTimeout, PeriodMaxMs);
                if (_periodMs == 0 || period < _periodMs)
                {
                    Tick(period);
                }
            }
        }
    }

    /// <summary>The engine begins to compute for the command, which has given control back before.</summary>
    public void Enter() => _isInside = true;

    /// <summary>The engine has computed for now.</summary>
    public void Leave() => _isInside = false;

    /// <summary>The command is at its end.</summary>
    public void End()
    {
        lock (_lock)
        {
            _isActive = false;
            _isInside = false;
        }
    }

    /// <summary>Makes the command that runs fail; from any thread. Nothing where none runs.</summary>
    public void Cancel()
    {
        lock (_lock)
        {
            if (_isActive)
            {
                Stop(StopCause.Request);
            }
        }
    }

    /// <summary>A statement was stopped (57014): the error as the user of the provider sees it.</summary>
    public Exception Translate(PhantomDbException error, CancellationToken token)
    {
        if (token.IsCancellationRequested)
        {
            return new OperationCanceledException(error.Message, error, token);
        }
        return _cause == StopCause.Timeout
            ? new PhantomDbException("57014", "canceling statement due to command timeout", new TimeoutException(null, error))
            {
                Hint = "CommandTimeout is in seconds; 0 lets a command run as long as it takes.",
            }
            : error;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isActive = false;
            _isDisposed = true;
            _timer?.Dispose();
        }
    }

    private void Stop(StopCause cause)
    {
        _cause = _cause == StopCause.None ? cause : _cause;
        session.Cancel();
        Tick(RepeatMs);
    }

    private void Tick(int periodMs)
    {
        _periodMs = periodMs;
        if (_timer is null)
        {
            using AsyncFlowControl flow = ExecutionContext.SuppressFlow();
            _timer = new Timer(static guard => ((CommandGuard)guard!).OnTick(), this, periodMs, periodMs);
        }
        else
        {
            _timer.Change(periodMs, periodMs);
        }
    }

    private void OnTick()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }
            if (!_isActive)
            {
                _periodMs = 0;
                _timer!.Change(Timeout.Infinite, Timeout.Infinite);
                return;
            }
            if (_cause != StopCause.None)
            {
                Stop(_cause);
                return;
            }
            _countedMs += _isInside ? _periodMs : 0;
            if (_timeoutMs > 0 && _countedMs >= _timeoutMs && Environment.TickCount64 - _beganAt >= _timeoutMs)
            {
                Stop(StopCause.Timeout);
            }
        }
    }
}
