using System.Text;
using PhantomDb.Benchmarks.Engines;
using PhantomDb.Benchmarks.Tpch;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>
/// The rows of the table kv: ids from 1; names of twelve letters; each value of n in ten rows that lie far apart. A row depends on its
/// id alone, so every side gets the same ones without keeping them in memory.
/// </summary>
internal sealed class KvTable
{
    public const string Create = "create table kv (id bigint primary key, name text, balance double precision, n int)";
    public const string Insert = "insert into kv values ($1, $2, $3, $4)";

    /// <summary>One row that depends on all of the table's content.</summary>
    public const string CheckQuery = "select count(*), sum(id), sum(n), sum(balance), min(name), max(name) from kv";

    private const long Stride = 7_368_787;      // a prime: multiplying by it scatters the ids
    private const int NameSize = 12;
    private const ulong Seed = 0x6B76;

    public KvTable(int rowCount)
    {
        RowCount = rowCount;
        GroupCount = rowCount / 10;
        RandomIds = MakeRandomIds(rowCount);
    }

    public int RowCount { get; }

    /// <summary>n runs from 0 to this - 1.</summary>
    public int GroupCount { get; }

    /// <summary>All ids, shuffled.</summary>
    public int[] RandomIds { get; }

    public int Group(long id) => (int)(id * Stride % RowCount % GroupCount);

    public void BindRow(IStatement insert, long id)
    {
        Span<byte> name = stackalloc byte[NameSize];
        var random = new RandomStream(Seed, 0, id);
        foreach (ref byte letter in name)
        {
            letter = (byte)('a' + random.Below(26));
        }

        insert.Bind(1, id);
        insert.Bind(2, name);
        insert.Bind(3, random.Between(0, 10_000_000) / 100.0);
        insert.Bind(4, Group(id));
    }

    /// <summary>The table anew, with all rows, by the engine's quickest way: by ascending ids, or in random order.</summary>
    public void Fill(IConnection connection, bool inRandomOrder = false)
    {
        connection.Execute("drop table if exists kv");
        connection.Execute(Create);
        connection.Execute("begin");
        using (IStatement insert = connection.PrepareBulkInsert("kv", columnCount: 4))
        {
            for (int i = 0; i < RowCount; i++)
            {
                BindRow(insert, inRandomOrder ? RandomIds[i] : i + 1);
                insert.Run();
            }
        }

        connection.Execute("commit");
    }

    private static int[] MakeRandomIds(int rowCount)
    {
        int[] ids = [.. Enumerable.Range(1, rowCount)];
        var random = new RandomStream(Seed, 1, 0);
        for (int i = ids.Length - 1; i > 0; i--)
        {
            int other = random.Below(i + 1);
            (ids[i], ids[other]) = (ids[other], ids[i]);
        }

        return ids;
    }
}
