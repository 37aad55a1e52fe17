namespace PhantomDb.Shell.Editing;

/// <summary>A terminal that a person types at. Tests put one of their own in its place.</summary>
internal interface ITerminal
{
    /// <summary>Columns of a row.</summary>
    int Width { get; }

    /// <summary>Rows of the screen.</summary>
    int Height { get; }

    /// <summary>True where a key has come and not been read: of a paste, or of somebody who types ahead.</summary>
    bool HasKey { get; }

    /// <summary>Begins to read keys: until <see cref="EndKeys"/> Ctrl-C is one of them, else a signal, and what is pasted comes between marks.</summary>
    void BeginKeys();

    /// <summary>No key is read for now.</summary>
    void EndKeys();

    /// <summary>The next key; waits for it.</summary>
    ConsoleKeyInfo ReadKey();

    /// <summary>Does something whenever the window gets another size, on a thread of its own, until the result is disposed of; null where nobody tells.</summary>
    IDisposable? WatchSize(Action resized);

    /// <summary>Text with escape sequences of ECMA-48, as xterm and all that follow it understand them.</summary>
    void Write(string text);
}
