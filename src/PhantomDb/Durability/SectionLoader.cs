using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Csv;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Durability;

/// <summary>
/// Builds a catalog and tables from a file's records, section by section. What refers to other tables (foreign keys, what
/// views use) waits for <see cref="Finish"/>. Mistakes in the text are <see cref="FormatException"/>; the reader knows the place.
/// </summary>
internal sealed class SectionLoader(LoadTarget target, bool isOurs)
{
    /// <summary>Of the section that has the defaults of sessions.</summary>
    public const string SettingsName = "sessions";
    public const string SettingsHead = $"[SETTINGS:{SettingsName}]";

    private const int ShownMax = 80;
    private static readonly UTF8Encoding StrictUtf8 = new(false, true);

    private readonly DatabaseStorage _storage = new(target.Account, target.Timestamps);
    private readonly List<(int TableOid, ForeignKeyLine Line)> _foreignKeys = [];
    private readonly List<LateIndex> _lateIndexes = [];
    private readonly List<(int ViewOid, List<(string Schema, string Name)> Uses)> _viewUses = [];
    private readonly List<(SequenceDefinition Sequence, int TableOid, string Column)> _ownedSequences = [];
    private readonly List<(int TableOid, string Column, IdentityKind Kind, string Sequence)> _identities = [];
    private DatabaseCatalog _catalog = DatabaseCatalog.Empty with { NextOid = Math.Max(DatabaseCatalog.FirstUserOid, target.FirstOid) };
    private readonly Dictionary<int, (string Head, long Offset)> _sections = [];   // by oid of the table or view
    private string _head = "";
    private long _failedOffset = -1;
    private TableBuilder? _table;
    private ViewDefinition? _view;
    private bool _viewHasColumns;
    private string? _schema;
    private bool _isInSettings;
    private RowLoader? _rows;

    public int SectionCount { get; private set; }

    /// <summary>Where each table's and view's section begins.</summary>
    public IReadOnlyDictionary<int, (string Head, long Offset)> Sections => _sections;

    /// <summary>For errors: where the row or section begins that they are about; -1: at the record read last.</summary>
    public long FailedOffset => _failedOffset >= 0 ? _failedOffset : _rows?.FailedOffset ?? -1;

    /// <summary>For errors: the section, and the row where there is one.</summary>
    public string Place => _head.Length == 0 ? "" : _rows is null
        ? $"section {_head}" : string.Create(CultureInfo.InvariantCulture, $"section {_head}, row {_rows.RowNumber}");

    /// <summary>Takes one record.</summary>
    public void Add(CsvRecordReader record)
    {
        ReadOnlySpan<byte> first = record.Value(0);
        if (first.StartsWith("ROW:"u8))
        {
            Rows().Add(record);
            return;
        }
        if (first is [(byte)'[', ..])
        {
            EndSection();
            StartSection(StrictUtf8.GetString(first), record);
            return;
        }
        int colon = first.IndexOf((byte)':');
        if (_head.Length == 0 || colon < 0)
        {
            throw new FormatException($"the line \"{Shown(StrictUtf8.GetString(first))}\" is of no kind that this version knows");
        }
        string kind = StrictUtf8.GetString(first[..colon]);
        string[] cells = new string[record.Count];
        for (int i = 0; i < cells.Length; i++)
        {
            cells[i] = StrictUtf8.GetString(i == 0 ? first[(colon + 1)..] : record.Value(i));
        }
        AddLine(kind, cells);
    }

    /// <summary>Takes all rows of the section in blocks, which several threads parse; their arrays go to the shared pool then.</summary>
    public void AddBlocks(IEnumerable<ArraySegment<byte>> blocks, int threadCount) => Rows().AddBlocks(blocks, threadCount);

    /// <summary>Gives back the memory of what was loaded: it is not used.</summary>
    public void Discard()
    {
        foreach (TableStore table in _storage.Tables.Values)
        {
            table.ReleaseMemory();
        }
        _rows?.Discard();
    }

    /// <summary>Ends the section; after the last record too.</summary>
    public void EndSection()
    {
        _rows?.Finish();
        if (_table is not null && _rows is null)
        {
            Rows().Finish();   // no row at all
        }
        if (_view is not null)
        {
            if (_view.QueryText.Length == 0 || !_viewHasColumns)
            {
                throw new FormatException($"the view has no line {(_viewHasColumns ? "QUERY" : "COLUMNS")}");
            }
            _catalog = _catalog.With(_view);
        }
        _rows = null;
        _table = null;
        _view = null;
        _schema = null;
        _isInSettings = false;
    }

    /// <summary>Ties the tables together, and checks the foreign keys.</summary>
    public LoadedDatabase Finish()
    {
        _head = "";
        foreach ((SequenceDefinition sequence, int tableOid, string column) in _ownedSequences)
        {
            GoTo(tableOid);
            TableDefinition table = _catalog.GetTable(tableOid);
            int i = table.IndexOf(column);
            Ensure(i >= 0, $"sequence \"{sequence.Name}\" is owned by a column that table \"{table.Name}\" does not have");
            _catalog = _catalog.With(sequence with { OwnerColumnNumber = table.Columns[i].Number });
            SetColumn(table, i, table.Columns[i] with { SequenceOid = sequence.Oid });
        }
        foreach ((int tableOid, string column, IdentityKind kind, string name) in _identities)
        {
            GoTo(tableOid);
            TableDefinition table = _catalog.GetTable(tableOid);
            (string schema, string sequenceName) = new DefinitionText(name).QualifiedName();
            int i = table.IndexOf(column);
            Ensure(i >= 0 && _catalog.FindRelation(schema, sequenceName) is SequenceDefinition, $"identity column \"{column}\" or its sequence is missing");
            SetColumn(table, i, table.Columns[i] with { Identity = kind, SequenceOid = ((SequenceDefinition)_catalog.FindRelation(schema, sequenceName)!).Oid });
        }
        foreach ((int tableOid, ForeignKeyLine line) in _foreignKeys)
        {
            GoTo(tableOid);
            AddForeignKey(_catalog.GetTable(tableOid), line);
        }
        foreach ((int viewOid, List<(string Schema, string Name)> uses) in _viewUses)
        {
            GoTo(viewOid);
            var view = (ViewDefinition)_catalog.Find(viewOid)!;
            _catalog = _catalog.With(view with { DependsOn = [.. uses.Select(RelationOid)] });
        }
        OrderViews();
        foreach (TableDefinition table in _catalog.Tables)
        {
            foreach (ConstraintDefinition constraint in table.Constraints.Where(c => c.Kind == ConstraintKind.ForeignKey && !c.IsNotValid))
            {
                GoTo(table.Oid);
                new ForeignKeyCheck(_catalog, _storage, table, constraint).Run();
            }
        }
        return new LoadedDatabase(_catalog, _storage) { LateIndexes = _lateIndexes };
    }

    // The file has views by name. They get their oids in an order in which they could have been made: what lists them by oid
    // relies on that.
    private void OrderViews()
    {
        ViewDefinition[] views = [.. _catalog.Views.OrderBy(v => v.Oid)];
        if (views.Length == 0)
        {
            return;
        }
        List<ViewDefinition> ordered = [];
        HashSet<int> entered = [], left = [];
        foreach (ViewDefinition view in views)
        {
            Enter(view);
        }
        Dictionary<int, int> oids = ordered.Select((view, i) => (view.Oid, New: views[i].Oid)).ToDictionary(pair => pair.Oid, pair => pair.New);
        Dictionary<int, (string Head, long Offset)> sections = views.ToDictionary(view => oids[view.Oid], view => _sections[view.Oid]);
        foreach (ViewDefinition view in views)
        {
            _catalog = _catalog.Without(view.Oid);
        }
        foreach (ViewDefinition view in ordered)
        {
            int oid = oids[view.Oid];
            _catalog = _catalog.With(view with { Oid = oid, DependsOn = [.. view.DependsOn.Select(used => oids.GetValueOrDefault(used, used))] });
            _sections[oid] = sections[oid];
        }

        void Enter(ViewDefinition view)
        {
            if (left.Contains(view.Oid))
            {
                return;
            }
            GoTo(view.Oid);
            Ensure(RuntimeHelpers.TryEnsureSufficientExecutionStack(), "views use each other too deeply");
            Ensure(entered.Add(view.Oid), $"view \"{view.Name}\" uses itself, by way of others");
            foreach (ViewDefinition used in view.DependsOn.Select(_catalog.Find).OfType<ViewDefinition>())
            {
                Enter(used);
            }
            ordered.Add(view);
            left.Add(view.Oid);
        }
    }

    private void GoTo(int oid) => (_head, _failedOffset) = _sections[oid];

    private static void Ensure(bool condition, string message)
    {
        if (!condition)
        {
            throw new FormatException(message);
        }
    }

    private void SetColumn(TableDefinition table, int i, ColumnDefinition column)
    {
        ColumnDefinition[] columns = [.. table.Columns];
        columns[i] = column;
        _catalog = _catalog.With(table with { Columns = columns });
    }

    private int RelationOid((string Schema, string Name) name) => _catalog.FindRelation(name.Schema, name.Name) switch
    {
        TableDefinition table => table.Oid,
        ViewDefinition view => view.Oid,
        SequenceDefinition sequence => sequence.Oid,
        _ => throw new FormatException($"the view uses a relation \"{name.Name}\" that the file does not have"),
    };

    private int TakeOid()
    {
        _catalog = _catalog.TakeOid(out int oid);
        return oid;
    }

    private RowLoader Rows()
    {
        if (_rows is null)
        {
            if (_table is null)
            {
                throw new FormatException("a row stands outside of a table");
            }
            TableDefinition table = _table.Build();
            foreach (IndexDefinition index in table.Indexes)
            {
                EnsureNew(table.Schema, index.Name, index.Name == table.Name);
            }
            _lateIndexes.AddRange(_table.LateIndexes);
            _foreignKeys.AddRange(_table.ForeignKeys.Select(line => (table.Oid, line)));
            _catalog = _catalog.With(table);
            TableStore store = _storage.NewTable(table);
            _storage.SetTable(store);
            _rows = new RowLoader(store, _table.DataOrder, isOurs, target.Account);
        }
        return _rows;
    }

    private void StartSection(string head, CsvRecordReader record)
    {
        _head = head;
        int colon = head.IndexOf(':');
        if (record.Count != 1 || colon < 0 || !head.EndsWith(']'))
        {
            throw new FormatException($"\"{Shown(head)}\" is no head of a section");
        }
        string kind = head[1..colon];
        string nameText = head[(colon + 1)..^1];
        SectionCount++;
        switch (kind)
        {
            case "TABLE":
                (string schema, string name) = RelationName(nameText);
                _table = new TableBuilder(TakeOid(), schema, name, TakeOid);
                _sections[_table.Oid] = (head, record.Offset);
                break;
            case "VIEW":
                (schema, name) = RelationName(nameText);
                _view = new ViewDefinition(TakeOid(), schema, name, "", []);
                _viewHasColumns = false;
                _sections[_view.Oid] = (head, record.Offset);
                break;
            case "SCHEMA":
                _schema = new DefinitionText(nameText).Name();
                _catalog = _catalog.With(_catalog.FindSchema(_schema) ?? new SchemaDefinition(TakeOid(), _schema));
                break;
            case "SEQUENCE":
                break;
            case "SETTINGS" when nameText == SettingsName:
                _isInSettings = true;
                break;
            default:
                throw new FormatException($"sections of the kind \"{kind}\" are not known to this version");
        }
    }

    // Names of others may have blanks and the like without quotes.
    private (string Schema, string Name) RelationName(string text)
    {
        (string Schema, string Name) name;
        if (!isOurs && !text.StartsWith('"') && text.Any(c => !char.IsLetterOrDigit(c) && c is not ('_' or '$' or '.')))
        {
            name = (DatabaseCatalog.DefaultSchema, text);
        }
        else
        {
            var reader = new DefinitionText(text);
            name = reader.QualifiedName();
            reader.End();
        }
        if (!_catalog.HasSchema(name.Schema))
        {
            throw new FormatException($"schema \"{name.Schema}\" has no section before this");
        }
        EnsureNew(name.Schema, name.Name);
        return name;
    }

    // Tables, views, sequences and indexes share one name space.
    private void EnsureNew(string schema, string name, bool isTaken = false) =>
        Ensure(!isTaken && _catalog.FindRelation(schema, name) is null, $"\"{name}\" stands in the file twice");

    private void AddLine(string kind, string[] cells)
    {
        switch (kind)
        {
            case "COMMENT":
                AddComment(cells);
                break;
            case "SEQUENCE" when _view is null:
                AddSequence(cells);
                break;
            case "IDENTITY" when _table is not null && cells.Length == 3:
                _identities.Add((_table.Oid, new DefinitionText(cells[0]).Name(),
                    cells[1] == "ALWAYS" ? IdentityKind.Always : cells[1] == "BY DEFAULT" ? IdentityKind.ByDefault
                        : throw new FormatException($"identity is ALWAYS or BY DEFAULT, not \"{cells[1]}\""), cells[2]));
                break;
            case "COLUMNS" when _view is not null:
                _viewHasColumns = true;
                _view = cells is [""] ? _view : _view with { Columns = [.. cells.Select(c => ParseColumn(c, isOurs)).Select(c => new ViewColumn(c.Name, c.Type))] };
                break;
            case "SETTING" when _isInSettings && cells is [var setting, var value]:
                Ensure(!_catalog.Settings.ContainsKey(setting), $"setting \"{setting}\" stands in the file twice");
                _catalog = _catalog with { Settings = _catalog.Settings.Add(setting, value) };
                break;
            case "QUERY" when _view is not null && cells.Length == 1:
                _view = _view with { QueryText = cells[0] };
                break;
            case "USES" when _view is not null:
                _viewUses.Add((_view.Oid, [.. cells.Select(c => new DefinitionText(c).QualifiedName())]));
                break;
            default:
                if (_table is null || _rows is not null || !_table.TryAdd(kind, cells, isOurs))
                {
                    throw new FormatException($"lines of the kind \"{kind}\" are not known here to this version");
                }
                break;
        }
    }

    /// <summary>name:type, the type behind the last colon.</summary>
    public static (string Name, SqlType Type) ParseColumn(string cell, bool isOurs)
    {
        int colon = cell.LastIndexOf(':');
        if (colon < 0)
        {
            throw new FormatException($"column \"{cell}\" has no type: it should be name:type");
        }
        if (!TypeText.TryParse(cell[(colon + 1)..], out SqlType type))
        {
            throw new FormatException($"type \"{cell[(colon + 1)..]}\" of column \"{cell[..colon]}\" is not known");
        }
        return (ColumnName(cell[..colon], isOurs), type);
    }

    public static string ColumnName(string text, bool isOurs)
    {
        text = text.Trim();
        if (!isOurs && !text.StartsWith('"') && text.Length > 0)
        {
            return DefinitionText.Fold(text);   // names of others may have blanks and the like
        }
        var reader = new DefinitionText(text);
        string name = reader.Name();
        reader.End();
        return name;
    }

    private void AddComment(string[] cells)
    {
        string text = cells[^1];
        string name = cells.Length == 3 ? cells[1] : "";
        switch (cells[0])
        {
            case "SCHEMA" when _schema is not null:
                _catalog = _catalog.With(_catalog.FindSchema(_schema)! with { Comment = text });
                break;
            case "VIEW" when _view is not null:
                _view = _view with { Comment = text };
                break;
            case "SEQUENCE" when cells.Length == 3:
                (string schema, string sequence) = new DefinitionText(name).QualifiedName();
                int owned = _ownedSequences.FindIndex(s => s.Sequence.Schema == schema && s.Sequence.Name == sequence);
                if (owned >= 0)
                {
                    _ownedSequences[owned] = _ownedSequences[owned] with { Sequence = _ownedSequences[owned].Sequence with { Comment = text } };
                }
                else if (_catalog.FindRelation(schema, sequence) is SequenceDefinition found)
                {
                    _catalog = _catalog.With(found with { Comment = text });
                }
                break;
            default:
                if (_table is null || !_table.TryComment(cells[0], name, text))
                {
                    throw new FormatException($"a comment on \"{cells[0]} {name}\" has nothing to stand on");
                }
                break;
        }
    }

    private void AddSequence(string[] cells)
    {
        if (cells.Length != 1)
        {
            throw new FormatException("a sequence is one cell");
        }
        SequenceLine line = SequenceLine.Parse(cells[0]);
        SequenceDefinition sequence = line.Definition;
        EnsureNew(sequence.Schema, sequence.Name);
        Ensure(_catalog.HasSchema(sequence.Schema), $"schema \"{sequence.Schema}\" has no section before this");
        sequence = sequence with { Oid = TakeOid() };
        if (line.OwnerColumn is not null && _table is not null)
        {
            sequence = sequence with { OwnerTableOid = _table.Oid };
            _ownedSequences.Add((sequence, _table.Oid, line.OwnerColumn));
        }
        _catalog = _catalog.With(sequence);
        var store = new SequenceStore(sequence);
        store.TrySet(line.Last, line.IsCalled);
        _storage.SetSequence(store);
    }

    private void AddForeignKey(TableDefinition table, ForeignKeyLine line)
    {
        ConstraintDefinition constraint = line.ToConstraint(_catalog, table, TakeOid());
        _catalog = _catalog.With(table with { Constraints = [.. table.Constraints, constraint] });
    }

    // Of what may be anything: for a person, in one line.
    private static string Shown(string text) =>
        string.Concat((text.Length > ShownMax ? text[..ShownMax] + "…" : text).Select(c => char.IsControl(c) ? '\uFFFD' : c));
}
