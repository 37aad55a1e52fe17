using System.Globalization;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Parsing;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using ColumnDefinition = PhantomDb.Catalog.ColumnDefinition;

namespace PhantomDb.Binding;

/// <summary>
/// Definition statements to lists of changes, checked against the catalog. This file has schemas, views, DROP
/// and COMMENT; the others have tables, ALTER TABLE, indexes and sequences.
/// </summary>
internal sealed partial class SchemaBinder(BindingState state)
{
    private readonly SchemaChangeBuilder _change = new(state.Catalog, state.Context.FirstOid);

    private static void RefuseTemporary(TablePersistence persistence, string what, int position)
    {
        if (persistence == TablePersistence.Temporary)
        {
            throw Error.NotSupported($"a temporary {what}", position);
        }
    }

    /// <summary>True where a new relation's name is taken and IF NOT EXISTS says that this is fine; 42P07 where it does not.</summary>
    private bool IsTaken(string schema, string name, bool ifNotExists, int position)
    {
        if (_change.Catalog.FindRelation(schema, name) is null)
        {
            return false;
        }
        if (!ifNotExists)
        {
            throw Error.At(SqlStates.DuplicateTable, $"relation \"{name}\" already exists", position);
        }
        _change.Notice($"relation \"{name}\" already exists, skipping");
        return true;
    }

    public SchemaChange BindCreateSchema(CreateSchemaStatement statement)
    {
        string name = statement.Name ?? statement.Authorization!;
        if (name.StartsWith("pg_", StringComparison.Ordinal))
        {
            throw Error.At("42939", $"unacceptable schema name \"{name}\"", statement.Position, detail: "The prefix \"pg_\" is reserved for system schemas.");
        }
        if (statement.Elements.Count > 0)
        {
            throw Error.NotSupported("CREATE SCHEMA with elements", statement.Elements[0].Position);
        }
        if (_change.Catalog.HasSchema(name))
        {
            if (!statement.IfNotExists)
            {
                throw Error.At("42P06", $"schema \"{name}\" already exists", statement.Position);
            }
            _change.Notice($"schema \"{name}\" already exists, skipping");
            return _change.Build("CREATE SCHEMA");
        }
        _change.Put(new SchemaDefinition(_change.TakeOid(), name));
        return _change.Build("CREATE SCHEMA");
    }

    public SchemaChange BindCreateView(CreateViewStatement statement)
    {
        RefuseTemporary(statement.Persistence, "view", statement.Position);
        if (statement.IsRecursive || statement.CheckOption != ViewCheckOption.None || statement.Options.Count > 0)
        {
            throw Error.NotSupported(statement.IsRecursive ? "CREATE RECURSIVE VIEW" : statement.Options.Count > 0 ? "WITH options of a view" : "WITH CHECK OPTION", statement.Position);
        }
        string schema = Relations.SchemaForNew(state, statement.Name);
        string name = statement.Name.Name;
        object? existing = _change.Catalog.FindRelation(schema, name);
        if (existing is not null && !statement.OrReplace)
        {
            throw Error.At(SqlStates.DuplicateTable, $"relation \"{name}\" already exists", statement.Name.Position);
        }
        if (existing is not (null or ViewDefinition))
        {
            throw Error.At(SqlStates.WrongObjectType, $"\"{name}\" is not a view", statement.Name.Position);
        }
        BoundQuery query = new QueryBinder(state, null, null).Bind(statement.Query);
        if (state.ParameterTypes.Count > 0)
        {
            throw Error.At(SqlStates.UndefinedParameter, "there is no parameter $1", statement.Position);
        }
        ViewColumn[] columns = NamedColumns(query, statement.Columns, "VIEW", statement.Position)
            .Select(c => new ViewColumn(c.Name, TypeNames.Storable(c.Type, statement.Position))).ToArray();
        if (existing is ViewDefinition before)
        {
            CheckReplacement(before, columns, statement.Name.Position);
        }
        int oid = existing is ViewDefinition replaced ? replaced.Oid : _change.TakeOid();
        _change.Put(new ViewDefinition(oid, schema, name, StoredText.OfView(state, schema, statement.Query), columns)
        {
            DependsOn = [.. state.Dependencies.Where(d => d != oid).Order()],
            Version = existing is ViewDefinition old ? old.Version + 1 : 0,
        });
        return _change.Build("CREATE VIEW");
    }

    /// <summary>The query's columns under the names of a list, which may be shorter; 42701 where two are the same.</summary>
    private static List<LogicalColumn> NamedColumns(BoundQuery query, SyntaxList<string> names, string kind, int position)
    {
        if (names.Count > query.Columns.Count)
        {
            throw Error.InvalidSyntax($"CREATE {kind} specifies more column names than columns", position);
        }
        List<LogicalColumn> columns = [.. query.Columns.Select((c, i) => i < names.Count ? c with { Name = names[i] } : c)];
        foreach (IGrouping<string, LogicalColumn> group in columns.GroupBy(c => c.Name))
        {
            if (group.Count() > 1)
            {
                throw Error.At(SqlStates.DuplicateColumn, $"column \"{group.Key}\" specified more than once", position);
            }
        }
        return columns;
    }

    private static void CheckReplacement(ViewDefinition before, ViewColumn[] columns, int position)
    {
        if (columns.Length < before.Columns.Count)
        {
            throw Error.At(SqlStates.InvalidTableDefinition, "cannot drop columns from view", position);
        }
        for (int i = 0; i < before.Columns.Count; i++)
        {
            if (before.Columns[i].Name != columns[i].Name)
            {
                throw Error.At(SqlStates.InvalidTableDefinition, $"cannot change name of view column \"{before.Columns[i].Name}\" to \"{columns[i].Name}\"", position,
                    hint: "Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.");
            }
            if (before.Columns[i].Type.Id != columns[i].Type.Id)
            {
                throw Error.At(SqlStates.InvalidTableDefinition,
                    $"cannot change data type of view column \"{columns[i].Name}\" from {before.Columns[i].Type} to {columns[i].Type}", position);
            }
        }
    }

    private TableDefinition FindTable(QualifiedName name, string verb) => Find(name) switch
    {
        TableDefinition table => table,
        null => throw NameHints.RelationNotFound(state, name),
        _ => throw Error.At(SqlStates.WrongObjectType, $"cannot {verb} relation \"{name.Name}\"", name.Position, detail: "This operation is supported for tables only."),
    };

    /// <summary>A relation of the catalog as changed so far.</summary>
    private object? Find(QualifiedName name)
    {
        if (Relations.Find(state, name) is VirtualTable virtualTable)
        {
            return virtualTable;
        }
        return name.Schema is { } schema
            ? _change.Catalog.FindRelation(schema, name.Name)
            : state.Context.SearchPath.Select(s => _change.Catalog.FindRelation(s, name.Name)).FirstOrDefault(found => found is not null);
    }

    private static void RefuseTablespace(string? tablespace, int position)
    {
        if (tablespace is not (null or "pg_default"))
        {
            throw Error.NotSupported("TABLESPACE", position);
        }
    }

    private static void RefuseCollation(QualifiedName? collation)
    {
        if (collation is not null && collation.Name is not ("C" or "POSIX" or "default" or "ucs_basic"))
        {
            throw Error.NotSupported($"collation \"{collation.Name}\"", collation.Position);
        }
    }

    /// <summary>Storage parameters that a dump may write and that mean nothing in memory are taken; others are not.</summary>
    private static void RefuseOptions(SyntaxList<OptionSyntax> options)
    {
        foreach (OptionSyntax option in options)
        {
            if (option.Name is not ("fillfactor" or "oids" or "deduplicate_items") && !option.Name.StartsWith("autovacuum_", StringComparison.Ordinal))
            {
                throw Error.At(SqlStates.InvalidParameterValue, $"unrecognized parameter \"{option.Name}\"", option.Position);
            }
            if (option is { Name: "fillfactor", Value: not null })
            {
                CheckFillFactor(option);
            }
        }
    }

    private static void CheckFillFactor(OptionSyntax option)
    {
        string? text = Binder.OptionText(option);
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int percent))
        {
            throw Error.At(SqlStates.InvalidParameterValue, $"invalid value for integer option \"fillfactor\": {text}", option.Position);
        }
        if (percent is < 10 or > 100)
        {
            throw Error.At(SqlStates.InvalidParameterValue, $"value {text} out of bounds for option \"fillfactor\"", option.Position,
                detail: "Valid values are between \"10\" and \"100\".");
        }
    }

    public SchemaChange BindDrop(DropStatement statement)
    {
        string kind = statement.Kind switch
        {
            ObjectKind.Table => "table",
            ObjectKind.View => "view",
            ObjectKind.Index => "index",
            ObjectKind.Sequence => "sequence",
            ObjectKind.Schema => "schema",
            _ => throw Error.NotSupported($"DROP {statement.Kind.Name()}", statement.Position),
        };
        string tag = $"DROP {kind.ToUpperInvariant()}";
        bool cascades = statement.Behavior == DropBehavior.Cascade;
        if (statement.Kind == ObjectKind.Schema)
        {
            foreach (QualifiedName name in statement.Names)
            {
                DropSchema(name, statement.IfExists, cascades);
            }
            return _change.Build(tag);
        }
        var dropped = new HashSet<int>();
        var targets = new List<object>();
        foreach (QualifiedName name in statement.Names)
        {
            object? found = Find(name);
            if (found is null)
            {
                if (!statement.IfExists)
                {
                    throw Error.At(statement.Kind == ObjectKind.Index ? SqlStates.UndefinedObject : SqlStates.UndefinedTable, $"{kind} \"{name}\" does not exist", name.Position,
                        NameHints.OfRelation(state, name.Parts, [kind]));
                }
                _change.Notice($"{kind} \"{name}\" does not exist, skipping");
                continue;
            }
            CheckKind(found, statement.Kind, kind, name);
            targets.Add(found);
            dropped.Add(OidOf(found));
        }
        foreach (object target in targets)
        {
            Drop(target, dropped, cascades);
        }
        return _change.Build(tag) with { RunsAloneAs = statement.Concurrently ? "DROP INDEX CONCURRENTLY" : null };
    }

    private static void CheckKind(object found, ObjectKind kind, string name, QualifiedName written)
    {
        (ObjectKind actual, string use) = found switch
        {
            TableDefinition => (ObjectKind.Table, "DROP TABLE to remove a table"),
            ViewDefinition => (ObjectKind.View, "DROP VIEW to remove a view"),
            SequenceDefinition => (ObjectKind.Sequence, "DROP SEQUENCE to remove a sequence"),
            IndexDefinition => (ObjectKind.Index, "DROP INDEX to remove an index"),
            _ => throw Error.At("42501", $"permission denied: \"{written.Name}\" is a system catalog", written.Position),
        };
        if (actual != kind)
        {
            throw Error.At(SqlStates.WrongObjectType, $"\"{written.Name}\" is not {(kind == ObjectKind.Index ? "an" : "a")} {name}", written.Position, hint: $"Use {use}.");
        }
    }

    private static int OidOf(object definition) => definition switch
    {
        TableDefinition table => table.Oid,
        ViewDefinition view => view.Oid,
        SequenceDefinition sequence => sequence.Oid,
        IndexDefinition index => index.Oid,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private void Drop(object target, HashSet<int> dropped, bool cascades)
    {
        int oid = OidOf(target);
        if (_change.Catalog.Find(oid) is not { } current)
        {
            return;   // gone already, with what it depended on
        }
        switch (current)
        {
            case TableDefinition table:
                DropTable(table, dropped, cascades);
                break;
            case ViewDefinition view:
                string what = $"view {view.Name}";
                DropViews(what, ViewsDependingOn(view.Oid, what, dropped), dropped, cascades);
                _change.RemoveRelation(view.Oid);
                break;
            case SequenceDefinition sequence:
                DropSequence(sequence, dropped, cascades);
                break;
            case IndexDefinition index:
                DropIndex(index);
                break;
        }
    }

    private void DropTable(TableDefinition table, HashSet<int> dropped, bool cascades)
    {
        string what = $"table {table.Name}";
        List<string> inTheWay = [];
        foreach (TableDefinition other in _change.Catalog.TablesReferencing(table.Oid).Where(t => t.Oid != table.Oid && !dropped.Contains(t.Oid)).ToArray())
        {
            ConstraintDefinition[] references = [.. other.Constraints.Where(c => c.Kind == ConstraintKind.ForeignKey && c.ReferencedTableOid == table.Oid)];
            if (!cascades)
            {
                inTheWay.AddRange(references.Select(c => $"constraint {c.Name} on table {other.Name} depends on {what}"));
                continue;
            }
            foreach (ConstraintDefinition reference in references)
            {
                _change.CascadeTo($"constraint {reference.Name} on table {other.Name}");
            }
            _change.Put(other with { Constraints = [.. other.Constraints.Except(references)], Version = other.Version + 1 });
        }
        DropViews(what, ViewsDependingOn(table.Oid, what, dropped), dropped, cascades, inTheWay);
        // Tables dropped together may refer to each other: the references go with them.
        foreach (SequenceDefinition sequence in _change.Catalog.SequencesOf(table.Oid).ToArray())
        {
            DropDefaultsOver(sequence, what, [.. dropped, table.Oid], cascades);
            _change.RemoveRelation(sequence.Oid);
            _change.Do(new DropSequenceStorage(sequence.Oid));
        }
        _change.RemoveRelation(table.Oid);
        _change.Do(new DropTableStorage(table));
    }

    private void DropSequence(SequenceDefinition sequence, HashSet<int> dropped, bool cascades)
    {
        if (_change.Catalog.Find(sequence.OwnerTableOid) is TableDefinition owner && !dropped.Contains(owner.Oid)
            && owner.Columns.FirstOrDefault(c => c.SequenceOid == sequence.Oid && c.Identity != IdentityKind.None) is { } column)
        {
            throw Error.At(SqlStates.DependentObjectsStillExist, $"cannot drop sequence {sequence.Name} because column {column.Name} of table {owner.Name} requires it", -1,
                hint: $"You can drop column {column.Name} of table {owner.Name} instead.");
        }
        string what = $"sequence {sequence.Name}";
        DropDefaultsOver(sequence, what, dropped, cascades);
        DropViews(what, ViewsDependingOn(sequence.Oid, what, dropped), dropped, cascades);
        _change.RemoveRelation(sequence.Oid);
        _change.Do(new DropSequenceStorage(sequence.Oid));
    }

    private void DropIndex(IndexDefinition index)
    {
        TableDefinition table = _change.Catalog.GetTable(index.TableOid);
        ConstraintDefinition? owner = table.Constraints.FirstOrDefault(c => c.IndexOid == index.Oid);
        if (owner is not null)
        {
            throw Error.At(SqlStates.DependentObjectsStillExist, $"cannot drop index {index.Name} because constraint {owner.Name} on table {table.Name} requires it", -1,
                hint: $"You can drop constraint {owner.Name} on table {table.Name} instead.");
        }
        RefuseReferenced(table, index.Oid, $"index {index.Name}");
        TableDefinition changed = (table with { Indexes = [.. table.Indexes.Where(i => i.Oid != index.Oid)], Version = table.Version + 1 }).WithUsedExpressions();
        _change.Put(changed);
        _change.Do(new DropIndexStorage(changed, index));
    }

    /// <summary>2BP01 where a foreign key uses an index.</summary>
    private void RefuseReferenced(TableDefinition table, int indexOid, string what)
    {
        foreach (TableDefinition other in _change.Catalog.TablesReferencing(table.Oid))
        {
            foreach (ConstraintDefinition constraint in other.Constraints)
            {
                if (constraint.Kind == ConstraintKind.ForeignKey && constraint.ReferencedTableOid == table.Oid && constraint.ReferencedIndexOid == indexOid)
                {
                    throw Dependents(what, [$"constraint {constraint.Name} on table {other.Name} depends on {what}"]);
                }
            }
        }
    }

    /// <summary>A view that cannot stay, and what it reads of that which goes.</summary>
    private readonly record struct DependentView(ViewDefinition View, string On);

    /// <summary>Views over an object, and those over them: each once, behind what it reads.</summary>
    private List<DependentView> ViewsDependingOn(int oid, string what, HashSet<int> dropped)
    {
        // DependsOn holds all that a view reads through others too: it says which views go, their texts say what each reads itself.
        ViewDefinition[] all = [.. _change.Catalog.ViewsOver(oid).Where(v => !dropped.Contains(v.Oid))];
        if (all.Length == 0)
        {
            return [];
        }
        ViewDefinition[] direct = [.. ViewsOver(oid).Select(v => v.View).Where(v => !dropped.Contains(v.Oid))];
        List<DependentView> found = WithViewsOver(direct, what, dropped);
        found.AddRange(all.Where(v => !found.Exists(f => f.View.Oid == v.Oid)).Select(v => new DependentView(v, what)));
        return found;
    }

    /// <summary>Views, and those that read them. In PostgreSQL's order: the newest are followed first and named last.</summary>
    private List<DependentView> WithViewsOver(IEnumerable<ViewDefinition> views, string what, HashSet<int> dropped)
    {
        List<DependentView> found = [];
        HashSet<int> seen = [.. dropped];
        Follow(views, what);
        found.Reverse();
        // Nothing that reads what goes may stay, even where its text does not tell how it reads it.
        ViewDefinition[] others = [.. found.SelectMany(f => _change.Catalog.ViewsOver(f.View.Oid)).Where(v => !seen.Contains(v.Oid)).DistinctBy(v => v.Oid)];
        found.AddRange(others.OrderBy(v => v.Oid).Select(v => new DependentView(v, what)));
        return found;

        void Follow(IEnumerable<ViewDefinition> readers, string read)
        {
            foreach (ViewDefinition view in readers.OrderByDescending(v => v.Oid))
            {
                if (seen.Add(view.Oid))
                {
                    Follow(ViewsOver(view.Oid).Select(v => v.View), $"view {view.Name}");
                    found.Add(new DependentView(view, read));
                }
            }
        }
    }

    /// <summary>Views over what is dropped: dropped with it under CASCADE, else 2BP01, which also names what else is in the way.</summary>
    private void DropViews(string what, List<DependentView> views, HashSet<int> dropped, bool cascades, IReadOnlyCollection<string>? inTheWay = null)
    {
        if (!cascades && views.Count + (inTheWay?.Count ?? 0) > 0)
        {
            throw Dependents(what, [.. inTheWay ?? [], .. views.Select(v => $"view {v.View.Name} depends on {v.On}")]);
        }
        foreach (DependentView dependent in views)
        {
            dropped.Add(dependent.View.Oid);
            _change.CascadeTo($"view {dependent.View.Name}");
            _change.RemoveRelation(dependent.View.Oid);
        }
    }

    private static PhantomDbException Dependents(string what, IEnumerable<string> details) =>
        Error.At(SqlStates.DependentObjectsStillExist, $"cannot drop {what} because other objects depend on it", -1,
            hint: "Use DROP ... CASCADE to drop the dependent objects too.", detail: string.Join('\n', details));

    private void DropSchema(QualifiedName name, bool ifExists, bool cascades)
    {
        string schema = name.Name;
        if (!_change.Catalog.HasSchema(schema))
        {
            if (!ifExists)
            {
                throw Error.At(SqlStates.InvalidSchemaName, $"schema \"{schema}\" does not exist", name.Position);
            }
            _change.Notice($"schema \"{schema}\" does not exist, skipping");
            return;
        }
        object[] contents =
        [
            .. _change.Catalog.Views.Where(v => v.Schema == schema),
            .. _change.Catalog.Tables.Where(t => t.Schema == schema),
            .. _change.Catalog.Sequences.Where(s => s.Schema == schema
                && !(_change.Catalog.Find(s.OwnerTableOid) is TableDefinition owner && owner.Schema == schema)),   // it goes with its table
        ];
        contents = [.. contents.OrderBy(OidOf)];
        if (contents.Length > 0 && !cascades)
        {
            throw Dependents($"schema {schema}", contents.Select(c => $"{Describe(c)} depends on schema {schema}"));
        }
        HashSet<int> dropped = [.. contents.Select(OidOf)];
        foreach (object content in contents)
        {
            _change.CascadeTo(Describe(content));
            Drop(content, dropped, cascades: true);
        }
        _change.RemoveSchema(schema);
    }

    private static string Describe(object definition) => definition switch
    {
        TableDefinition table => $"table {table.Name}",
        ViewDefinition view => $"view {view.Name}",
        SequenceDefinition sequence => $"sequence {sequence.Name}",
        _ => "object",
    };

    public BoundStatement BindComment(CommentStatement statement)
    {
        switch (statement.Kind)
        {
            case ObjectKind.Table:
                TableDefinition table = FindTable(statement.Name, "comment on");
                _change.Put(table with { Comment = statement.Text });
                break;
            case ObjectKind.Column:
                CommentOnColumn(statement);
                break;
            case ObjectKind.Constraint:
                TableDefinition owner = FindTable(statement.Table!, "comment on");
                ConstraintDefinition constraint = owner.Constraints.FirstOrDefault(c => c.Name == statement.Name.Name)
                    ?? throw Error.At(SqlStates.UndefinedObject, $"constraint \"{statement.Name.Name}\" for table \"{owner.Name}\" does not exist", statement.Name.Position);
                _change.Put(owner with { Constraints = [.. owner.Constraints.Select(c => c == constraint ? c with { Comment = statement.Text } : c)] });
                break;
            case ObjectKind.View when Find(statement.Name) is ViewDefinition view:
                _change.Put(view with { Comment = statement.Text });
                break;
            case ObjectKind.Sequence when Find(statement.Name) is SequenceDefinition sequence:
                _change.Put(sequence with { Comment = statement.Text });
                break;
            case ObjectKind.Index when Find(statement.Name) is IndexDefinition index:
                TableDefinition indexed = _change.Catalog.GetTable(index.TableOid);
                _change.Put(indexed with { Indexes = [.. indexed.Indexes.Select(i => i.Oid == index.Oid ? i with { Comment = statement.Text } : i)] });
                break;
            case ObjectKind.View or ObjectKind.Sequence or ObjectKind.Index:
                throw NameHints.RelationNotFound(state, statement.Name, [statement.Kind == ObjectKind.View ? NameHints.View : statement.Kind == ObjectKind.Sequence ? NameHints.Sequence : NameHints.Index]);
            case ObjectKind.Schema:
                SchemaDefinition schema = _change.Catalog.FindSchema(statement.Name.Name)
                    ?? throw Error.At(SqlStates.InvalidSchemaName, $"schema \"{statement.Name.Name}\" does not exist", statement.Name.Position);
                _change.Put(schema with { Comment = statement.Text });
                break;
            case ObjectKind.Database:
                return new NoOperationCommand("COMMENT") { Notices = ["comments on databases are not kept"] };
            default:
                throw Error.NotSupported($"COMMENT ON {statement.Kind.Name()}", statement.Position);
        }
        return _change.Build("COMMENT");
    }

    private void CommentOnColumn(CommentStatement statement)
    {
        SyntaxList<string> parts = statement.Name.Parts;
        var tableName = new QualifiedName(parts.AsSpan()[..^1].ToArray().ToSyntaxList(), statement.Name.Position);
        TableDefinition table = FindTable(tableName, "comment on a column of");
        int place = table.IndexOf(parts[^1]);
        if (place < 0)
        {
            throw Error.ColumnOfRelationNotFound(parts[^1], table.Name, statement.Name.Position, table.Columns.Select(column => column.Name));
        }
        _change.Put(table with { Columns = [.. table.Columns.Select((c, i) => i == place ? c with { Comment = statement.Text } : c)] });
    }
}
