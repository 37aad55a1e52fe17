using PhantomDb.Catalog;
using PhantomDb.Storage;
using PhantomDb.Storage.Indexes;
using PhantomDb.Transactions;

namespace PhantomDb.Execution.Points;

/// <summary>
/// SELECT columns FROM table WHERE key, and what else is asked of the row: the columns read, or outputs where some are not columns of the table. These need a
/// <see cref="PointRow"/> only where one is computed: constants and parameters come without.
/// </summary>
internal sealed class PointSelect(DatabaseCatalog catalog, TableStore table, PointKey key, PointCondition? condition, PointRow? row, PointOperand[] outputs, PointRows rows)
    : PointStatement("SELECT", catalog, table)
{
    private readonly RowBuffer _output = new(new int[outputs.Length]);
    private readonly bool _isPlain = outputs.Length == 0 && condition is null;
    private bool _isUnsettled;   // as was just found

    public override bool LocksRows => false;

    public override bool ChangesRows => false;

    public override PointRows Rows => rows;

    public override int RunSettled(RowBuffer parameters)
    {
        if (!_isPlain)
        {
            return -1;
        }
        rows.Clear();
        if (key.FindSettled(parameters, rows.Batch) == LookupOutcome.Unsettled)
        {
            _isUnsettled = true;
            return -1;
        }
        rows.Finish();
        return rows.Count;
    }

    public override int Run(Transaction transaction, RowBuffer parameters)
    {
        int settledCount = _isUnsettled ? -1 : RunSettled(parameters);
        if (settledCount >= 0)
        {
            return settledCount;
        }
        _isUnsettled = false;
        rows.Clear();
        if (key.TryFind(transaction.View, parameters, out _))
        {
            row?.Take(key.Row, parameters);
            if (_isPlain)
            {
                rows.Add(key.Row);
            }
            else if (condition?.IsMet() != false)
            {
                for (int i = 0; i < outputs.Length; i++)
                {
                    outputs[i].CopyTo(parameters, _output, i);
                }
                rows.Add(_output);
            }
        }
        rows.Finish();
        return rows.Count;
    }
}

/// <summary>
/// SELECT columns FROM table WHERE a prefix of an index's columns are equal to values and the next lies in a range, in the
/// order of the index where one is asked for. Gives up where there are more rows than one chunk: operators do that better.
/// </summary>
internal sealed class PointRange(DatabaseCatalog catalog, TableStore table, TableIndex index, IndexRangeScan scan, PointRows rows)
    : PointStatement("SELECT", catalog, table)
{
    private const int ExecutionsLeftOut = 100;   // after one that had too many rows

    private readonly RowBuffer _value = new(0);
    private readonly KeyWriter _lowerKey = index.NewKeyWriter();
    private readonly KeyWriter _upperKey = index.NewKeyWriter();
    private int _leftOut;

    public required PointOperand[] Equal { get; init; }

    public PointOperand? Lower { get; init; }

    public bool IsLowerInclusive { get; init; }

    public PointOperand? Upper { get; init; }

    public bool IsUpperInclusive { get; init; }

    /// <summary>Rows wanted at most, a bigint.</summary>
    public PointOperand? Limit { get; init; }

    public bool IsBackward { get; init; }

    /// <summary>Place in the rows read of the column that has bounds: where it is NULL the row is in no range; -1 without bounds.</summary>
    public required int NotNullPlace { get; init; }

    public override bool LocksRows => false;

    public override bool ChangesRows => false;

    public override PointRows Rows => rows;

    public override bool CanRun(RowBuffer parameters) => _leftOut == 0 || --_leftOut == 0;

    public override int Run(Transaction transaction, RowBuffer parameters)
    {
        long limit = long.MaxValue;
        if (Limit is not null)
        {
            Limit.CopyTo(parameters, _value, 0);
            limit = _value.IsNull(0) ? long.MaxValue : _value.GetInt64(0);
            if (limit < 0)
            {
                return -1;
            }
        }
        rows.Clear();
        if (limit > 0 && TrySeek(parameters))
        {
            scan.Read(transaction.View, rows.Batch, (int)Math.Min(limit, RowBatch.RowCountMax), NotNullPlace);
            if (rows.Count == RowBatch.RowCountMax && limit > RowBatch.RowCountMax && scan.TryNext(transaction.View, out _))
            {
                _leftOut = ExecutionsLeftOut;
                return -1;
            }
        }
        rows.Finish();
        return rows.Count;
    }

    // Bounds are half-open: "> a" and "<= b" are at the next key. False where a value is NULL: no row compares with it.
    private bool TrySeek(RowBuffer parameters)
    {
        _lowerKey.Reset();
        _upperKey.Reset();
        for (int i = 0; i < Equal.Length; i++)
        {
            if (!TryAdd(Equal[i], parameters, i, _lowerKey))
            {
                return false;
            }
            index.Add(_upperKey, i, ref _value.Raw(0), false, _value.BlocksOf(0));
        }
        if (Lower is not null && !TryAdd(Lower, parameters, Equal.Length, _lowerKey))
        {
            return false;
        }
        if (Upper is not null && !TryAdd(Upper, parameters, Equal.Length, _upperKey))
        {
            return false;
        }
        bool hasLower = Equal.Length > 0 || Lower is not null;
        if (Lower is not null && !IsLowerInclusive && !_lowerKey.TryMoveToSuccessor())
        {
            return false;
        }
        bool hasUpper = Equal.Length > 0 || Upper is not null;
        if (hasUpper && !(Upper is not null && !IsUpperInclusive))
        {
            hasUpper = _upperKey.TryMoveToSuccessor();
        }
        if (hasUpper && Upper is not null && _lowerKey.Key.SequenceCompareTo(_upperKey.Key) >= 0)
        {
            return false;
        }
        scan.Seek(hasLower ? _lowerKey.Key : [], hasUpper ? _upperKey.Key : [], IsBackward);
        return true;
    }

    private bool TryAdd(PointOperand operand, RowBuffer parameters, int place, KeyWriter key)
    {
        operand.CopyTo(parameters, _value, 0);
        if (_value.IsNull(0))
        {
            return false;
        }
        index.Add(key, place, ref _value.Raw(0), false, _value.BlocksOf(0));
        return true;
    }
}
