using System.Collections.Concurrent;
using System.Diagnostics;

namespace PhantomDb.Fuzz.Transactions;

/// <summary>
/// Records what transactions read and write: points, ranges, groups by an index and whole scans; updates of one row and of a
/// group, inserts, rows that go and come again, and changes that a savepoint takes back. Rows with odd keys are not there at the
/// start and never go again, so a missing row is a version as well. Each write brings a value of its own.
/// </summary>
public sealed class HistoryRound
{
    private const int WritesOfTransactionMax = 100;
    private const int Groups = 3;

    private readonly Round _round;
    private readonly HistoryLevel _level;
    private readonly int _keys;
    private readonly ConcurrentBag<CommittedTransaction> _history = [];
    private int _last;
    private int _lastSession;

    private HistoryRound(Round round, HistoryLevel level)
    {
        _round = round;
        _level = level;
        _keys = round.Random.Next(4) switch { 0 => 4, 1 => 30, _ => 10 };
    }

    public static void Run(Round round, HistoryLevel level) => new HistoryRound(round, level).Run();

    private void Run()
    {
        _round.Prepare("CREATE TABLE r (k int PRIMARY KEY, g int, v bigint, old bigint)", "CREATE INDEX ON r (g)",
            $"INSERT INTO r SELECT i, i % {Groups}, 0, 0 FROM generate_series(0, {_keys - 1}, 2) i");
        _round.Run((session, random) =>
        {
            var worker = new Worker(this, session, random, Interlocked.Increment(ref _lastSession));
            return worker.Transaction;
        });
        string problem = HistoryChecker.Check([.. _history], _level);
        _round.Check(problem.Length == 0, problem);
    }

    private sealed class Worker(HistoryRound run, Session session, Random random, int number)
    {
        private readonly PreparedStatement _point = session.Prepare("SELECT v FROM r WHERE k = $1");
        private readonly PreparedStatement _update = session.Prepare("UPDATE r SET old = v, v = $2 WHERE k = $1 RETURNING old");
        private readonly List<(int Key, long Value)> _reads = [];
        private Dictionary<int, (long Old, long New)> _writes = [];
        private Dictionary<int, long> _seen = [];
        private int _id;
        private int _writeCount;
        private long _firstStatementDone;

        public void Transaction()
        {
            _id = Interlocked.Increment(ref run._last);
            _reads.Clear();
            _writes = [];
            _seen = [];
            _writeCount = 0;
            _firstStatementDone = 0;
            long committing = 0;
            long began = Stopwatch.GetTimestamp();
            string level = run._level switch
            {
                HistoryLevel.ReadCommitted => "READ COMMITTED",
                HistoryLevel.RepeatableRead => "REPEATABLE READ",
                _ => "SERIALIZABLE",
            };
            if (run._round.InTransaction(session, level, () =>
            {
                bool isReader = random.Next(4) == 0;
                for (int i = random.Next(1, 5); i > 0; i--)
                {
                    if (isReader || random.Next(2) == 0)
                    {
                        Read();
                    }
                    else if (random.Next(5) == 0)
                    {
                        WriteAndTakeBack();
                    }
                    else
                    {
                        Write();
                    }
                    _firstStatementDone = _firstStatementDone == 0 ? Stopwatch.GetTimestamp() : _firstStatementDone;
                    if (random.Next(3) == 0)
                    {
                        Thread.Yield();
                    }
                }
                committing = Stopwatch.GetTimestamp();
            }))
            {
                run._history.Add(new CommittedTransaction(_id, [.. _reads], [.. _writes.Select(w => (w.Key, w.Value.Old, w.Value.New))])
                {
                    Session = number, Began = began, FirstStatementDone = _firstStatementDone, Committing = committing, Committed = Stopwatch.GetTimestamp(),
                });
            }
        }

        private void Read()
        {
            int key = random.Next(run._keys);
            int other = random.Next(key, run._keys);
            int group = random.Next(Groups);
            switch (random.Next(7))
            {
                case 0:
                    ReadAll("SELECT k, v FROM r", _ => true);
                    break;
                case 1:
                    ReadAll($"SELECT k, v FROM r WHERE k BETWEEN {key} AND {other} ORDER BY k", k => k >= key && k <= other);
                    break;
                case 2:
                    ReadAll($"SELECT k, v FROM r WHERE g = {group}", k => k % Groups == group);
                    break;
                case 3:
                    ReadAll($"SELECT a.k, b.v FROM r a JOIN r b ON a.k = b.k WHERE a.k + 0 >= {key}", k => k >= key);
                    break;
                default:
                    _point.Bind(1, key);
                    using (QueryResult row = _point.Execute())
                    {
                        See(key, row.Read() ? row.GetInt64(0) : null);
                    }
                    break;
            }
        }

        private void ReadAll(string sql, Func<int, bool> isWanted)
        {
            var rows = new Dictionary<int, long>();
            using (QueryResult result = session.Execute(sql))
            {
                while (result.Read())
                {
                    run._round.Check(rows.TryAdd(result.GetInt32(0), result.GetInt64(1)), $"{_id} saw key {result.GetInt32(0)} twice: {sql}");
                }
            }
            for (int key = 0; key < run._keys; key++)
            {
                if (isWanted(key))
                {
                    See(key, rows.Remove(key, out long value) ? value : null);
                }
            }
            run._round.Check(rows.Count == 0, $"{_id} saw rows that do not fit: {sql}");
        }

        // Its own writes it sees at once; above READ COMMITTED others' stay as it saw them first.
        private void See(int key, long? value)
        {
            run._round.Check(value is not null || key % 2 == 1, $"{_id} did not see key {key}, which is always there");
            long seen = value ?? 0;
            if (_writes.TryGetValue(key, out (long Old, long New) own))
            {
                run._round.Check(own.New == seen, $"{_id} saw {seen} of key {key} instead of its own {own.New}");
                return;
            }
            if (run._level != HistoryLevel.ReadCommitted)
            {
                run._round.Check(_seen.GetValueOrDefault(key, seen) == seen, $"{_id} saw {seen} of key {key} after {_seen.GetValueOrDefault(key)}");
                _seen[key] = seen;
            }
            _reads.Add((key, seen));
        }

        private void Write()
        {
            int key = random.Next(run._keys);
            long value = ((long)_id * WritesOfTransactionMax) + ++_writeCount;
            switch (random.Next(6))
            {
                case 0:
                    int group = random.Next(Groups);
                    Changed(session.Execute($"UPDATE r SET old = v, v = {value} WHERE g = {group} RETURNING k, old"), value);
                    break;
                case 1 when key % 2 == 1:
                    Round.Execute(session, $"INSERT INTO r VALUES ({key}, {key % Groups}, {value}, 0)");   // 23505: it is there
                    Changed(key, 0, value);
                    break;
                case 2:
                    long old = Round.Number(session, $"DELETE FROM r WHERE k = {key} RETURNING v");
                    if (old >= 0)
                    {
                        Round.Execute(session, $"INSERT INTO r VALUES ({key}, {key % Groups}, {value}, {old})");
                        Changed(key, old, value);
                    }
                    break;
                case 3:
                    Changed(session.Execute($"INSERT INTO r VALUES ({key}, {key % Groups}, {value}, 0) ON CONFLICT (k) DO UPDATE SET old = r.v, v = {value} RETURNING k, old"), value);
                    break;
                default:
                    _update.Bind(1, key);
                    _update.Bind(2, value);
                    using (QueryResult row = _update.Execute())
                    {
                        if (row.Read())
                        {
                            Changed(key, row.GetInt64(0), value);
                        }
                    }
                    break;
            }
        }

        private void Changed(QueryResult rows, long value)
        {
            using (rows)
            {
                while (rows.Read())
                {
                    Changed(rows.GetInt32(0), rows.GetInt64(1), value);
                }
            }
        }

        private void Changed(int key, long old, long value)
        {
            if (_writes.TryGetValue(key, out (long Old, long New) own))
            {
                run._round.Check(own.New == old, $"{_id} overwrote {old} of key {key} instead of its own {own.New}");
                old = own.Old;
            }
            else if (run._level != HistoryLevel.ReadCommitted)
            {
                run._round.Check(_seen.GetValueOrDefault(key, old) == old, $"{_id} overwrote {old} of key {key} after it saw {_seen.GetValueOrDefault(key)}");
            }
            _writes[key] = (old, value);
        }

        private void WriteAndTakeBack()
        {
            var before = new Dictionary<int, (long, long)>(_writes);
            Round.Execute(session, "SAVEPOINT s");
            Write();
            Read();
            Write();
            bool isKept = random.Next(4) == 0;
            Round.Execute(session, isKept ? "RELEASE s" : "ROLLBACK TO s");
            _writes = isKept ? _writes : before;
            Read();
        }
    }
}
