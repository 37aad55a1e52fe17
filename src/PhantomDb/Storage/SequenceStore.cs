using PhantomDb.Catalog;
using PhantomDb.Errors;

namespace PhantomDb.Storage;

/// <summary>A sequence's position. It is no part of any transaction: what was taken is not given back.</summary>
internal sealed class SequenceStore
{
    private readonly Lock _lock = new();
    private SequenceDefinition _definition;
    private long _last;
    private bool _isCalled;

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

    /// <summary>Takes the next value.</summary>
    public long Next()
    {
        lock (_lock)
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

    /// <summary>setval: the next value is this, or the one after it where it counts as taken.</summary>
    public void Set(long value, bool isCalled)
    {
        if (value < Definition.Minimum || value > Definition.Maximum)
        {
            throw Error.SequenceValueOutOfBounds(Definition.Name, value, Definition.Minimum, Definition.Maximum);
        }
        lock (_lock)
        {
            _last = value;
            _isCalled = isCalled;
        }
    }
}
