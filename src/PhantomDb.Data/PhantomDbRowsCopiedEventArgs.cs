namespace PhantomDb.Data;

/// <summary>How far a bulk copy has come.</summary>
/// <param name="rowsCopied">Rows that have been written.</param>
public sealed class PhantomDbRowsCopiedEventArgs(long rowsCopied) : EventArgs
{
    /// <summary>Rows that have been written, and are taken back where the copy fails.</summary>
    public long RowsCopied { get; } = rowsCopied;
}
