namespace PhantomDb.Data;

/// <summary>What the database tells beside a statement's result.</summary>
public sealed class PhantomDbNoticeEventArgs(string message) : EventArgs
{
    /// <summary>The notice or warning.</summary>
    public string Message { get; } = message;
}
