using System.Diagnostics;
using PhantomDb.Storage;
using PhantomDb.Vectors;

namespace PhantomDb.Transactions;

/// <summary>
/// One session's transaction: what it sees, what it changes, and how all or the last of it is undone. Reusable: begun
/// again after it has ended. One thread at a time. Statements tell when they begin; what they mean it does not know.
/// </summary>
internal sealed class Transaction
{
    private const int LongReaderCommits = 256;      // a reader that has missed so many may have been waited for
    private const int ReadsBetweenCleanups = 64;   // the last versions go even if nobody writes any more

    private readonly TransactionManager _manager;
    private readonly ReaderSlot _slot;
    private readonly WriteList _writes = new();
    private readonly List<RowRange> _inserted = [];
    private TransactionStamp? _stamp;
    private int _command;
    private int _readCount;
    private bool _ownsWriteLock;
    private bool _isStampCopied;   // an altered table's versions refer to it too

    internal Transaction(TransactionManager manager)
    {
        _manager = manager;
        _slot = manager.Timestamps.Rent();
    }

    public bool IsActive { get; private set; }

    public bool IsReadOnly { get; private set; }

    public bool HasWritten => _writes.Count > 0;

    /// <summary>What the current statement sees.</summary>
    public ReadView View { get; private set; }

    public long ReadTimestamp => View.Timestamp;

    public void Begin(bool isReadOnly = false)
    {
        Debug.Assert(!IsActive);
        IsActive = true;
        IsReadOnly = isReadOnly;
        _command = 0;
        View = new ReadView(_slot.Enter());
    }

    /// <summary>
    /// Begins a statement that reads: it sees what is committed by now, and the transaction's earlier statements. The
    /// statement before must have been read to its end; a result that is read on beside others holds a slot of its own
    /// (<see cref="ReaderSlot.EnterAt"/>) from before this call.
    /// </summary>
    public void BeginReading()
    {
        Debug.Assert(IsActive);
        _command++;
        View = new ReadView(_slot.Enter(), _stamp, _command);
    }

    /// <summary>
    /// Begins a statement that writes: waits for the write lock, which the transaction then keeps until it ends, and only
    /// then takes the read timestamp. So no row that it sees has been changed by a later commit: where row locks replace
    /// the lock, that has to be looked at here.
    /// </summary>
    public void BeginWriting(CancellationToken cancellation = default)
    {
        Debug.Assert(IsActive && !IsReadOnly);
        if (!_ownsWriteLock)
        {
            _slot.Leave();   // a waiting writer must not hold versions back
            _manager.WriteLock.Enter(this, cancellation);
            _ownsWriteLock = true;
            _stamp ??= new TransactionStamp();
        }
        BeginReading();
    }

    /// <summary>Inserts one row; gives its row id.</summary>
    public long Insert(TableStore table, RowBuffer row)
    {
        Debug.Assert(_ownsWriteLock);
        long rowId = table.Insert(row, _stamp!, _command);
        _writes.Add(table, WriteKind.Insert, rowId, 1);
        return rowId;
    }

    /// <summary>Inserts a chunk's rows.</summary>
    public void Insert(TableStore table, DataChunk chunk)
    {
        Debug.Assert(_ownsWriteLock);
        _inserted.Clear();
        try
        {
            table.Insert(chunk, _stamp!, _command, _inserted);
        }
        finally
        {
            foreach (RowRange range in _inserted)
            {
                _writes.Add(table, WriteKind.Insert, range.FirstRowId, range.Count);
            }
        }
    }

    /// <summary>Changes the buffer's columns of one row.</summary>
    public void Update(TableStore table, long rowId, RowBuffer values)
    {
        Debug.Assert(_ownsWriteLock);
        table.Update(rowId, values, _stamp!, _command);
        _writes.Add(table, WriteKind.Update, rowId, 1, values.Count);
    }

    /// <summary>
    /// Changes columns of a chunk's rows: row ids at one vector, values at others, both at the chunk's selected positions.
    /// </summary>
    public void Update(TableStore table, DataChunk chunk, int rowIdVector, RowBuffer columns, ReadOnlySpan<int> valueVectors)
    {
        ReadOnlySpan<long> rowIds = chunk.Vectors[rowIdVector].Values<long>();
        for (int i = 0; i < chunk.Count; i++)
        {
            int position = chunk.Position(i);
            for (int value = 0; value < valueVectors.Length; value++)
            {
                columns.SetFrom(value, chunk.Vectors[valueVectors[value]], position);
            }
            Update(table, rowIds[position], columns);
        }
    }

    /// <summary>Removes one row.</summary>
    public void Delete(TableStore table, long rowId)
    {
        Debug.Assert(_ownsWriteLock);
        table.Delete(rowId, _stamp!, _command);
        _writes.Add(table, WriteKind.Delete, rowId, 1);
    }

    /// <summary>
    /// Gives the table under a new definition (<see cref="TableStore.Altered"/>), with this transaction's changes in it.
    /// <see cref="TransactionManager.Publish"/> puts it in place when the transaction commits; until then it is the transaction's.
    /// </summary>
    public TableStore Alter(TableStore table, Catalog.TableDefinition definition, RowBuffer? addedValues = null)
    {
        Debug.Assert(_ownsWriteLock);
        _isStampCopied = true;
        return table.Altered(definition, addedValues);
    }

    /// <summary>The place to undo to: the start of a statement, or a savepoint.</summary>
    public int Mark() => _writes.Mark();

    /// <summary>Undoes all changes since a mark; the transaction goes on.</summary>
    public void UndoTo(int mark) => _writes.UndoTo(mark);

    /// <summary>Makes all changes visible to others, and ends the transaction.</summary>
    public void Commit()
    {
        Debug.Assert(IsActive);
        if (_writes.Count > 0)
        {
            long commitTimestamp = _manager.Commit(_stamp!);
            _slot.Leave();   // or this reader would be older than its own commit
            if (_manager.CleanUpAfter(_writes, commitTimestamp) && !_isStampCopied)
            {
                _stamp!.Reset();
            }
            else
            {
                _stamp = null;
            }
        }
        else if (_isStampCopied)
        {
            _stamp = null;
        }
        End();
    }

    /// <summary>Undoes all changes and ends the transaction.</summary>
    public void Rollback()
    {
        Debug.Assert(IsActive);
        _writes.UndoTo(0);
        _stamp = _isStampCopied ? null : _stamp;
        End();
    }

    /// <summary>Gives the session's slot back; the transaction is not used again.</summary>
    public void Close()
    {
        if (IsActive)
        {
            Rollback();
        }
        _manager.Timestamps.Return(_slot);
    }

    private void End()
    {
        _writes.Clear();
        _isStampCopied = false;
        _slot.Leave();
        if (_ownsWriteLock)
        {
            _ownsWriteLock = false;
            _manager.WriteLock.Leave(this);
        }
        else if (_manager.Timestamps.Visible - View.Timestamp > LongReaderCommits || ++_readCount % ReadsBetweenCleanups == 0)
        {
            _manager.CleanUpWaiting();
        }
        IsActive = false;
        View = default;
    }
}
