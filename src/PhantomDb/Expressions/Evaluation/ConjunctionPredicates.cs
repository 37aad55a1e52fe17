using System.Numerics;
using System.Runtime.CompilerServices;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Expressions.Evaluation;

/// <summary>
/// AND: operands narrow the selection one after the other. Those that cannot throw are tried in the order of cost by rows
/// removed, measured as the query runs.
/// </summary>
internal sealed class AndPredicate : PredicateNode
{
    private const int ChunksBetweenOrderings = 32;
    private const int MaskRowsMin = 64;

    private readonly Operand[] _operands;
    private readonly int _movable;
    private readonly ulong[] _mask = new ulong[ValidityMask.WordCount];
    private int _chunks;

    public AndPredicate(PredicateNode[] operands)
    {
        // Stable: the constants and the cheap first, then as written, which comes nearest to PostgreSQL.
        Operand[] movable = operands.Where(node => !node.MustKeepOrder).OrderBy(node => node.Cost).Select(node => new Operand(node)).ToArray();
        _operands = [.. movable, .. operands.Where(node => node.MustKeepOrder).Select(node => new Operand(node))];
        _movable = movable.Length;
        MustKeepOrder = _movable < _operands.Length;
        Cost = (int)Math.Min(int.MaxValue, operands.Sum(node => (long)node.Cost));
    }

    public override int Cost { get; }

    public override bool MustKeepOrder { get; }

    [MethodImpl(HotLoop.Options)]
    public override int Select(in RowSet rows, int[] output)
    {
        EnsureStack();
        if (_movable > 1 && ++_chunks % ChunksBetweenOrderings == 0)
        {
            Array.Sort(_operands, 0, _movable);
        }

        RowSet remaining = rows;
        bool isMasked = rows.Selection is null && _movable > 1 && rows.Count >= MaskRowsMin;
        if (isMasked)
        {
            int count = SelectByMask(rows, output);
            remaining = count < 0 ? rows : rows.With(output, count);
        }

        foreach (Operand operand in _operands)
        {
            if (remaining.Count == 0)
            {
                break;
            }

            if (isMasked && operand.IsInMask)
            {
                continue;
            }

            int count = operand.Node.Select(remaining, output);
            operand.RowsIn += remaining.Count;
            operand.RowsOut += count;
            remaining = rows.With(output, count);
        }

        return remaining.Count;
    }

    /// <summary>
    /// Comparisons that go by register leave a bit a row: all of them, at once, before positions are written. Returns the
    /// number of these; -1 where no operand goes so.
    /// </summary>
    private int SelectByMask(in RowSet rows, int[] output)
    {
        Selections.Fill(_mask, rows.Count);
        bool any = false;
        for (int i = 0; i < _movable; i++)
        {
            _operands[i].IsInMask = _operands[i].Node.TryMask(rows, _mask);
            any |= _operands[i].IsInMask;
        }

        return any ? Selections.FromMask(_mask, rows.Count, output) : -1;
    }

    private sealed class Operand(PredicateNode node) : IComparable<Operand>
    {
        public PredicateNode Node { get; } = node;

        /// <summary>Done for the rows at hand.</summary>
        public bool IsInMask { get; set; }

        public long RowsIn { get; set; }

        public long RowsOut { get; set; }

        // The order that minimises the expected cost: ascending cost / (share of rows removed).
        private double Rank => Node.Cost / (RowsIn == 0 ? 0.5 : Math.Max(1e-3, 1.0 - ((double)RowsOut / RowsIn)));

        public int CompareTo(Operand? other) => Rank.CompareTo(other!.Rank);
    }
}

/// <summary>OR: an operand sees the rows that those before it have not selected.</summary>
internal sealed class OrPredicate : PredicateNode
{
    private readonly PredicateNode[] _operands;
    private int[]? _open;
    private int[]? _chosen;
    private readonly ulong[] _selected = new ulong[ValidityMask.WordCount];

    public OrPredicate(PredicateNode[] operands)
    {
        _operands = operands;
        MustKeepOrder = operands.Any(node => node.MustKeepOrder);
        Cost = (int)Math.Min(int.MaxValue, operands.Sum(node => (long)node.Cost));
    }

    public override int Cost { get; }

    public override bool MustKeepOrder { get; }

    [MethodImpl(HotLoop.Options)]
    public override int Select(in RowSet rows, int[] output)
    {
        EnsureStack();
        Array.Clear(_selected);
        int[] openRows = DataChunk.EnsureRoom(ref _open, rows.Count);
        int[] chosen = DataChunk.EnsureRoom(ref _chosen, rows.Count);
        RowSet open = rows;
        foreach (PredicateNode operand in _operands)
        {
            if (open.Count == 0)
            {
                break;
            }

            int count = operand.Select(open, chosen);
            if (count == 0)
            {
                continue;
            }

            foreach (int i in chosen.AsSpan(0, count))
            {
                _selected[i >> 6] |= 1UL << (i & 63);
            }

            open = rows.With(openRows, Selections.Except(open, chosen, count, openRows));
        }

        int selected = 0;
        for (int word = 0; word < _selected.Length; word++)
        {
            for (ulong bits = _selected[word]; bits != 0; bits &= bits - 1)
            {
                output[selected++] = (word << 6) + BitOperations.TrailingZeroCount(bits);
            }
        }

        return selected;
    }
}
