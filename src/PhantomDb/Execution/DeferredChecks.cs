using System.Collections.Immutable;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Execution.ForeignKeys;
using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// What a session's transaction still has to check, and when: deferrable unique keys at the end of each statement, deferred
/// constraints when the transaction commits, or at SET CONSTRAINTS … IMMEDIATE. Rows are looked at as they are then; so a
/// row that is gone or has another key by then is no longer an offence. Charged to an account of its own.
/// </summary>
/// <remarks>
/// Three lists that only grow, so that a savepoint is three lengths: doubtful unique keys (in the transaction); rows with new
/// foreign keys, as places in the write list, which is cut back by itself; keys that have gone. What SET CONSTRAINTS has
/// tested stays while there are savepoints, marked, since ROLLBACK TO may bring it back.
/// </remarks>
internal sealed class DeferredChecks(Transaction transaction, MemoryAccount account)
{
    private const int RangeSize = 16;

    private readonly List<NewKeys> _newKeys = [];
    private readonly List<GoneKeys> _goneKeys = [];
    private int _lastMarkDoubts;
    private int _lastMarkNewKeys;
    private int _lastMarkGoneKeys;
    private bool? _allDeferred;
    private ImmutableDictionary<int, bool> _modes = ImmutableDictionary<int, bool>.Empty;

    /// <summary>Rows of a table, written between two places of the write list, whose foreign key may have no partner.</summary>
    private record struct NewKeys(int TableOid, int ConstraintOid, int FirstWrite, int EndWrite, bool IsTested);

    /// <summary>Keys that a table's rows had, and that may be referred to.</summary>
    private sealed class GoneKeys(int parentOid, int childOid, int constraintOid, ColumnarBuffer keys, MemoryAccount memory)
    {
        public int ParentOid => parentOid;

        public int ChildOid => childOid;

        public int ConstraintOid => constraintOid;

        public ColumnarBuffer Keys => keys;

        /// <summary>What the keys are charged to.</summary>
        public MemoryAccount Memory => memory;

        public bool IsTested { get; set; }
    }

    /// <summary>A place to go back to: a savepoint.</summary>
    public readonly record struct Mark(int DoubtCount, int NewKeysCount, int GoneKeysCount, bool? AllDeferred, ImmutableDictionary<int, bool> Modes);

    /// <summary>True where nothing is left to check at commit.</summary>
    public bool IsEmpty => _newKeys.Count == 0 && _goneKeys.Count == 0 && transaction.Doubts.Count == 0;

    /// <summary>True where a constraint is not to be checked before the end of the transaction.</summary>
    public bool IsDeferred(ConstraintDefinition constraint) =>
        constraint.IsDeferrable && (_modes.TryGetValue(constraint.Oid, out bool isDeferred) ? isDeferred : _allDeferred ?? constraint.IsInitiallyDeferred);

    /// <summary>True where checks of a table's rows are outstanding: its definition cannot be changed then.</summary>
    public bool HasPending(int tableOid)
    {
        for (int i = 0; i < transaction.Doubts.Count; i++)
        {
            if (transaction.Doubts[i] is { IsTested: false } doubt && doubt.TableOid == tableOid)
            {
                return true;
            }
        }
        return _newKeys.Exists(k => !k.IsTested && k.TableOid == tableOid) || _goneKeys.Exists(k => !k.IsTested && k.ParentOid == tableOid);
    }

    /// <summary>SET CONSTRAINTS: some constraints, or (null) all. What is not deferred any more is to be tested by the caller.</summary>
    public void Set(IReadOnlyList<int>? constraintOids, bool isDeferred)
    {
        if (constraintOids is null)
        {
            _allDeferred = isDeferred;
            _modes = _modes.Clear();
            return;
        }
        foreach (int oid in constraintOids)
        {
            _modes = _modes.SetItem(oid, isDeferred);
        }
    }

    /// <summary>Notes the rows of a table that were written between two places of the write list.</summary>
    public void AddNewKeys(TableDefinition table, ConstraintDefinition constraint, int firstWrite, int endWrite)
    {
        if (_newKeys.Count > _lastMarkNewKeys && _newKeys[^1] is { IsTested: false } last && last.ConstraintOid == constraint.Oid && last.EndWrite == firstWrite)
        {
            _newKeys[^1] = last with { EndWrite = endWrite };
            return;
        }
        account.Charge(RangeSize);
        _newKeys.Add(new NewKeys(table.Oid, constraint.Oid, firstWrite, endWrite, IsTested: false));
    }

    /// <summary>Notes keys that have gone from a table.</summary>
    public void AddGoneKeys(TableDefinition parent, TableDefinition child, ConstraintDefinition constraint, ColumnarBuffer keys)
    {
        if (keys.Count == 0)
        {
            return;
        }
        if (_goneKeys.Count <= _lastMarkGoneKeys || _goneKeys[^1] is not { IsTested: false } last || last.ConstraintOid != constraint.Oid)
        {
            MemoryAccount memory = account.Sibling();
            last = new GoneKeys(parent.Oid, child.Oid, constraint.Oid, new ColumnarBuffer(keys.Types, memory), memory);
            _goneKeys.Add(last);
        }
        last.Keys.Append(keys);
    }

    /// <summary>
    /// At the end of a statement: throws 23505 for the first key that is doubtful since a place in the list, and that another row
    /// has; but for deferred constraints.
    /// </summary>
    public void TestStatement(StatementScope scope, int firstDoubt, bool primaryKeysOnly = false)
    {
        if (transaction.Doubts.Count > firstDoubt)
        {
            TestDoubts(scope, firstDoubt, isCommit: false, primaryKeysOnly);
        }
    }

    /// <summary>SET CONSTRAINTS … IMMEDIATE: tests what is outstanding of constraints that are not deferred any more.</summary>
    public void TestImmediate(StatementScope scope) => Test(scope, isCommit: false);

    /// <summary>Before a commit: tests all that is outstanding.</summary>
    public void TestAll(StatementScope scope) => Test(scope, isCommit: true);

    public Mark Savepoint()
    {
        _lastMarkDoubts = transaction.Doubts.Count;
        _lastMarkNewKeys = _newKeys.Count;
        _lastMarkGoneKeys = _goneKeys.Count;
        return new Mark(transaction.Doubts.Count, _newKeys.Count, _goneKeys.Count, _allDeferred, _modes);
    }

    public void RollbackTo(in Mark mark)
    {
        transaction.Doubts.CutTo(mark.DoubtCount);
        for (int i = 0; i < transaction.Doubts.Count; i++)
        {
            transaction.Doubts[i].IsTested = false;
        }
        account.Release((_newKeys.Count - mark.NewKeysCount) * RangeSize);
        _newKeys.RemoveRange(mark.NewKeysCount, _newKeys.Count - mark.NewKeysCount);
        for (int i = 0; i < _newKeys.Count; i++)
        {
            _newKeys[i] = _newKeys[i] with { IsTested = false };
        }
        foreach (GoneKeys keys in _goneKeys.Skip(mark.GoneKeysCount))
        {
            keys.Memory.ReleaseAll();
        }
        _goneKeys.RemoveRange(mark.GoneKeysCount, _goneKeys.Count - mark.GoneKeysCount);
        _goneKeys.ForEach(keys => keys.IsTested = false);
        _lastMarkDoubts = mark.DoubtCount;
        _lastMarkNewKeys = mark.NewKeysCount;
        _lastMarkGoneKeys = mark.GoneKeysCount;
        (_allDeferred, _modes) = (mark.AllDeferred, mark.Modes);
    }

    /// <summary>The transaction is over.</summary>
    public void Clear()
    {
        if (_newKeys.Count + _goneKeys.Count > 0)
        {
            RollbackTo(new Mark(0, 0, 0, null, _modes));
        }
        (_lastMarkDoubts, _lastMarkNewKeys, _lastMarkGoneKeys) = (0, 0, 0);
        (_allDeferred, _modes) = (null, ImmutableDictionary<int, bool>.Empty);
    }

    private void Test(StatementScope scope, bool isCommit)
    {
        TestDoubts(scope, 0, isCommit);
        for (int i = 0; i < _newKeys.Count; i++)
        {
            if (!_newKeys[i].IsTested && FindDue(scope, _newKeys[i].TableOid, _newKeys[i].ConstraintOid, isCommit) is { } due)
            {
                Test(scope, due.Table, due.Constraint, _newKeys[i]);
                _newKeys[i] = _newKeys[i] with { IsTested = true };
            }
        }
        foreach (GoneKeys keys in _goneKeys)
        {
            if (!keys.IsTested && FindDue(scope, keys.ChildOid, keys.ConstraintOid, isCommit) is { } due)
            {
                new IncomingKeys(due.Constraint, due.Table, scope.Catalog.GetTable(keys.ParentOid), isDelete: true, scope).TestGone(keys.Keys);
                keys.IsTested = true;
            }
        }
    }

    // Null where the constraint is gone, or may wait.
    private (TableDefinition Table, ConstraintDefinition Constraint)? FindDue(StatementScope scope, int tableOid, int constraintOid, bool isCommit) =>
        scope.Catalog.Find(tableOid) is TableDefinition table && table.Constraints.FirstOrDefault(c => c.Oid == constraintOid) is { } constraint
        && (isCommit || !IsDeferred(constraint)) ? (table, constraint) : null;

    private void Test(StatementScope scope, TableDefinition table, ConstraintDefinition constraint, NewKeys rows)
    {
        OutgoingKeys key = new(constraint, table, scope);
        TableStore store = scope.Tables[table.Oid];
        RowBuffer row = new([.. constraint.Columns]);
        DataChunk chunk = new(key.Keys.Types);
        RowBuffer.Clear(chunk);
        foreach (WriteList.Entry entry in transaction.WritesBetween(rows.FirstWrite, rows.EndWrite))
        {
            if (entry.Table.Definition.Oid != table.Oid || entry.Kind == WriteKind.Delete)
            {
                continue;
            }
            for (long rowId = entry.FirstRowId; rowId < entry.FirstRowId + entry.RowCount; rowId++)
            {
                if (!store.TryRead(rowId, transaction.NewestView, row))
                {
                    continue;
                }
                row.AppendTo(chunk);
                if (chunk.Count == DataChunk.Capacity)
                {
                    Take();
                }
            }
        }
        Take();
        key.Test();

        void Take()
        {
            scope.Statement.ThrowIfCancelled();
            KeyText.Seal(chunk);
            key.Keys.Append(chunk);
            RowBuffer.Clear(chunk);
        }
    }

    // Tested entries go, as far as no savepoint may bring them back.
    private void TestDoubts(StatementScope scope, int first, bool isCommit, bool primaryKeysOnly = false)
    {
        KeyDoubts doubts = transaction.Doubts;
        int kept = first;
        for (int i = first; i < doubts.Count; i++)
        {
            if ((i & 1023) == 0)
            {
                scope.Statement.ThrowIfCancelled();
            }
            KeyDoubt doubt = doubts[i];
            if (!doubt.IsTested && IsDue(scope, doubt, isCommit, primaryKeysOnly))
            {
                Test(scope, doubt);
                doubt.IsTested = true;
            }
            if (!doubt.IsTested || i < _lastMarkDoubts)
            {
                doubts[kept++] = doubt;
            }
        }
        doubts.CutTo(kept);
    }

    private bool IsDue(StatementScope scope, in KeyDoubt doubt, bool isCommit, bool primaryKeysOnly)
    {
        int indexOid = doubt.IndexOid;
        return isCommit || scope.Catalog.Find(doubt.TableOid) is not TableDefinition table
            || table.Constraints.FirstOrDefault(c => c.IndexOid == indexOid) is not { } constraint
            || (!IsDeferred(constraint) && (!primaryKeysOnly || constraint.Kind == ConstraintKind.PrimaryKey));
    }

    private void Test(StatementScope scope, in KeyDoubt doubt)
    {
        if (!scope.Tables.TryGetValue(doubt.TableOid, out TableStore? table) || table.FindIndex(doubt.IndexOid) is not { } index)
        {
            return;   // dropped meanwhile
        }
        try
        {
            transaction.TestKey(table, index, doubt.RowId);
        }
        catch (PhantomDbException failure) when (failure.ConflictingRowId >= 0)
        {
            throw KeyText.WithKey(failure, scope);
        }
    }
}
