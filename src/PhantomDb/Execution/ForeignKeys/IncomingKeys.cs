using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Storage;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.ForeignKeys;

/// <summary>A foreign key that refers to a table, and the keys of that table's changed rows, before and (UPDATE) after, row by row.</summary>
internal sealed class IncomingKeys(ConstraintDefinition constraint, TableDefinition child, TableDefinition parent, bool isDelete, StatementScope scope)
{
    private readonly RowBuffer _row = new([.. constraint.ReferencedColumns]);
    private readonly DataChunk _old = new(KeyText.TypesOf(parent, constraint.ReferencedColumns));
    private (ColumnarBuffer Old, ColumnarBuffer New)? _gone;

    public ConstraintDefinition Constraint => constraint;

    /// <summary>The table that is referred to.</summary>
    public TableDefinition Parent => parent;

    /// <summary>The table that refers.</summary>
    public TableDefinition Child => child;

    public bool IsDelete => isDelete;

    public ReferentialAction Action => isDelete ? constraint.OnDelete : constraint.OnUpdate;

    public ColumnarBuffer OldKeys { get; } = new(KeyText.TypesOf(parent, constraint.ReferencedColumns), scope.Statement.Memory);

    public ColumnarBuffer NewKeys { get; } = new(KeyText.TypesOf(parent, constraint.ReferencedColumns), scope.Statement.Memory);

    /// <summary>The rows that refer to some keys.</summary>
    public ReferencingRows Rows => new(constraint, child, parent, scope);

    public void ReadOld(TableStore store, long rowId, in ReadView view) => store.TryRead(rowId, view, _row);

    public void KeepOld()
    {
        RowBuffer.Clear(_old);
        _row.AppendTo(_old);
        KeyText.Seal(_old);
        OldKeys.Append(_old);
    }

    /// <summary>RESTRICT: a key that changes must not be referred to, even if another row has it now.</summary>
    public void TestRestrict()
    {
        if (Action == ReferentialAction.Restrict)
        {
            Test(GoneKeys().Old);
        }
    }

    /// <summary>NO ACTION: a key that no row has any more must not be referred to.</summary>
    public void TestNoAction()
    {
        if (Action == ReferentialAction.NoAction && GoneKeys().Old is { Count: > 0 } gone)
        {
            TestGone(gone);
        }
    }

    /// <summary>Throws 23503 where a key is referred to that no row has.</summary>
    public void TestGone(ColumnarBuffer keys) => Test(WithoutPresent(keys));

    /// <summary>Old keys without NULL that are not the row's key any more, and what became of them.</summary>
    public (ColumnarBuffer Old, ColumnarBuffer New) GoneKeys() => _gone ??= FindGone();

    private (ColumnarBuffer Old, ColumnarBuffer New) FindGone()
    {
        (ColumnarBuffer Old, ColumnarBuffer New) gone = (new(OldKeys.Types, scope.Statement.Memory), new(OldKeys.Types, scope.Statement.Memory));
        TableIndex index = scope.Tables[parent.Oid].FindIndex(constraint.ReferencedIndexOid)
            ?? throw Error.Internal($"foreign key {constraint.Name} has lost its index");
        DataChunk before = new(OldKeys.Types);
        DataChunk after = new(OldKeys.Types);
        int[] selection = new int[Math.Min(DataChunk.Capacity, OldKeys.Count)];
        for (int block = 0; block < OldKeys.BlockCount; block++)
        {
            OldKeys.Read(block, before);
            if (!isDelete)
            {
                NewKeys.Read(block, after);
            }
            int count = 0;
            for (int i = 0; i < before.Count; i++)
            {
                if (!KeyText.HasNull(before, i) && (isDelete || !HasSameKey(index, before, after, i)))
                {
                    selection[count++] = i;
                }
            }
            gone.Old.Append(before.Vectors, selection, count);
            if (!isDelete)
            {
                gone.New.Append(after.Vectors, selection, count);
            }
        }
        return gone;
    }

    private bool HasSameKey(TableIndex index, DataChunk before, DataChunk after, int position)
    {
        RowBuffer row = new(index.ColumnNumbers);
        Storage.Indexes.KeyWriter old = index.NewKeyWriter();
        Storage.Indexes.KeyWriter current = index.NewKeyWriter();
        Encode(before, old);
        Encode(after, current);
        return old.Key.SequenceEqual(current.Key);

        void Encode(DataChunk keys, Storage.Indexes.KeyWriter key)
        {
            for (int i = 0; i < constraint.ReferencedColumns.Count; i++)
            {
                row.SetFrom(Array.IndexOf(index.ColumnNumbers, constraint.ReferencedColumns[i]), keys.Vectors[i], position);
            }
            index.Encode(key, row, 0);
        }
    }

    private ColumnarBuffer WithoutPresent(ColumnarBuffer keys)
    {
        ColumnarBuffer absent = new(keys.Types, scope.Statement.Memory);
        ReferencedRows parents = new(constraint, parent, constraint.ReferencedColumns, scope);
        DataChunk chunk = new(keys.Types);
        int[] selection = new int[Math.Min(DataChunk.Capacity, keys.Count)];
        for (int block = 0; block < keys.BlockCount; block++)
        {
            keys.Read(block, chunk);
            int count = 0;
            for (int i = 0; i < chunk.Count; i++)
            {
                if (!parents.Has(chunk, i, scope.Transaction.NewestView))
                {
                    selection[count++] = i;
                }
            }
            absent.Append(chunk.Vectors, selection, count);
        }
        return absent;
    }

    private void Test(ColumnarBuffer keys) => Rows.Find(keys, RowLockMode.KeyShare, (_, place) =>
    {
        DataChunk chunk = new(keys.Types);
        keys.Read(place / DataChunk.Capacity, chunk);
        string key = KeyText.Describe(parent, constraint.ReferencedColumns, chunk, place % DataChunk.Capacity, scope);
        throw new PhantomDbException(SqlStates.ForeignKeyViolation,
            $"update or delete on table \"{parent.Name}\" violates foreign key constraint \"{constraint.Name}\" on table \"{child.Name}\"")
        {
            Detail = $"{key} is still referenced from table \"{child.Name}\".",
            SchemaName = child.Schema, TableName = child.Name, ConstraintName = constraint.Name,
        };
    });
}
