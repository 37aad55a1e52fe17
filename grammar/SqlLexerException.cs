#nullable enable
using System;

namespace PhantomDb.Grammar;

/// <summary>Text that is no token: an unterminated string, junk after a number. The parser's caller makes the user's error of it.</summary>
/// <param name="message">PostgreSQL's wording, without the text it happened at.</param>
/// <param name="start">Offset of the bad text.</param>
/// <param name="length">Its length; 0 at the end of the input.</param>
public sealed class SqlLexerException(string message, int start, int length) : Exception(message)
{
    /// <summary>Offset of the bad text.</summary>
    public int Start { get; } = start;

    /// <summary>Length of the bad text.</summary>
    public int Length { get; } = length;
}
