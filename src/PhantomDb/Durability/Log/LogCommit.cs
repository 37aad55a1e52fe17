using PhantomDb.Errors;

namespace PhantomDb.Durability.Log;

/// <summary>Where one committer waits: until its records are published, have failed, or it is its turn to write for all who queue.</summary>
internal sealed class LogCommit
{
    private readonly LogSemaphore _told = new();
    private PhantomDbException? _error;
    private TaskCompletionSource? _awaited;   // of one who waits without a thread
    private volatile bool _leads;
    private volatile bool _isDone = true;

    public bool IsDone => _isDone;

    /// <summary>Whether the turn can be handed to it. Under the log's lock.</summary>
    public bool IsWaiting { get; set; }

    public void Begin()
    {
        _error = null;
        _leads = IsWaiting = false;
        _isDone = false;
    }

    /// <summary>The end is known; the one who waits goes on at <see cref="Wake"/> at the latest.</summary>
    public void Finish(PhantomDbException? error)
    {
        _error = error;
        _isDone = true;
    }

    /// <summary>True where one waits for it without a thread, so that somebody else has to write. Under the log's lock.</summary>
    public bool IsAwaited => _awaited is not null && !_isDone;

    /// <summary>Ends at <see cref="Wake"/>, of this commit or the one before: whoever awaits it looks, and awaits again. Under the log's lock.</summary>
    /// <param name="isShort">True: what follows is little, and is done by the thread that wakes it. Else a thread of the pool does, since who wakes it has others to wake.</param>
    public Task WaitAsync(bool isShort)
    {
        TaskCompletionSource told = new(isShort ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _awaited, told);
        return _isDone ? Task.CompletedTask : told.Task;
    }

    /// <summary>May come when the next commit has begun: that one looks, and sleeps again. The log's lock has been taken since <see cref="Finish"/>, so that who awaits is seen, or sees the end.</summary>
    public void Wake()
    {
        if (_awaited is not null && Interlocked.Exchange(ref _awaited, null) is { } told)
        {
            told.SetResult();
            return;
        }
        _told.Tell();
    }

    public void Lead()
    {
        _leads = true;
        _told.Tell();
    }

    /// <summary>True where it is to write now; false where it is done.</summary>
    public bool WaitForTurn()
    {
        while (!_isDone && !_leads)
        {
            _told.Wait();
        }
        bool leads = _leads;
        _leads = false;
        return leads;
    }

    public void ThrowIfFailed()
    {
        if (_error is not null)
        {
            throw Error.Again(_error);
        }
    }
}
