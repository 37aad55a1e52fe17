using System.Diagnostics;
using PhantomDb.Benchmarks.Engines;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>One engine with the table kv: brings it into the state that a test needs, and runs operations against the clock.</summary>
internal sealed class KvSide : IDisposable
{
    private const int OperationsPerClockCall = 64;

    private readonly KvTable _table;
    private bool _isFull;

    public KvSide(IEngine engine, KvTable table)
    {
        Engine = engine;
        _table = table;
        Connection = engine.Connect();
    }

    public IEngine Engine { get; }

    public IConnection Connection { get; }

    /// <summary>Untimed. A table that is as first made is used again.</summary>
    public void Prepare(KvState state, IReadOnlyList<string> indexes)
    {
        DropIndexes();
        bool inRandomOrder = state is KvState.FullInRandomOrder or KvState.ChangingInRandomOrder or KvState.FullInRandomOrderForEachRun;
        if (state == KvState.EmptyForEachRun)
        {
            Connection.Execute("drop table if exists kv");
            Connection.Execute(KvTable.Create);
            _isFull = false;
        }
        else if (!_isFull || inRandomOrder)
        {
            _table.Fill(Connection, inRandomOrder);
            _isFull = true;
        }

        _isFull &= state == KvState.Full;
        foreach (string column in indexes)
        {
            Connection.Execute($"create index kv_{column} on kv ({column})");
        }
    }

    /// <summary>Operations first … until the count or the time is used up. Only this is timed.</summary>
    public static KvRun Run(KvOperation operation, int first, int countMax, TimeSpan budget)
    {
        long checksum = 0;
        int count = 0;
        long start = Stopwatch.GetTimestamp();
        do
        {
            int end = Math.Min(count + OperationsPerClockCall, countMax);
            for (; count < end; count++)
            {
                checksum += operation.Operate(first + count);
            }
        }
        while (count < countMax && Stopwatch.GetElapsedTime(start) < budget);
        return new KvRun(count, Stopwatch.GetElapsedTime(start).TotalSeconds, checksum);
    }

    public void Dispose()
    {
        Connection.Dispose();
        Engine.Dispose();
    }

    private void DropIndexes()
    {
        Connection.Execute("drop index if exists kv_n");
        Connection.Execute("drop index if exists kv_name");
    }
}

internal readonly record struct KvRun(int Count, double Seconds, long Checksum)
{
    public double Rate => Count / Seconds;
}
