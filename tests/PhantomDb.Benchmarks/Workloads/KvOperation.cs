using System.Globalization;
using PhantomDb.Benchmarks.Engines;
using PhantomDb.Benchmarks.Tpch;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>
/// One kind of single-row work with its prepared statements. <see cref="Operate"/> does it once for the i-th time and returns a number
/// that depends on every value read: equal numbers on all sides mean equal answers.
/// </summary>
internal abstract class KvOperation(KvTable table) : IDisposable
{
    private readonly List<IStatement> _statements = [];

    protected KvTable Table { get; } = table;

    public abstract long Operate(int i);

    public void Dispose() => _statements.ForEach(statement => statement.Dispose());

    protected IStatement Own(IStatement statement)
    {
        _statements.Add(statement);
        return statement;
    }

    /// <summary>The i-th id of a sequence without order.</summary>
    protected int RandomId(int i) => Table.RandomIds[i % Table.RowCount];

    /// <summary>A random id; unlike <see cref="RandomId"/> it costs no access to memory that the processor has not cached.</summary>
    protected static int Scatter(int i, int count) => (int)((uint)(RandomStream.Mix((ulong)i) >> 32) * (ulong)(uint)count >> 32);

    protected static long Bits(double value) => BitConverter.DoubleToInt64Bits(value);
}

internal sealed class PointSelect : KvOperation
{
    private readonly IStatement _select;

    public PointSelect(IConnection connection, KvTable table)
        : base(table) => _select = Own(connection.Prepare("select name, balance, n from kv where id = $1"));

    public override long Operate(int i)
    {
        long checksum = 0;
        _select.Bind(1, 1L + Scatter(i, Table.RowCount));
        while (_select.Next())
        {
            checksum += _select.GetText(0)[0] + Bits(_select.GetDouble(1)) + _select.GetInt64(2);
        }

        return checksum;
    }
}

internal sealed class PointSelectOfNewText(IConnection connection, KvTable table) : KvOperation(table)
{
    public override long Operate(int i)
    {
        long checksum = 0;
        int id = 1 + Scatter(i, Table.RowCount);
        using IStatement select = connection.PrepareVerbatim(
            string.Create(CultureInfo.InvariantCulture, $"select name, balance, n from kv where id = {id}"));
        while (select.Next())
        {
            checksum += select.GetText(0)[0] + Bits(select.GetDouble(1)) + select.GetInt64(2);
        }

        return checksum;
    }
}

internal sealed class SecondaryIndexSelect : KvOperation
{
    private readonly IStatement _select;

    public SecondaryIndexSelect(IConnection connection, KvTable table)
        : base(table) => _select = Own(connection.Prepare("select id, name, balance from kv where n = $1"));

    public override long Operate(int i)
    {
        long checksum = 0;
        _select.Bind(1, Scatter(i, Table.GroupCount));
        while (_select.Next())
        {
            checksum += _select.GetInt64(0) + _select.GetText(1)[0] + Bits(_select.GetDouble(2));
        }

        return checksum;
    }
}

internal sealed class RangeSelect : KvOperation
{
    private const int RangeSize = 100;

    private readonly IStatement _select;

    public RangeSelect(IConnection connection, KvTable table)
        : base(table) => _select = Own(connection.Prepare("select id, name, balance from kv where id between $1 and $2"));

    public override long Operate(int i)
    {
        long checksum = 0;
        long first = 1L + Scatter(i, Table.RowCount - RangeSize);
        _select.Bind(1, first);
        _select.Bind(2, first + RangeSize - 1);
        while (_select.Next())
        {
            checksum += _select.GetInt64(0) + _select.GetText(1)[0] + Bits(_select.GetDouble(2));
        }

        return checksum;
    }
}

internal sealed class UpdateByKey : KvOperation
{
    private readonly IStatement _update;

    public UpdateByKey(IConnection connection, KvTable table)
        : base(table) => _update = Own(connection.Prepare("update kv set balance = $1 where id = $2"));

    public override long Operate(int i)
    {
        _update.Bind(1, i * 0.25);
        _update.Bind(2, 1L + Scatter(i, Table.RowCount));
        _update.Run();
        return 0;
    }
}

internal sealed class UpdateOfIndexedColumn : KvOperation
{
    private readonly IStatement _update;

    public UpdateOfIndexedColumn(IConnection connection, KvTable table)
        : base(table) => _update = Own(connection.Prepare("update kv set n = $1 where id = $2"));

    public override long Operate(int i)
    {
        // Never the old value: that would leave the index alone.
        int id = 1 + Scatter(i, Table.RowCount);
        _update.Bind(1, Table.GroupCount + i);
        _update.Bind(2, (long)id);
        _update.Run();
        return 0;
    }
}

internal sealed class TransactionOfTwoUpdates : KvOperation
{
    private readonly IStatement _begin;
    private readonly IStatement _update;
    private readonly IStatement _commit;

    public TransactionOfTwoUpdates(IConnection connection, KvTable table)
        : base(table)
    {
        _begin = Own(connection.Prepare("begin"));
        _update = Own(connection.Prepare("update kv set balance = balance + $1 where id = $2"));
        _commit = Own(connection.Prepare("commit"));
    }

    public override long Operate(int i)
    {
        _begin.Run();
        Update(1.5, Scatter(2 * i, Table.RowCount));
        Update(-1.5, Scatter(2 * i + 1, Table.RowCount));
        _commit.Run();
        return 0;
    }

    private void Update(double amount, int place)
    {
        _update.Bind(1, amount);
        _update.Bind(2, 1L + place);
        _update.Run();
    }
}

/// <summary>Deletes all rows, in the order in which a table filled in random order got them, or in another order without order.</summary>
internal sealed class DeleteByKey : KvOperation
{
    private const long Stride = 7919;   // a prime that does not divide the number of rows: each row comes once

    private readonly IStatement _delete;
    private readonly long _stride;

    public DeleteByKey(IConnection connection, KvTable table, bool inOrderOfInserts)
        : base(table)
    {
        _delete = Own(connection.Prepare("delete from kv where id = $1"));
        _stride = inOrderOfInserts ? 1 : Stride;
    }

    public override long Operate(int i)
    {
        _delete.Bind(1, (long)RandomId((int)(i * _stride % Table.RowCount)));
        _delete.Run();
        return 0;
    }
}

/// <summary>Inserts rows with the ids that follow those in the table.</summary>
internal sealed class InsertAfter : KvOperation
{
    private readonly IStatement _insert;

    public InsertAfter(IConnection connection, KvTable table)
        : base(table) => _insert = Own(connection.Prepare(KvTable.Insert));

    public override long Operate(int i)
    {
        Table.BindRow(_insert, 1L + Table.RowCount + i);
        _insert.Run();
        return 0;
    }
}

/// <summary>Inserts the table's own rows into an empty one, by ascending ids or in random order.</summary>
internal sealed class InsertIntoEmpty : KvOperation
{
    private readonly IStatement _insert;
    private readonly bool _ascending;

    public InsertIntoEmpty(IConnection connection, KvTable table, bool ascending)
        : base(table)
    {
        _insert = Own(connection.Prepare(KvTable.Insert));
        _ascending = ascending;
    }

    public override long Operate(int i)
    {
        Table.BindRow(_insert, _ascending ? i + 1L : RandomId(i));
        _insert.Run();
        return 0;
    }
}
