using System.Globalization;
using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Errors;

namespace PhantomDb;

/// <summary>
/// Puts chosen tables of a database back to what another one has of them, in one transaction of ordinary statements: constraints are checked,
/// and its net effect goes into the log. A row that is the same is left alone. Sequences of tables that are there stay where they are.
/// <code>
/// stage = what the table had      rows whose key is not in the stage are removed (referring tables first),
///                                 those that differ are changed, those that are missing are added (referred tables first)
/// </code>
/// </summary>
internal sealed class TableRestore(Database database, Database past)
{
    private readonly Session _session = database.OpenPlainSession();
    private readonly Session _past = past.OpenPlainSession();
    private readonly List<Target> _targets = [];

    private sealed record Target(TableDefinition Then, TableDefinition? Now, string Name, string Stage, string[] Columns, string[] Key)
    {
        public long Removed { get; set; }

        public long Changed { get; set; }

        public long Added { get; set; }

        public string ColumnList => string.Join(", ", Columns);
    }

    public IReadOnlyList<RestoredTable> Run(IReadOnlyList<string> tables, RestorePoint point)
    {
        using (_past)
        using (_session)
        {
            Execute("BEGIN");
            Execute("SET LOCAL TimeZone = 'UTC'");
            ExecutePast("SET TimeZone = 'UTC'");
            foreach (string name in tables.Distinct())
            {
                _targets.Add(Find(name, point));
            }
            EnsurePartnersAreThere();
            Target[] inOrder = [.. ReferringFirst()];
            foreach (Target target in _targets)
            {
                Stage(target);
            }
            Execute("SET CONSTRAINTS ALL DEFERRED");
            foreach (Target target in _targets)
            {
                EnsureOthersKeepTheirPartners(target);
            }
            try
            {
                PutBack(inOrder);
            }
            catch (PhantomDbException error) when (error.SqlState == SqlStates.ForeignKeyViolation && MissingPartner(error) is { } missing)
            {
                throw missing;
            }
            return [.. _targets.Select(t => new RestoredTable(t.Name, t.Removed, t.Changed, t.Added))];
        }
    }

    private void PutBack(Target[] inOrder)
    {
        foreach (Target target in inOrder)
        {
            Remove(target);
        }
        foreach (Target target in inOrder.Reverse())
        {
            Put(target);
        }
        foreach (Target target in _targets)
        {
            Execute($"DROP TABLE {target.Stage}");
            Link(target);
        }
        Execute("COMMIT");
    }

    private Target Find(string text, RestorePoint point)
    {
        (string schema, string name) = NameOf(text);
        TableDefinition then = past.Catalog.FindTable(schema, name)
            ?? throw new PhantomDbException(SqlStates.UndefinedTable, $"table {text} did not exist at {point}");
        TableDefinition? now = database.Catalog.FindTable(schema, name);
        string[] columns = [.. then.Columns.Select(c => DefinitionText.Quote(c.Name))];
        if (now is not null)
        {
            string[] other = [.. then.Columns.Select(c => c.Name).Except(now.Columns.Select(c => c.Name)).Concat(now.Columns.Select(c => c.Name).Except(then.Columns.Select(c => c.Name)))];
            if (other.Length > 0)
            {
                throw new PhantomDbException(SqlStates.FeatureNotSupported, $"table {text} has other columns now than at {point}: \"{other[0]}\" is in one of them only")
                {
                    Hint = "Give it the columns that it had and try again, or restore the whole database.",
                };
            }
        }
        TableDefinition keyed = now ?? then;
        string[] key = keyed.PrimaryKey is { } primary ? [.. primary.Columns.Select(n => DefinitionText.Quote(keyed.Columns[keyed.IndexOfNumber(n)].Name))] : [];
        return new Target(then, now, DefinitionText.NameOf(schema, name), DefinitionText.Quote($"phantomdb_restore_{_targets.Count + 1}"), columns, key);
    }

    private static (string Schema, string Name) NameOf(string text)
    {
        try
        {
            var reader = new DefinitionText(text);
            (string, string) name = reader.QualifiedName();
            reader.End();
            return name;
        }
        catch (FormatException error)
        {
            throw new PhantomDbException(SqlStates.SyntaxError, $"\"{text}\" is not the name of a table: {error.Message}", error);
        }
    }

    // What the table had, beside it; a table that is not there is made with its definition of then.
    private void Stage(Target target)
    {
        if (target.Now is null)
        {
            foreach (SequenceDefinition sequence in past.Catalog.SequencesOf(target.Then.Oid))
            {
                if (database.Catalog.FindRelation(sequence.Schema, sequence.Name) is null && target.Then.Columns.All(c => c.SequenceOid != sequence.Oid || c.Identity == IdentityKind.None))
                {
                    Create(sequence.Schema, sequence.Name, description => description.CreateStatements);
                }
            }
            Create(target.Then.Schema, target.Then.Name, description => description.CreateStatements);
        }
        Execute($"CREATE TABLE {target.Stage} AS SELECT {target.ColumnList} FROM {target.Name} LIMIT 0");
        using QueryResult rows = _past.Execute($"SELECT {target.ColumnList} FROM {target.Name}");
        using var text = new RowTextStream(rows);
        _session.CopyInput = text;
        Execute($"COPY {target.Stage} ({target.ColumnList}) FROM STDIN WITH (FORMAT csv)");
        _session.CopyInput = null;
    }

    // Foreign keys and owners of sequences of a table that was made again, and where its sequences stood.
    private void Link(Target target)
    {
        if (target.Now is not null)
        {
            return;
        }
        Create(target.Then.Schema, target.Then.Name, description => description.LinkStatements);
        foreach (SequenceDefinition sequence in past.Catalog.SequencesOf(target.Then.Oid))
        {
            if (database.Catalog.FindRelation(sequence.Schema, sequence.Name) is null)
            {
                (long last, bool isCalled) = past.Storage.GetSequence(sequence.Oid).Position;
                string name = DefinitionText.NameOf(sequence.Schema, sequence.Name).Replace("'", "''", StringComparison.Ordinal);
                Execute(string.Create(CultureInfo.InvariantCulture, $"SELECT setval('{name}', {last}, {(isCalled ? "true" : "false")})"));
            }
        }
    }

    private void Create(string schema, string name, Func<RelationDescription, IReadOnlyList<string>> statements)
    {
        foreach (string statement in statements(past.DescribeSchema().Relations.Single(r => r.Schema == schema && r.Name == name && r.Kind != RelationKind.View)))
        {
            Execute(statement);
        }
    }

    // A table that is made again needs those that it refers to.
    private void EnsurePartnersAreThere()
    {
        foreach (Target target in _targets.Where(target => target.Now is null))
        {
            foreach (ConstraintDefinition key in target.Then.Constraints.Where(c => c.Kind == ConstraintKind.ForeignKey))
            {
                TableDefinition partner = past.Catalog.GetTable(key.ReferencedTableOid);
                if (database.Catalog.FindTable(partner.Schema, partner.Name) is null && !IsChosen(partner))
                {
                    string name = DefinitionText.NameOf(partner.Schema, partner.Name);
                    throw new PhantomDbException(SqlStates.UndefinedTable, $"table {target.Name} cannot be put back alone: it refers to table {name}, which is not there any more (constraint \"{key.Name}\")")
                    {
                        SchemaName = target.Then.Schema, TableName = target.Then.Name, ConstraintName = key.Name, Hint = HintWith(name),
                    };
                }
            }
        }
    }

    // Rows that were put back refer to some that are gone, of a table that was not chosen.
    private PhantomDbException? MissingPartner(PhantomDbException error)
    {
        foreach (Target target in _targets.Where(target => (target.Then.Schema, target.Then.Name) == (error.SchemaName, error.TableName)))
        {
            (TableDefinition table, DatabaseCatalog catalog) = target.Now is { } now ? (now, database.Catalog) : (target.Then, past.Catalog);
            if (table.Constraints.FirstOrDefault(c => c.Kind == ConstraintKind.ForeignKey && c.Name == error.ConstraintName) is { } key && catalog.GetTable(key.ReferencedTableOid) is var partner && !IsChosen(partner))
            {
                string name = DefinitionText.NameOf(partner.Schema, partner.Name);
                return new PhantomDbException(error.SqlState, $"table {target.Name} cannot be put back alone: rows that it had refer to rows of table {name} that are not there any more (constraint \"{key.Name}\")", error)
                {
                    Detail = error.Detail, SchemaName = error.SchemaName, TableName = error.TableName, ConstraintName = error.ConstraintName, Hint = HintWith(name),
                };
            }
        }
        return null;
    }

    private bool IsChosen(TableDefinition table) => _targets.Exists(target => (target.Then.Schema, target.Then.Name) == (table.Schema, table.Name));

    private string HintWith(string name) => $"Put that back too: --tables {string.Join(',', _targets.Select(target => target.Name).Append(name))}";

    // What a foreign key would do to rows of tables that were not chosen (CASCADE, SET NULL) is not what was asked for.
    private void EnsureOthersKeepTheirPartners(Target target)
    {
        if (target.Now is not { } now)
        {
            return;
        }
        foreach (TableDefinition other in database.Catalog.Tables.Where(t => !_targets.Exists(target => target.Now?.Oid == t.Oid)))
        {
            foreach (ConstraintDefinition key in other.Constraints.Where(c => c.Kind == ConstraintKind.ForeignKey && c.ReferencedTableOid == now.Oid))
            {
                string[] from = [.. key.Columns.Select(n => DefinitionText.Quote(other.Columns[other.IndexOfNumber(n)].Name))];
                string[] to = [.. key.ReferencedColumns.Select(n => DefinitionText.Quote(now.Columns[now.IndexOfNumber(n)].Name))];
                string partner = string.Join(" AND ", to.Zip(from, (t, f) => $"t.{t} = o.{f}")), kept = string.Join(" AND ", to.Select(t => $"s.{t} = t.{t}"));
                using QueryResult broken = _session.Execute(
                    $"SELECT 1 FROM {DefinitionText.NameOf(other.Schema, other.Name)} o JOIN {target.Name} t ON {partner} WHERE NOT EXISTS (SELECT 1 FROM {target.Stage} s WHERE {kept}) LIMIT 1");
                if (broken.Read())
                {
                    throw new PhantomDbException(SqlStates.ForeignKeyViolation,
                        $"table {target.Name} cannot be put back alone: rows of table \"{other.Name}\" refer to rows that it did not have (constraint \"{key.Name}\")")
                    {
                        SchemaName = other.Schema, TableName = other.Name, ConstraintName = key.Name, Hint = $"Put back \"{other.Name}\" too, or remove those rows first.",
                    };
                }
            }
        }
    }

    private void Remove(Target target)
    {
        if (target.Now is null)
        {
            return;
        }
        string condition = target.Key.Length == 0 ? ""
            : $" t WHERE NOT EXISTS (SELECT 1 FROM {target.Stage} s WHERE {Matching(target)})";
        target.Removed = Execute($"DELETE FROM {target.Name}{condition}");
    }

    private void Put(Target target)
    {
        string into = $"INSERT INTO {target.Name} ({target.ColumnList}) OVERRIDING SYSTEM VALUE SELECT {target.ColumnList} FROM {target.Stage}";
        if (target.Key.Length == 0 || target.Now is null)
        {
            target.Added = Execute(into);
            return;
        }
        // By their text: 1.0 is another value than 1.00 there, and types without equality have one.
        string[] others = [.. target.Columns.Except(target.Key)];
        if (others.Length > 0)
        {
            target.Changed = Execute($"UPDATE {target.Name} t SET {string.Join(", ", others.Select(c => $"{c} = s.{c}"))} FROM {target.Stage} s WHERE {Matching(target)} AND ("
                + string.Join(" OR ", others.Select(c => $"t.{c}::text IS DISTINCT FROM s.{c}::text")) + ")");
        }
        target.Added = Execute($"{into} s WHERE NOT EXISTS (SELECT 1 FROM {target.Name} t WHERE {Matching(target)})");
    }

    private static string Matching(Target target) => string.Join(" AND ", target.Key.Select(k => $"s.{k} = t.{k}"));

    // By the foreign keys between them, as far as there is an order.
    private IEnumerable<Target> ReferringFirst()
    {
        List<Target> left = [.. _targets];
        while (left.Count > 0)
        {
            Target next = left.FirstOrDefault(t => !left.Exists(o => o != t && RefersTo(o, t))) ?? left[0];
            left.Remove(next);
            yield return next;
        }
    }

    private static bool RefersTo(Target from, Target to) => from.Now is not null && to.Now is not null
        && from.Now.Constraints.Any(c => c.Kind == ConstraintKind.ForeignKey && c.ReferencedTableOid == to.Now.Oid);

    private long Execute(string sql)
    {
        using QueryResult result = _session.Execute(sql);
        while (result.Read())
        {
        }
        return result.RowsAffected;
    }

    private void ExecutePast(string sql) => _past.Execute(sql).Dispose();
}
