namespace PhantomDb.Fuzz.Copies;

/// <summary>The database has not done what it promises. Ends the world.</summary>
internal sealed class CopyFault(string message) : Exception(message);
