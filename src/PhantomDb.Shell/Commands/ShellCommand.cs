namespace PhantomDb.Shell.Commands;

/// <summary>A command of the shell. The help text is made of these, so that it is complete.</summary>
/// <param name="Names">With their first character; the first is the one that help shows first.</param>
/// <param name="Arguments">As help shows them: [FILE].</param>
/// <param name="Help">What it does, in a line.</param>
/// <param name="ArgumentCountMax">Words that may follow.</param>
/// <param name="Run">Does it.</param>
/// <param name="IsPaged">True: what it writes goes through the pager.</param>
/// <param name="TakesPipe">True: behind a | any words may follow.</param>
internal sealed record ShellCommand(string[] Names, string Arguments, string Help, int ArgumentCountMax, Action<CommandLine> Run, bool IsPaged = false, bool TakesPipe = false)
{
    /// <summary>Words that must follow: those not in brackets.</summary>
    public int ArgumentCountMin => Arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries).TakeWhile(word => word[0] != '[').Count();

    public string Usage => $"{string.Join(", ", Names)} {Arguments}".TrimEnd();
}
