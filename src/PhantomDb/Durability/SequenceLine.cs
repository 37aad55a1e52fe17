using PhantomDb.Catalog;
using PhantomDb.Types;

namespace PhantomDb.Durability;

/// <summary>A sequence's line: its definition, without oids, and its position.</summary>
internal sealed record SequenceLine(SequenceDefinition Definition, string? OwnerColumn, long Last, bool IsCalled)
{
    public static SequenceLine Parse(string line)
    {
        var text = new DefinitionText(line);
        (string schema, string name) = text.QualifiedName();
        text.Take("AS");
        SqlType type = text.TryTake("smallint") ? SqlType.Int16 : text.TryTake("integer") ? SqlType.Int32 : text.TryTake("bigint") ? SqlType.Int64
            : throw new FormatException("a sequence's type is smallint, integer or bigint");
        var sequence = new SequenceDefinition(0, schema, name) { Type = type };
        text.Take("START");
        sequence = sequence with { Start = text.Integer() };
        text.Take("INCREMENT");
        sequence = sequence with { Increment = text.Integer() };
        text.Take("MINVALUE");
        sequence = sequence with { Minimum = text.Integer() };
        text.Take("MAXVALUE");
        sequence = sequence with { Maximum = text.Integer() };
        text.Take("CACHE");
        sequence = sequence with { Cache = (int)Math.Clamp(text.Integer(), 1, int.MaxValue), Cycles = text.TryTake("CYCLE") };
        string? owner = text.TryTake("OWNED BY") ? text.Name() : null;
        (long last, bool isCalled) = ParsePosition(text);
        return new SequenceLine(sequence, owner, last, isCalled);
    }

    /// <summary><c>LAST 4 CALLED</c>, to the end of the text.</summary>
    public static (long Last, bool IsCalled) ParsePosition(DefinitionText text)
    {
        text.Take("LAST");
        long last = text.Integer();
        bool isCalled = text.TryTake("CALLED");
        text.End();
        return (last, isCalled);
    }
}
