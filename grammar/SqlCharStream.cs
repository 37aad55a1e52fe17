#nullable enable
using System;
using Antlr4.Runtime;
using Antlr4.Runtime.Misc;

namespace PhantomDb.Grammar;

/// <summary>SQL text as ANTLR reads it: indexes are offsets in the string, and no character is copied.</summary>
public sealed class SqlCharStream(string text) : ICharStream
{
    private int _index;

    /// <summary>The whole text.</summary>
    public string Text { get; } = text;

    /// <inheritdoc/>
    public int Index => _index;

    /// <inheritdoc/>
    public int Size => Text.Length;

    /// <inheritdoc/>
    public string SourceName => IntStreamConstants.UnknownSourceName;

    /// <inheritdoc/>
    public void Consume() => _index++;

    /// <inheritdoc/>
    public int LA(int i)
    {
        int index = i > 0 ? _index + i - 1 : _index + i;
        return (uint)index < (uint)Text.Length ? Text[index] : IntStreamConstants.EOF;
    }

    /// <inheritdoc/>
    public int Mark() => -1;

    /// <inheritdoc/>
    public void Release(int marker)
    {
    }

    /// <inheritdoc/>
    public void Seek(int index) => _index = Math.Min(index, Text.Length);

    /// <inheritdoc/>
    public string GetText(Interval interval)
    {
        int start = Math.Max(0, interval.a);
        int end = Math.Min(Text.Length, interval.b + 1);
        return start < end ? Text[start..end] : "";
    }
}
