using PhantomDb.Catalog;
using PhantomDb.Durability.Log;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// Applies the log's records about definitions to a catalog and its tables. Their values are lines of a database file's section
/// (docs/file-formats.md). Expressions stay text. Mistakes are <see cref="FormatException"/>.
/// </summary>
internal sealed class DefinitionApplier
{
    private readonly AppliedDefinitions _definitions;
    private readonly TableDefinitionApplier _tables;
    private readonly SequenceApplier _sequences;

    public DefinitionApplier(LoadedDatabase database)
    {
        _definitions = new AppliedDefinitions(database);
        _sequences = new SequenceApplier(_definitions);
        _tables = new TableDefinitionApplier(_definitions, _sequences);
    }

    public DatabaseCatalog Catalog => _definitions.Catalog;

    public IReadOnlyList<LateIndex> LateIndexes => _definitions.LateIndexes;

    /// <summary>True where a record leaves all tables as they are: rows that wait may go on waiting.</summary>
    public bool IsRepeated(LogOperation operation, string name) => operation == LogOperation.Table && FindTable(name) is not null;

    /// <summary>The table of a record; null where there is none.</summary>
    public TableDefinition? FindTable(string name)
    {
        (string schema, string table) = DefinitionRecord.Qualified(name);
        return Catalog.FindTable(schema, table);
    }

    /// <summary>Takes a record; the name is its table cell.</summary>
    public void Apply(LogOperation operation, string name, IReadOnlyList<byte[]> values)
    {
        switch (operation)
        {
            case LogOperation.Table:
                _tables.Add(name, values);
                break;
            case LogOperation.Alter:
                _tables.Alter(Table(name), values);
                break;
            case LogOperation.Truncate:
                _definitions.Storage.SetTable(_definitions.Storage.NewTable(Table(name)));
                break;
            case LogOperation.View:
                SetView(name, values);
                break;
            case LogOperation.Sequence:
                _sequences.Apply(name, values);
                break;
            case LogOperation.Schema:
                SetSchema(new DefinitionText(name).Name(), values);
                break;
            case LogOperation.Drop:
                Drop(DefinitionRecord.Text(values, 0), name);
                break;
            case LogOperation.Rename:
                Rename(DefinitionRecord.Text(values, 0), name, new DefinitionText(DefinitionRecord.Text(values, 1)).QualifiedName());
                break;
            default:
                throw new FormatException($"{operation} is no record about a definition");
        }
    }

    /// <summary>A default of sessions; null for none of the database's own.</summary>
    public void SetSetting(string name, string? value) =>
        Set(Catalog with { Settings = value is null ? Catalog.Settings.Remove(name) : Catalog.Settings.SetItem(name, value) });

    /// <summary>Ties what the transaction has defined together.</summary>
    public void EndTransaction() => _definitions.EndTransaction();

    private void Set(DatabaseCatalog catalog) => _definitions.Catalog = catalog;

    private TableDefinition Table(string name) => FindTable(name) ?? throw new FormatException($"table {name} does not exist");

    private void SetView(string nameText, IReadOnlyList<byte[]> values)
    {
        (string schema, string name) = DefinitionRecord.Qualified(nameText);
        var known = Catalog.FindRelation(schema, name) as ViewDefinition;
        if (known is null)
        {
            _definitions.EnsureNew(schema, name);
        }
        var view = new ViewDefinition(known?.Oid ?? _definitions.TakeOid(), schema, name, "", []) { Version = (known?.Version ?? -1) + 1 };
        List<(string Schema, string Name)> uses = [];
        foreach (byte[] value in values)
        {
            (string kind, string[] cells) = DefinitionRecord.Line(value);
            switch (kind)
            {
                case "COLUMNS":
                    view = cells is [""] ? view : view with
                    {
                        Columns = [.. cells.Select(c => SectionLoader.ParseColumn(c, isOurs: true)).Select(c => new ViewColumn(c.Name, c.Type))],
                    };
                    break;
                case "USES":
                    uses.AddRange(cells.Select(DefinitionRecord.Qualified));
                    break;
                case "QUERY" when cells.Length == 1:
                    view = view with { QueryText = cells[0] };
                    break;
                case "COMMENT" when cells is ["VIEW", var text]:
                    view = view with { Comment = text };
                    break;
                default:
                    throw DefinitionRecord.NotKnown(kind);
            }
        }
        Set(view.QueryText.Length > 0 ? Catalog.With(view) : throw new FormatException("the view has no line QUERY"));
        _definitions.Tie(view.Oid, uses);
    }

    private void SetSchema(string name, IReadOnlyList<byte[]> values)
    {
        SchemaDefinition schema = (Catalog.FindSchema(name) ?? new SchemaDefinition(_definitions.TakeOid(), name)) with { Comment = null };
        foreach (byte[] value in values)
        {
            schema = DefinitionRecord.Line(value) is ("COMMENT", ["SCHEMA", var text]) ? schema with { Comment = text } : throw new FormatException("a schema has no such line");
        }
        Set(Catalog.With(schema));
    }

    private void Drop(string kind, string nameText)
    {
        if (kind == "SCHEMA")
        {
            string name = new DefinitionText(nameText).Name();
            Set(Catalog.HasSchema(name) ? Catalog.WithoutSchema(name) : throw new FormatException($"schema {nameText} does not exist"));
            return;
        }
        switch (kind, _definitions.Find(nameText))
        {
            case ("TABLE", TableDefinition table):
                _definitions.Remove(table);
                break;
            case ("VIEW", ViewDefinition view):
                Set(Catalog.Without(view.Oid));
                break;
            case ("SEQUENCE", SequenceDefinition sequence):
                _definitions.Remove(sequence);
                break;
            default:
                throw new FormatException($"{nameText} does not exist, or is no {kind}");
        }
    }

    private void Rename(string kind, string nameText, (string Schema, string Name) to)
    {
        if (kind == "SCHEMA")
        {
            RenameSchema(new DefinitionText(nameText).Name(), to.Name);
            return;
        }
        _definitions.EnsureNew(to.Schema, to.Name);
        switch (kind, _definitions.Find(nameText))
        {
            case ("TABLE", TableDefinition table):
                _definitions.Replace(table with { Schema = to.Schema, Name = to.Name });
                break;
            case ("VIEW", ViewDefinition view):
                Set(Catalog.With(view with { Schema = to.Schema, Name = to.Name }));
                break;
            case ("SEQUENCE", SequenceDefinition sequence):
                _definitions.Replace(sequence with { Schema = to.Schema, Name = to.Name });
                break;
            default:
                throw new FormatException($"{nameText} does not exist, or is no {kind}");
        }
    }

    private void RenameSchema(string name, string to)
    {
        if (Catalog.FindSchema(name) is not { } schema || Catalog.HasSchema(to))
        {
            throw new FormatException($"schema \"{name}\" does not exist, or \"{to}\" does already");
        }
        Set(Catalog.WithoutSchema(name).With(schema with { Name = to }));
        foreach (TableDefinition table in Catalog.Tables.Where(t => t.Schema == name).ToArray())
        {
            _definitions.Replace(table with { Schema = to });
        }
        foreach (ViewDefinition view in Catalog.Views.Where(v => v.Schema == name).ToArray())
        {
            Set(Catalog.With(view with { Schema = to }));
        }
        foreach (SequenceDefinition sequence in Catalog.Sequences.Where(s => s.Schema == name).ToArray())
        {
            _definitions.Replace(sequence with { Schema = to });
        }
    }
}
