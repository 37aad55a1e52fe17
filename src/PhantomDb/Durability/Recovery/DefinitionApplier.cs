using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Csv;
using PhantomDb.Durability.Log;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// Applies the log's records about definitions to a catalog and its tables. Their values are lines of a database file's section
/// (docs/file-formats.md). What refers to other relations (foreign keys, what views use) is tied at the end of the transaction.
/// Expressions stay text. Mistakes are <see cref="FormatException"/>.
/// </summary>
internal sealed class DefinitionApplier(LoadedDatabase database)
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, true);

    private readonly DatabaseStorage _storage = database.Storage;
    private readonly List<LateIndex> _lateIndexes = [.. database.LateIndexes];
    private readonly List<(int TableOid, ForeignKeyLine Line)> _foreignKeys = [];
    private readonly List<(int ViewOid, List<(string Schema, string Name)> Uses)> _viewUses = [];
    private DatabaseCatalog _catalog = database.Catalog;

    /// <summary>Where a column of an altered table comes from: an old one, a constant as text, or neither: NULL.</summary>
    private readonly record struct ColumnSource(string? OldName, string? Constant);

    public DatabaseCatalog Catalog => _catalog;

    public IReadOnlyList<LateIndex> LateIndexes => _lateIndexes;

    /// <summary>True where a record leaves all tables as they are: rows that wait may go on waiting.</summary>
    public bool IsRepeated(LogOperation operation, string name) => operation == LogOperation.Table && FindTable(name) is not null;

    /// <summary>Takes a record; the name is its table cell.</summary>
    public void Apply(LogOperation operation, string name, IReadOnlyList<byte[]> values)
    {
        switch (operation)
        {
            case LogOperation.Table:
                AddTable(name, values);
                break;
            case LogOperation.Alter:
                AlterTable(Table(name), values);
                break;
            case LogOperation.Truncate:
                TableDefinition truncated = Table(name);
                _storage.SetTable(_storage.NewTable(truncated));
                break;
            case LogOperation.View:
                SetView(name, values);
                break;
            case LogOperation.Sequence:
                SetSequence(name, values);
                break;
            case LogOperation.Schema:
                SetSchema(new DefinitionText(name).Name(), values);
                break;
            case LogOperation.Drop:
                Drop(Text(values, 0), name);
                break;
            case LogOperation.Rename:
                Rename(Text(values, 0), name, new DefinitionText(Text(values, 1)).QualifiedName());
                break;
            default:
                throw new FormatException($"{operation} is no record about a definition");
        }
    }

    /// <summary>A default of sessions; null for none of the database's own.</summary>
    public void SetSetting(string name, string? value) =>
        _catalog = _catalog with { Settings = value is null ? _catalog.Settings.Remove(name) : _catalog.Settings.SetItem(name, value) };

    /// <summary>Ties what the transaction has defined together.</summary>
    public void EndTransaction()
    {
        foreach ((int tableOid, ForeignKeyLine line) in _foreignKeys)
        {
            if (_catalog.Find(tableOid) is TableDefinition table)
            {
                ConstraintDefinition constraint = line.ToConstraint(_catalog, table, TakeOid());
                _catalog = _catalog.With(table with { Constraints = [.. table.Constraints, constraint] });
            }
        }
        foreach ((int viewOid, List<(string Schema, string Name)> uses) in _viewUses)
        {
            if (_catalog.Find(viewOid) is ViewDefinition view)
            {
                _catalog = _catalog.With(view with { DependsOn = [.. uses.Select(RelationOid)] });
            }
        }
        _foreignKeys.Clear();
        _viewUses.Clear();
    }

    /// <summary>The table of a record; null where there is none.</summary>
    public TableDefinition? FindTable(string name)
    {
        (string schema, string table) = Qualified(name);
        return _catalog.FindTable(schema, table);
    }

    private TableDefinition Table(string name) => FindTable(name) ?? throw new FormatException($"table {name} does not exist");

    private static (string Schema, string Name) Qualified(string text)
    {
        var reader = new DefinitionText(text);
        (string, string) name = reader.QualifiedName();
        reader.End();
        return name;
    }

    private static string Text(IReadOnlyList<byte[]> values, int index) =>
        index < values.Count ? StrictUtf8.GetString(values[index]) : throw new FormatException("the record has too few values");

    private int TakeOid()
    {
        _catalog = _catalog.TakeOid(out int oid);
        return oid;
    }

    // CREATE, or what a segment repeats of a table that is there: then it must be the same one.
    private void AddTable(string nameText, IReadOnlyList<byte[]> values)
    {
        (string schema, string name) = Qualified(nameText);
        if (_catalog.FindTable(schema, name) is { } known)
        {
            EnsureSame(known, Read(new TableBuilder(known.Oid, schema, name, () => 0), values, [], [], null));
            return;
        }
        EnsureNew(schema, name);
        var builder = new TableBuilder(TakeOid(), schema, name, TakeOid);
        List<SequenceLine> sequences = [];
        List<string[]> identities = [];
        TableDefinition table = Read(builder, values, sequences, identities, null);
        foreach (IndexDefinition index in table.Indexes)
        {
            EnsureNew(schema, index.Name);
        }
        _catalog = _catalog.With(table);
        _storage.SetTable(_storage.NewTable(table));
        Finish(table, builder, sequences, identities);
    }

    // The new definition. The line FROM tells of each column where it comes from.
    private void AlterTable(TableDefinition old, IReadOnlyList<byte[]> values)
    {
        var builder = new TableBuilder(old.Oid, old.Schema, old.Name, TakeOid);
        List<SequenceLine> sequences = [];
        List<string[]> identities = [];
        List<ColumnSource> sources = [];
        TableDefinition built = Read(builder, values, sequences, identities, sources);
        if (built.Columns.Count == 0)
        {
            sources.Clear();   // an empty list is one empty cell
        }
        if (sources.Count != built.Columns.Count)
        {
            throw new FormatException("the line FROM, with a cell for each column, is missing");
        }
        TableDefinition altered = Renumbered(built, old, sources);
        _catalog = _catalog.With(altered);
        _storage.SetTable(_storage.GetTable(old.Oid).Altered(altered, Constants(altered, sources)));
        Finish(altered, builder, sequences, identities);
        foreach (SequenceDefinition owned in _catalog.SequencesOf(old.Oid).ToArray())
        {
            if (!sequences.Exists(s => s.Definition.Schema == owned.Schema && s.Definition.Name == owned.Name))
            {
                Replace(owned with { OwnerTableOid = 0, OwnerColumnNumber = 0 });
            }
        }
    }

    // Storage numbers stay with the columns that stay, oids with the indexes that do: storage shares them, and others refer to them.
    private static TableDefinition Renumbered(TableDefinition built, TableDefinition old, List<ColumnSource> sources)
    {
        int next = old.NextColumnNumber;
        int[] numbers = new int[built.Columns.Count];
        for (int i = 0; i < numbers.Length; i++)
        {
            ColumnDefinition column = built.Columns[i];
            ColumnSource source = sources[i];
            if (source.OldName is null)
            {
                numbers[i] = next++;
                continue;
            }
            int place = old.IndexOf(source.OldName);
            if (place < 0 || old.Columns[place].Type.Physical != column.Type.Physical)
            {
                throw new FormatException($"column \"{source.OldName}\", from which a column comes, does not exist or has another type");
            }
            numbers[i] = old.Columns[place].Number;
        }
        if (numbers.Distinct().Count() != numbers.Length)
        {
            throw new FormatException("two columns come from the same one");
        }
        Dictionary<int, int> oids = [];
        List<IndexDefinition> free = [.. old.Indexes], indexes = [];
        foreach (IndexDefinition index in built.Indexes)
        {
            IndexDefinition moved = Renumbered(index, numbers);
            IndexDefinition? same = free.Find(i => i.Name == moved.Name && HasSameKeys(i, moved)) ?? free.Find(i => HasSameKeys(i, moved));
            if (same is not null)
            {
                free.Remove(same);
                moved = moved with { Oid = same.Oid };
            }
            oids[index.Oid] = moved.Oid;
            indexes.Add(moved);
        }
        return built with
        {
            Version = old.Version + 1,
            NextColumnNumber = next,
            Columns = [.. built.Columns.Select((c, i) => c with { Number = numbers[i] })],
            Indexes = indexes,
            Constraints = [.. built.Constraints.Select(c => c with
            {
                Columns = [.. c.Columns.Select(n => numbers[n])], IndexOid = oids.GetValueOrDefault(c.IndexOid),
            })],
        };
    }

    private static IndexDefinition Renumbered(IndexDefinition index, int[] numbers) => index with
    {
        Columns = [.. index.Columns.Select(c => c with { ColumnNumber = numbers[c.ColumnNumber] })],
        Included = [.. index.Included.Select(n => numbers[n])],
    };

    private static bool HasSameKeys(IndexDefinition left, IndexDefinition right) =>
        left.IsUnique == right.IsUnique && left.NullsEqual == right.NullsEqual && left.IsDeferrable == right.IsDeferrable
        && left.IsConstraint == right.IsConstraint && left.Columns.SequenceEqual(right.Columns);

    private static RowBuffer? Constants(TableDefinition table, List<ColumnSource> sources)
    {
        (ColumnDefinition Column, string Text)[] added =
            [.. table.Columns.Zip(sources).Where(c => c.Second.Constant is not null).Select(c => (c.First, c.Second.Constant!))];
        if (added.Length == 0)
        {
            return null;
        }
        var values = new RowBuffer([.. added.Select(a => a.Column.Number)]);
        for (int i = 0; i < added.Length; i++)
        {
            SqlType type = added[i].Column.Type;
            var text = new TextInput(type, DateTimeClock.Fixed);
            var vector = new Vector(type.Physical);
            vector.BeginWrite();
            text.Parse(Encoding.UTF8.GetBytes(added[i].Text), vector, 0);
            text.End(vector);
            values.SetFrom(i, vector, 0);
        }
        return values;
    }

    private void Replace(TableDefinition table)
    {
        _catalog = _catalog.With(table);
        _storage.SetTable(_storage.GetTable(table.Oid).Altered(table));
    }

    // Lines of a section into the builder; what is not the table's alone into the lists.
    private static TableDefinition Read(
        TableBuilder builder, IReadOnlyList<byte[]> values, List<SequenceLine> sequences, List<string[]> identities, List<ColumnSource>? sources)
    {
        foreach (byte[] value in values)
        {
            (string kind, string[] cells) = Line(value);
            switch (kind)
            {
                case "SEQUENCE" when cells.Length == 1:
                    sequences.Add(SequenceLine.Parse(cells[0]));
                    break;
                case "COMMENT" when cells is ["SEQUENCE", var name, var text]:
                    int i = sequences.FindIndex(s => Qualified(name) == (s.Definition.Schema, s.Definition.Name));
                    if (i >= 0)
                    {
                        sequences[i] = sequences[i] with { Definition = sequences[i].Definition with { Comment = text } };
                    }
                    break;
                case "IDENTITY" when cells.Length == 3:
                    identities.Add(cells);
                    break;
                case "FROM" when sources is { Count: 0 } && cells.Length > 0:
                    sources.AddRange(cells.Select(Source));
                    break;
                default:
                    AddLine(builder, kind, cells);
                    break;
            }
        }
        return builder.Build();
    }

    // A name, =text, or nothing.
    private static ColumnSource Source(string cell) =>
        cell.Length == 0 ? default : cell[0] == '=' ? new ColumnSource(null, cell[1..]) : new ColumnSource(new DefinitionText(cell).Name(), null);

    private static void AddLine(TableBuilder builder, string kind, string[] cells)
    {
        bool isKnown = kind == "COMMENT"
            ? cells.Length >= 2 && builder.TryComment(cells[0], cells.Length == 3 ? cells[1] : "", cells[^1]) : builder.TryAdd(kind, cells, isOurs: true);
        if (!isKnown)
        {
            throw new FormatException($"lines of the kind \"{kind}\" are not known here to this version");
        }
    }

    private void Finish(TableDefinition table, TableBuilder builder, List<SequenceLine> sequences, List<string[]> identities)
    {
        _lateIndexes.RemoveAll(i => i.TableOid == table.Oid);
        _lateIndexes.AddRange(builder.LateIndexes);
        _foreignKeys.RemoveAll(f => f.TableOid == table.Oid);
        _foreignKeys.AddRange(builder.ForeignKeys.Select(line => (table.Oid, line)));
        ColumnDefinition[] columns = [.. table.Columns];
        foreach (SequenceLine line in sequences)
        {
            SequenceDefinition sequence = line.Definition;
            if (line.OwnerColumn is { } owner)
            {
                int i = table.IndexOf(owner);
                int oid = SetSequence(line, i < 0 ? throw new FormatException($"sequence \"{sequence.Name}\" is owned by a column that table \"{table.Name}\" does not have")
                    : (table.Oid, columns[i].Number));
                columns[i] = columns[i] with { SequenceOid = oid };
            }
            else
            {
                SetSequence(line, (0, 0));
            }
        }
        foreach (string[] cells in identities)
        {
            int i = table.IndexOf(new DefinitionText(cells[0]).Name());
            (string schema, string name) = Qualified(cells[2]);
            if (i < 0 || _catalog.FindRelation(schema, name) is not SequenceDefinition sequence)
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
        _catalog = _catalog.With(table with { Columns = columns });
    }

    // A position that is there stays: records of the sequence's own say how it goes on.
    private int SetSequence(SequenceLine line, (int TableOid, int ColumnNumber) owner)
    {
        SequenceDefinition definition = line.Definition with { OwnerTableOid = owner.TableOid, OwnerColumnNumber = owner.ColumnNumber };
        if (_catalog.FindRelation(definition.Schema, definition.Name) is SequenceDefinition known)
        {
            definition = definition with { Oid = known.Oid, Version = known.Version };
            _storage.GetSequence(known.Oid).Definition = definition;
        }
        else
        {
            EnsureNew(definition.Schema, definition.Name);
            definition = definition with { Oid = TakeOid() };
            var store = new SequenceStore(definition);
            store.TrySet(line.Last, line.IsCalled);
            _storage.SetSequence(store);
        }
        _catalog = _catalog.With(definition);
        return definition.Oid;
    }

    private void SetSequence(string nameText, IReadOnlyList<byte[]> values)
    {
        (string schema, string name) = Qualified(nameText);
        var known = _catalog.FindRelation(schema, name) as SequenceDefinition;
        (string kind, string[] cells) = Line(values.Count > 0 ? values[0] : throw new FormatException("the line SEQUENCE is missing"));
        SequenceLine line = kind == "SEQUENCE" && cells.Length == 1 ? SequenceLine.Parse(cells[0]) : throw new FormatException("the line SEQUENCE is missing");
        for (int i = 1; i < values.Count; i++)
        {
            (kind, cells) = Line(values[i]);
            line = kind == "COMMENT" && cells.Length == 3 ? line with { Definition = line.Definition with { Comment = cells[2] } }
                : throw new FormatException($"lines of the kind \"{kind}\" are not known here to this version");
        }
        int oid = SetSequence(line, known is null ? (0, 0) : (known.OwnerTableOid, known.OwnerColumnNumber));
        _storage.GetSequence(oid).TrySet(line.Last, line.IsCalled);
    }

    private void SetView(string nameText, IReadOnlyList<byte[]> values)
    {
        (string schema, string name) = Qualified(nameText);
        var known = _catalog.FindRelation(schema, name) as ViewDefinition;
        if (known is null)
        {
            EnsureNew(schema, name);
        }
        var view = new ViewDefinition(known?.Oid ?? TakeOid(), schema, name, "", []) { Version = (known?.Version ?? -1) + 1 };
        List<(string Schema, string Name)> uses = [];
        foreach (byte[] value in values)
        {
            (string kind, string[] cells) = Line(value);
            switch (kind)
            {
                case "COLUMNS":
                    view = cells is [""] ? view : view with
                    {
                        Columns = [.. cells.Select(c => SectionLoader.ParseColumn(c, isOurs: true)).Select(c => new ViewColumn(c.Name, c.Type))],
                    };
                    break;
                case "USES":
                    uses.AddRange(cells.Select(Qualified));
                    break;
                case "QUERY" when cells.Length == 1:
                    view = view with { QueryText = cells[0] };
                    break;
                case "COMMENT" when cells is ["VIEW", var text]:
                    view = view with { Comment = text };
                    break;
                default:
                    throw new FormatException($"lines of the kind \"{kind}\" are not known here to this version");
            }
        }
        _catalog = view.QueryText.Length > 0 ? _catalog.With(view) : throw new FormatException("the view has no line QUERY");
        _viewUses.Add((view.Oid, uses));
    }

    private void SetSchema(string name, IReadOnlyList<byte[]> values)
    {
        SchemaDefinition schema = (_catalog.FindSchema(name) ?? new SchemaDefinition(TakeOid(), name)) with { Comment = null };
        foreach (byte[] value in values)
        {
            schema = Line(value) is ("COMMENT", ["SCHEMA", var text]) ? schema with { Comment = text } : throw new FormatException("a schema has no such line");
        }
        _catalog = _catalog.With(schema);
    }

    private void Drop(string kind, string nameText)
    {
        if (kind == "SCHEMA")
        {
            string name = new DefinitionText(nameText).Name();
            _catalog = _catalog.HasSchema(name) ? _catalog.WithoutSchema(name) : throw new FormatException($"schema {nameText} does not exist");
            return;
        }
        switch (kind, Find(nameText))
        {
            case ("TABLE", TableDefinition table):
                Remove(table);
                break;
            case ("VIEW", ViewDefinition view):
                _catalog = _catalog.Without(view.Oid);
                break;
            case ("SEQUENCE", SequenceDefinition sequence):
                Remove(sequence);
                break;
            default:
                throw new FormatException($"{nameText} does not exist, or is no {kind}");
        }
    }

    private void Remove(TableDefinition table)
    {
        foreach (SequenceDefinition sequence in _catalog.SequencesOf(table.Oid).ToArray())
        {
            Remove(sequence);
        }
        _lateIndexes.RemoveAll(i => i.TableOid == table.Oid);
        _catalog = _catalog.Without(table.Oid);
        _storage.RemoveTable(table.Oid);
    }

    private void Remove(SequenceDefinition sequence)
    {
        _catalog = _catalog.Without(sequence.Oid);
        _storage.RemoveSequence(sequence.Oid);
    }

    private void Rename(string kind, string nameText, (string Schema, string Name) to)
    {
        if (kind == "SCHEMA")
        {
            RenameSchema(new DefinitionText(nameText).Name(), to.Name);
            return;
        }
        EnsureNew(to.Schema, to.Name);
        switch (kind, Find(nameText))
        {
            case ("TABLE", TableDefinition table):
                Replace(table with { Schema = to.Schema, Name = to.Name });
                break;
            case ("VIEW", ViewDefinition view):
                _catalog = _catalog.With(view with { Schema = to.Schema, Name = to.Name });
                break;
            case ("SEQUENCE", SequenceDefinition sequence):
                Replace(sequence with { Schema = to.Schema, Name = to.Name });
                break;
            default:
                throw new FormatException($"{nameText} does not exist, or is no {kind}");
        }
    }

    private void RenameSchema(string name, string to)
    {
        if (_catalog.FindSchema(name) is not { } schema || _catalog.HasSchema(to))
        {
            throw new FormatException($"schema \"{name}\" does not exist, or \"{to}\" does already");
        }
        _catalog = _catalog.WithoutSchema(name).With(schema with { Name = to });
        foreach (TableDefinition table in _catalog.Tables.Where(t => t.Schema == name).ToArray())
        {
            Replace(table with { Schema = to });
        }
        foreach (ViewDefinition view in _catalog.Views.Where(v => v.Schema == name).ToArray())
        {
            _catalog = _catalog.With(view with { Schema = to });
        }
        foreach (SequenceDefinition sequence in _catalog.Sequences.Where(s => s.Schema == name).ToArray())
        {
            Replace(sequence with { Schema = to });
        }
    }

    private void Replace(SequenceDefinition sequence)
    {
        _catalog = _catalog.With(sequence);
        _storage.GetSequence(sequence.Oid).Definition = sequence;
    }

    private object? Find(string nameText)
    {
        (string schema, string name) = Qualified(nameText);
        return _catalog.FindRelation(schema, name);
    }

    private int RelationOid((string Schema, string Name) name) => _catalog.FindRelation(name.Schema, name.Name) switch
    {
        TableDefinition table => table.Oid,
        ViewDefinition view => view.Oid,
        SequenceDefinition sequence => sequence.Oid,
        _ => throw new FormatException($"the view uses a relation \"{name.Name}\" that does not exist"),
    };

    private void EnsureNew(string schema, string name)
    {
        if (!_catalog.HasSchema(schema))
        {
            throw new FormatException($"schema \"{schema}\" does not exist");
        }
        if (_catalog.FindRelation(schema, name) is not null)
        {
            throw new FormatException($"\"{name}\" is there already");
        }
    }

    private void EnsureSame(TableDefinition known, TableDefinition repeated)
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

    // KIND:cell,cell: one record, as in a database file.
    private static (string Kind, string[] Cells) Line(byte[] value)
    {
        using var records = new CsvRecordReader(value.AsMemory());
        if (!records.TryRead(out string? problem) || problem is not null)
        {
            throw new FormatException(problem ?? "a line of a definition is empty");
        }
        ReadOnlySpan<byte> first = records.Value(0);
        int colon = first.IndexOf((byte)':');
        if (colon < 0)
        {
            throw new FormatException($"the line \"{StrictUtf8.GetString(first)}\" is of no kind that this version knows");
        }
        string kind = StrictUtf8.GetString(first[..colon]);
        string[] cells = new string[records.Count];
        for (int i = 0; i < cells.Length; i++)
        {
            cells[i] = StrictUtf8.GetString(i == 0 ? first[(colon + 1)..] : records.Value(i));
        }
        return (kind, cells);
    }
}
