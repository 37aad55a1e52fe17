using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Tests.Storage;

/// <summary>The table kv(id bigint primary key, name text, balance double precision, n int) with an index on n, and its database.</summary>
internal sealed class KvTable
{
    public const int Id = 0, Name = 1, Balance = 2, N = 3;

    public static readonly int[] AllColumns = [Id, Name, Balance, N];

    public KvTable(MemoryAccount? account = null, bool withIndexOnN = true)
    {
        Storage = new DatabaseStorage(account);
        Manager = new TransactionManager(Storage);
        Table = Storage.NewTable(Definition(withIndexOnN));
        Storage.SetTable(Table);
        Row = Table.NewRowBuffer();
    }

    public DatabaseStorage Storage { get; }

    public TransactionManager Manager { get; }

    public TableStore Table { get; }

    /// <summary>For the writer's thread.</summary>
    public RowBuffer Row { get; }

    public TableIndex PrimaryKey => Table.FindIndex(101)!;

    public TableIndex IndexOnN => Table.FindIndex(102)!;

    public static TableDefinition Definition(bool withIndexOnN = true) => new(100, "public", "kv",
    [
        new ColumnDefinition("id", SqlType.Int64, Id) { IsNotNull = true },
        new ColumnDefinition("name", SqlType.Text, Name),
        new ColumnDefinition("balance", SqlType.Double, Balance),
        new ColumnDefinition("n", SqlType.Int32, N),
    ])
    {
        Indexes = withIndexOnN ? [Pk(), OnN()] : [Pk()],
        Constraints = [new ConstraintDefinition(103, "kv_pkey", ConstraintKind.PrimaryKey) { Columns = [Id], IndexOid = 101 }],
    };

    public static IndexDefinition Pk() =>
        new(101, "kv_pkey", 100, [new IndexColumn(Id, false, false)]) { IsUnique = true, IsConstraint = true };

    public static IndexDefinition OnN() => new(102, "kv_n", 100, [new IndexColumn(N, false, false)]);

    public long Insert(Transaction transaction, long id, string? name, double balance, int? n)
    {
        Row.Set(Id, id);
        SetText(Row, Name, name);
        Row.Set(Balance, balance);
        if (n is null)
        {
            Row.SetNull(N);
        }
        else
        {
            Row.Set(N, n.Value);
        }
        return transaction.Insert(Table, Row);
    }

    public static void SetText(RowBuffer row, int index, string? text)
    {
        if (text is null)
        {
            row.SetNull(index);
        }
        else
        {
            row.SetBytes(index, Encoding.UTF8.GetBytes(text));
        }
    }

    /// <summary>Runs changes as one committed transaction.</summary>
    public void Commit(Action<Transaction> changes)
    {
        Transaction transaction = Manager.NewTransaction();
        transaction.Begin();
        transaction.BeginWriting();
        changes(transaction);
        transaction.Commit();
        transaction.Close();
    }

    public static DataChunk NewChunk(bool withRowIds = false)
    {
        List<PhysicalType> types = [PhysicalType.Int64, PhysicalType.String, PhysicalType.Double, PhysicalType.Int32];
        if (withRowIds)
        {
            types.Add(PhysicalType.Int64);
        }
        return new DataChunk(types);
    }

    /// <summary>All rows that a view sees, by id.</summary>
    public Dictionary<long, KvRow> Scan(in ReadView view)
    {
        var rows = new Dictionary<long, KvRow>();
        TableScan.Worker worker = Table.Scan(AllColumns, view, withRowIds: true).NewWorker();
        DataChunk chunk = NewChunk(withRowIds: true);
        while (worker.TryNext(chunk))
        {
            for (int i = 0; i < chunk.Count; i++)
            {
                int position = chunk.Position(i);
                rows.Add(chunk.Vectors[Id].Values<long>()[position], new KvRow(
                    chunk.Vectors[Name].IsValid(position)
                        ? Encoding.UTF8.GetString(StringView.Bytes(in chunk.Vectors[Name].Data<StringView>()[position], chunk.Vectors[Name].Blocks))
                        : null,
                    chunk.Vectors[Balance].Values<double>()[position],
                    chunk.Vectors[N].IsValid(position) ? chunk.Vectors[N].Values<int>()[position] : null,
                    chunk.Vectors[4].Values<long>()[position]));
            }
        }
        return rows;
    }
}

internal sealed record KvRow(string? Name, double Balance, int? N, long RowId);
