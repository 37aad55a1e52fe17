namespace PhantomDb.Shell.Input;

/// <summary>What stands before what a person types, as psql has it: the database, where the line begins, and the transaction's state.</summary>
/// <param name="Database">Its name.</param>
/// <param name="Transaction"><c>*</c> in a transaction, <c>!</c> in one that has failed, else nothing.</param>
internal readonly record struct Prompt(string Database, string Transaction)
{
    /// <summary>Before the first line; the context is that of <see cref="LineSource.ReadLine"/>.</summary>
    public string First(char context) => $"{Database}{context}{Transaction}> ";

    /// <summary>Before each further one.</summary>
    public string Further => $"{new string(' ', Output.TextWidth.Of(Database))}-{Transaction}> ";
}
