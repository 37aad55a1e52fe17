using PhantomDb.Catalog;

namespace PhantomDb.Durability.Recovery;

/// <summary>Applies records TABLE and ALTER: the table's definition, its rows' shape, and the sequences that it owns.</summary>
internal sealed class TableDefinitionApplier(AppliedDefinitions definitions, SequenceApplier sequences)
{
    /// <summary>CREATE, or what a segment repeats of a table that is there: then it must be the same one.</summary>
    public void Add(string nameText, IReadOnlyList<byte[]> values)
    {
        (string schema, string name) = DefinitionRecord.Qualified(nameText);
        if (definitions.Catalog.FindTable(schema, name) is { } known)
        {
            EnsureSame(known, TableRecord.Read(new TableBuilder(known.Oid, schema, name, () => 0), values, isAlter: false).Table);
            return;
        }
        definitions.EnsureNew(schema, name);
        TableRecord record = TableRecord.Read(new TableBuilder(definitions.TakeOid(), schema, name, definitions.TakeOid), values, isAlter: false);
        foreach (IndexDefinition index in record.Table.Indexes)
        {
            definitions.EnsureNew(schema, index.Name);
        }
        definitions.Catalog = definitions.Catalog.With(record.Table);
        definitions.Storage.SetTable(definitions.Storage.NewTable(record.Table));
        Finish(record.Table, record);
    }

    /// <summary>The new definition. The line FROM tells of each column where it comes from.</summary>
    public void Alter(TableDefinition old, IReadOnlyList<byte[]> values)
    {
        TableRecord record = TableRecord.Read(new TableBuilder(old.Oid, old.Schema, old.Name, definitions.TakeOid), values, isAlter: true);
        List<ColumnSource> sources = record.Sources;
        if (record.Table.Columns.Count == 0)
        {
            sources.Clear();   // an empty list is one empty cell
        }
        if (sources.Count != record.Table.Columns.Count)
        {
            throw new FormatException("the line FROM, with a cell for each column, is missing");
        }
        TableDefinition altered = AlteredTable.Of(record.Table, old, sources);
        definitions.Catalog = definitions.Catalog.With(altered);
        definitions.Storage.SetTable(definitions.Storage.GetTable(old.Oid).Altered(altered, AlteredTable.Constants(altered, sources)));
        Finish(altered, record);
        foreach (SequenceDefinition owned in definitions.Catalog.SequencesOf(old.Oid).ToArray())
        {
            if (!record.Sequences.Exists(s => s.Definition.Schema == owned.Schema && s.Definition.Name == owned.Name))
            {
                definitions.Replace(owned with { OwnerTableOid = 0, OwnerColumnNumber = 0 });
            }
        }
    }

    private void Finish(TableDefinition table, TableRecord record)
    {
        definitions.Tie(table.Oid, record);
        ColumnDefinition[] columns = [.. table.Columns];
        foreach (SequenceLine line in record.Sequences)
        {
            if (line.OwnerColumn is { } owner)
            {
                int i = table.IndexOf(owner);
                int oid = sequences.Set(line, i < 0 ? throw new FormatException($"sequence \"{line.Definition.Name}\" is owned by a column that table \"{table.Name}\" does not have")
                    : (table.Oid, columns[i].Number));
                columns[i] = columns[i] with { SequenceOid = oid };
            }
            else
            {
                sequences.Set(line, (0, 0));
            }
        }
        foreach (string[] cells in record.Identities)
        {
            int i = table.IndexOf(new DefinitionText(cells[0]).Name());
            if (i < 0 || definitions.Find(cells[2]) is not SequenceDefinition sequence)
            {
                throw new FormatException($"identity column \"{cells[0]}\" or its sequence is missing");
            }
            IdentityKind kind = cells[1] switch
            {
                "ALWAYS" => IdentityKind.Always,
                "BY DEFAULT" => IdentityKind.ByDefault,
                _ => throw new FormatException($"identity is ALWAYS or BY DEFAULT, not \"{cells[1]}\""),
            };
            columns[i] = columns[i] with { Identity = kind, SequenceOid = sequence.Oid };
        }
        definitions.Catalog = definitions.Catalog.With(table with { Columns = columns });
    }

    private static void EnsureSame(TableDefinition known, TableDefinition repeated)
    {
        bool isSame = known.Columns.Count == repeated.Columns.Count
            && known.Columns.Zip(repeated.Columns).All(c => c.First.Name == c.Second.Name && c.First.Type == c.Second.Type && c.First.IsNotNull == c.Second.IsNotNull)
            && KeyOf(known).SequenceEqual(KeyOf(repeated));
        if (!isSame)
        {
            throw new FormatException($"the definition of table \"{known.Name}\" that the log repeats is not the one that the table has");
        }
    }

    private static IEnumerable<string> KeyOf(TableDefinition table) =>
        table.PrimaryKey?.Columns.Select(number => table.Columns[table.IndexOfNumber(number)].Name) ?? [];
}
