using PhantomDb.Catalog;
using PhantomDb.Errors;

namespace PhantomDb.Storage;

/// <summary>
/// A sequence's position. It is no part of any transaction: what was taken is not given back. A transaction that alters the
/// sequence's course or restarts it goes on with a copy of its own, which this one takes over when it commits; until then nobody
/// else takes values, so that none comes twice.
/// </summary>
internal sealed class SequenceStore
{
    private readonly Lock _lock = new();
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

    /// <summary>From now on, until <see cref="Release"/>, nobody takes values from here.</summary>
    public void Hold()
    {
        lock (_lock)
        {
            _isHeld = true;
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
        }
    }

    /// <summary>Last value, and whether it has been taken: what the database file keeps.</summary>
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
    public bool TryNext(out long value)
    {
        lock (_lock)
        {
            value = _isHeld ? 0 : Next();
            return !_isHeld;
        }
    }

    /// <summary>setval: the next value is this, or the one after it where it counts as taken. False where a transaction holds the sequence.</summary>
    public bool TrySet(long value, bool isCalled)
    {
        lock (_lock)
        {
            if (_isHeld)
            {
                return false;
            }
            if (value < Definition.Minimum || value > Definition.Maximum)
            {
                throw Error.SequenceValueOutOfBounds(Definition.Name, value, Definition.Minimum, Definition.Maximum);
            }
            _last = value;
            _isCalled = isCalled;
            return true;
        }
    }

    private long Next()
    {
        if (!_isCalled)
        {
            _isCalled = true;
            return _last;
        }
        Int128 next = (Int128)_last + Definition.Increment;
        if (next > Definition.Maximum || next < Definition.Minimum)
        {
            bool ascends = Definition.Increment > 0;
            if (!Definition.Cycles)
            {
                throw Error.SequenceExhausted(Definition.Name, ascends, ascends ? Definition.Maximum : Definition.Minimum);
            }
            next = ascends ? Definition.Minimum : Definition.Maximum;
        }
        return _last = (long)next;
    }
}
