namespace PhantomDb.Fuzz.Transactions;

/// <summary>The isolation level that a recorded history is held against.</summary>
public enum HistoryLevel
{
    ReadCommitted,
    RepeatableRead,
    Serializable,
}
