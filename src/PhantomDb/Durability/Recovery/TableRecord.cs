using PhantomDb.Catalog;

namespace PhantomDb.Durability.Recovery;

/// <summary>Where a column of an altered table comes from: an old one, a constant as text, or neither: NULL.</summary>
internal readonly record struct ColumnSource(string? OldName, string? Constant);

/// <summary>The lines of a record TABLE or ALTER: the table by itself, and apart from it what concerns other relations. Looks at no catalog.</summary>
internal sealed class TableRecord
{
    private readonly TableBuilder _builder;

    private TableRecord(TableBuilder builder) => _builder = builder;

    /// <summary>Without foreign keys, identities, owned sequences and indexes with expressions.</summary>
    public TableDefinition Table { get; private set; } = null!;

    public IReadOnlyList<ForeignKeyLine> ForeignKeys => _builder.ForeignKeys;

    public IReadOnlyList<LateIndex> LateIndexes => _builder.LateIndexes;

    public List<SequenceLine> Sequences { get; } = [];

    /// <summary>Column, kind and sequence of each identity column.</summary>
    public List<string[]> Identities { get; } = [];

    /// <summary>For each column; only in a record ALTER.</summary>
    public List<ColumnSource> Sources { get; } = [];

    public static TableRecord Read(TableBuilder builder, IReadOnlyList<byte[]> values, bool isAlter)
    {
        var record = new TableRecord(builder);
        foreach (byte[] value in values)
        {
            (string kind, string[] cells) = DefinitionRecord.Line(value);
            record.Add(kind, cells, isAlter);
        }
        record.Table = builder.Build();
        return record;
    }

    private void Add(string kind, string[] cells, bool isAlter)
    {
        switch (kind)
        {
            case "SEQUENCE" when cells.Length == 1:
                Sequences.Add(SequenceLine.Parse(cells[0]));
                break;
            case "COMMENT" when cells is ["SEQUENCE", var name, var text]:
                int i = Sequences.FindIndex(s => DefinitionRecord.Qualified(name) == (s.Definition.Schema, s.Definition.Name));
                if (i >= 0)
                {
                    Sequences[i] = Sequences[i] with { Definition = Sequences[i].Definition with { Comment = text } };
                }
                break;
            case "IDENTITY" when cells.Length == 3:
                Identities.Add(cells);
                break;
            case "FROM" when isAlter && Sources.Count == 0 && cells.Length > 0:
                Sources.AddRange(cells.Select(Source));
                break;
            default:
                AddToTable(kind, cells);
                break;
        }
    }

    // A name, =text, or nothing.
    private static ColumnSource Source(string cell) =>
        cell.Length == 0 ? default : cell[0] == '=' ? new ColumnSource(null, cell[1..]) : new ColumnSource(new DefinitionText(cell).Name(), null);

    private void AddToTable(string kind, string[] cells)
    {
        bool isKnown = kind == "COMMENT"
            ? cells.Length >= 2 && _builder.TryComment(cells[0], cells.Length == 3 ? cells[1] : "", cells[^1]) : _builder.TryAdd(kind, cells, isOurs: true);
        if (!isKnown)
        {
            throw DefinitionRecord.NotKnown(kind);
        }
    }
}
