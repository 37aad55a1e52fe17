using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Points;

/// <summary>
/// The rows of a single-row SELECT, or the few rows of a range: copied out of the table, so that they stay when the
/// transaction has ended. Used again by each execution; grows with the largest result, to one chunk.
/// </summary>
internal sealed class PointRows(IReadOnlyList<PhysicalType> types) : ResultSource
{
    private readonly DataChunk _chunk = new(types);
    private bool _isPending;

    /// <summary>Where the rows are put.</summary>
    public RowBatch Batch { get; } = new(types);

    public int Count => Batch.Count;

    /// <summary>Begins a new result.</summary>
    public void Clear() => Batch.Clear();

    /// <summary>Adds the first values of a buffer as a row.</summary>
    public void Add(RowBuffer row) => Batch.Add(row);

    /// <summary>Makes what was added the result.</summary>
    public void Finish()
    {
        Batch.GiveTo(_chunk);
        _isPending = Count > 0;
    }

    public override DataChunk? Next()
    {
        bool isPending = _isPending;
        _isPending = false;
        return isPending ? _chunk : null;
    }

    public override void Dispose()
    {
    }
}
