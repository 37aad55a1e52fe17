using PhantomDb.Catalog;
using PhantomDb.Errors;

namespace PhantomDb.Storage;

/// <summary>
/// A sequence's position. It is no part of any transaction: what was taken is not given back. A transaction that alters the
/// sequence's course or restarts it goes on with a copy of its own, which this one takes over when it commits; until then nobody
/// else takes values, so that none comes twice. With a log, values are reserved ahead: none is given that the log does not know of.
/// </summary>
internal sealed class SequenceStore
{
    private const int ReservedMin = 32;
    private const int ReservedMax = 8192;
    private const int LookMs = 50;   // between two looks whether who waits has been cancelled

    private readonly Lock _lock = new();
    private readonly Lock _reserving = new();   // taken first; held while the log is waited for
    private ISequenceLog? _log;
    private int _left;                          // values that may be taken before the log has to know
    private (long Last, bool IsCalled) _logged;
    private SequenceDefinition _definition;
    private long _last;
    private bool _isCalled;
    private bool _isHeld;

    public SequenceStore(SequenceDefinition definition)
    {
        _definition = definition;
        _last = definition.Start;
    }

    /// <summary>A sequence of its own that goes on from the same position.</summary>
    public SequenceStore Fork()
    {
        lock (_lock)
        {
            return new SequenceStore(_definition) { _last = _last, _isCalled = _isCalled };
        }
    }

    /// <summary>The options; ALTER SEQUENCE replaces them, and the position stays.</summary>
    public SequenceDefinition Definition
    {
        get => Volatile.Read(ref _definition);
        set
        {
            lock (_lock)
            {
                _definition = value;
            }
        }
    }

    /// <summary>From now on, until <see cref="Release"/>, nobody takes values from here, or has any written to the log.</summary>
    public void Hold()
    {
        lock (_reserving)
        {
            lock (_lock)
            {
                _isHeld = true;
            }
        }
    }

    /// <summary>From now on no value is given that the log does not know of. What it knows is the position as it is now.</summary>
    public void UseLog(ISequenceLog log)
    {
        lock (_lock)
        {
            (_logged, _left) = ((_last, _isCalled), 0);
            _log = log;
        }
    }

    /// <summary>Gives back what was reserved and not taken: at an orderly end.</summary>
    public void Settle()
    {
        lock (_reserving)
        {
            SequenceDefinition definition;
            (long Last, bool IsCalled) position;
            lock (_lock)
            {
                _left = 0;
                (definition, position) = (_definition, (_last, _isCalled));
            }
            if (_log is not null && position != _logged)
            {
                _log.Write(definition, position.Last, position.IsCalled, () => NoteLogged(position));
            }
        }
    }

    public void Release()
    {
        lock (_lock)
        {
            _isHeld = false;
        }
    }

    /// <summary>Goes on as another, which a transaction made of this one.</summary>
    public void TakeOver(SequenceStore copy)
    {
        (long last, bool isCalled) = copy.Position;
        lock (_lock)
        {
            (_definition, _last, _isCalled) = (copy.Definition, last, isCalled);
            (_logged, _left) = ((last, isCalled), 0);   // the commit's records say so
        }
    }

    /// <summary>
    /// What files keep: the position, or, where there is a log, what it has reserved: a file says no less than the records before it.
    /// </summary>
    public (long Last, bool IsCalled) ReservedPosition
    {
        get
        {
            lock (_lock)
            {
                return _log is null ? (_last, _isCalled) : _logged;
            }
        }
    }

    /// <summary>Last value, and whether it has been taken.</summary>
    public (long Last, bool IsCalled) Position
    {
        get
        {
            lock (_lock)
            {
                return (_last, _isCalled);
            }
        }
    }

    /// <summary>Takes the next value; false where a transaction holds the sequence.</summary>
    /// <param name="value">The value.</param>
    /// <param name="taken">How many values the same transaction has taken: one that wants many is not kept waiting for the log again and again, as so many more are reserved then.</param>
    /// <param name="throwIfCancelled">Asked while the log is waited for.</param>
    public bool TryNext(out long value, long taken = 0, Action? throwIfCancelled = null)
    {
        while (true)
        {
            lock (_lock)
            {
                if (_isHeld)
                {
                    value = 0;
                    return false;
                }
                if (_log is null || --_left >= 0)
                {
                    value = Next();
                    return true;
                }
                _left = 0;
            }
            Reserve(_log, (int)Math.Clamp(taken, ReservedMin, ReservedMax), throwIfCancelled);
        }
    }

    /// <summary>setval: the next value is this, or the one after it where it counts as taken. False where a transaction holds the sequence.</summary>
    public bool TrySet(long value, bool isCalled)
    {
        if (_log is { } log)
        {
            lock (_reserving)
            {
                return TrySet(value, isCalled, log);
            }
        }
        return TrySet(value, isCalled, null);
    }

    private bool TrySet(long value, bool isCalled, ISequenceLog? log)
    {
        SequenceDefinition definition;
        lock (_lock)
        {
            if (_isHeld)
            {
                return false;
            }
            definition = _definition;
            if (value < definition.Minimum || value > definition.Maximum)
            {
                throw Error.SequenceValueOutOfBounds(definition.Name, value, definition.Minimum, definition.Maximum);
            }
            if (log is null)
            {
                (_last, _isCalled) = (value, isCalled);
                return true;
            }
            _left = 0;   // whoever wants a value waits until the log knows where the sequence is
        }
        log.Write(definition, value, isCalled, () =>
        {
            lock (_lock)
            {
                (_last, _isCalled) = _logged = (value, isCalled);
            }
        });
        return true;
    }

    // Nobody takes values meanwhile, as none is left; nobody sets or holds the sequence, as that takes the lock too.
    private void Reserve(ISequenceLog log, int atLeast, Action? throwIfCancelled)
    {
        while (!_reserving.TryEnter(LookMs))
        {
            throwIfCancelled?.Invoke();
        }
        try
        {
            SequenceDefinition definition;
            (long Last, bool IsCalled) position;
            int count = 0;
            lock (_lock)
            {
                if (_isHeld || _left > 0)
                {
                    return;
                }
                (definition, position) = (_definition, (_last, _isCalled));
                for (int wanted = Math.Max(atLeast, definition.Cache); count < wanted && TryStep(definition, ref position.Last, ref position.IsCalled);)
                {
                    count++;
                }
                if (count == 0)
                {
                    Next();   // says that there is none
                }
            }
            log.Write(definition, position.Last, position.IsCalled, () => NoteLogged(position), throwIfCancelled);
            lock (_lock)
            {
                _left = count;
            }
        }
        finally
        {
            _reserving.Exit();
        }
    }

    // While the log publishes: a snapshot that is begun after that counts the record as its own, and nobody applies it again.
    private void NoteLogged((long Last, bool IsCalled) position)
    {
        lock (_lock)
        {
            _logged = position;
        }
    }

    private long Next()
    {
        if (!TryStep(_definition, ref _last, ref _isCalled))
        {
            bool ascends = _definition.Increment > 0;
            throw Error.SequenceExhausted(_definition.Name, ascends, ascends ? _definition.Maximum : _definition.Minimum);
        }
        return _last;
    }

    private static bool TryStep(SequenceDefinition definition, ref long last, ref bool isCalled)
    {
        if (!isCalled)
        {
            isCalled = true;
            return true;
        }
        Int128 next = (Int128)last + definition.Increment;
        if (next > definition.Maximum || next < definition.Minimum)
        {
            if (!definition.Cycles)
            {
                return false;
            }
            next = definition.Increment > 0 ? definition.Minimum : definition.Maximum;
        }
        last = (long)next;
        return true;
    }
}
