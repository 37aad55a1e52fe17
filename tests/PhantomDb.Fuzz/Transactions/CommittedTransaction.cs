namespace PhantomDb.Fuzz.Transactions;

/// <summary>What a committed transaction has read and overwritten: keys with the number of the transaction whose value it was.</summary>
public sealed record CommittedTransaction(int Id, IReadOnlyList<(int Key, int Writer)> Reads, IReadOnlyList<(int Key, int Writer)> Overwritten);
