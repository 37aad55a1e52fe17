using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Parsing;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using ColumnDefinition = PhantomDb.Catalog.ColumnDefinition;
using ReferentialAction = PhantomDb.Catalog.ReferentialAction;

namespace PhantomDb.Binding;

/// <summary>
/// A table's definition while columns and constraints are added to it, one after the other: for CREATE TABLE and for
/// ALTER TABLE. Names are chosen and everything is checked here.
/// </summary>
internal sealed class TableBuilder(BindingState state, SchemaChangeBuilder change, TableDefinition table)
{
    public TableDefinition Table { get; set; } = table;

    /// <summary>Indexes and constraints that were added, for storage to build and check.</summary>
    public List<IndexDefinition> AddedIndexes { get; } = [];

    public List<ConstraintDefinition> AddedConstraints { get; } = [];

    public List<string> NewlyNotNull { get; } = [];

    public void AddColumn(ColumnDefinition column, int position)
    {
        if (Table.IndexOf(column.Name) >= 0)
        {
            throw Error.At(SqlStates.DuplicateColumn, $"column \"{column.Name}\" specified more than once", position);
        }
        Table = Table with { Columns = [.. Table.Columns, column], NextColumnNumber = Math.Max(Table.NextColumnNumber, column.Number + 1) };
    }

    public void Replace(ColumnDefinition column) =>
        Table = Table with { Columns = [.. Table.Columns.Select(c => c.Number == column.Number ? column : c)] };

    public ColumnDefinition Column(string name, int position)
    {
        int place = Table.IndexOf(name);
        return place >= 0 ? Table.Columns[place] : throw Error.ColumnOfRelationNotFound(name, Table.Name, position, Table.Columns.Select(column => column.Name));
    }

    /// <summary>True for a table that is being made: it has no rows that NOT VALID could be about, which then means nothing.</summary>
    public bool IsNewTable { get; init; }

    private void CheckConstraintName(string name, int position)
    {
        if (Table.Constraints.Any(c => c.Name == name))
        {
            throw Error.At(SqlStates.DuplicateObject, $"constraint \"{name}\" for relation \"{Table.Name}\" already exists", position);
        }
    }

    private bool IsRelation(string name) => change.Catalog.FindRelation(Table.Schema, name) is not null || name == Table.Name || Table.Indexes.Any(i => i.Name == name);

    public void AddUnique(string? name, bool isPrimaryKey, IReadOnlyList<string> columns, bool nullsNotDistinct, ConstraintAttributes? attributes, int position)
    {
        if (isPrimaryKey && Table.PrimaryKey is not null)
        {
            throw Error.At(SqlStates.InvalidTableDefinition, $"multiple primary keys for table \"{Table.Name}\" are not allowed", position);
        }
        string kind = isPrimaryKey ? "primary key" : "unique";
        var numbers = new List<int>();
        foreach (string column in columns)
        {
            int place = Table.IndexOf(column);
            if (place < 0)
            {
                throw Error.At(SqlStates.UndefinedColumn, $"column \"{column}\" named in key does not exist", position);
            }
            if (numbers.Contains(Table.Columns[place].Number))
            {
                throw Error.At(SqlStates.DuplicateColumn, $"column \"{column}\" appears twice in {kind} constraint", position);
            }
            numbers.Add(Table.Columns[place].Number);
        }
        string chosen = name ?? ObjectNames.Choose(Table.Name, isPrimaryKey ? null : ObjectNames.Join(columns), isPrimaryKey ? "pkey" : "key",
            n => IsRelation(n) || Table.Constraints.Any(c => c.Name == n));
        CheckConstraintName(chosen, position);
        if (IsRelation(chosen))
        {
            throw Error.At(SqlStates.DuplicateTable, $"relation \"{chosen}\" already exists", position);
        }
        if (isPrimaryKey)
        {
            RequireNotNull(numbers);
        }
        var index = new IndexDefinition(change.TakeOid(), chosen, Table.Oid, [.. numbers.Select(n => new IndexColumn(n, false, false))])
        {
            IsUnique = true, IsConstraint = true, NullsEqual = nullsNotDistinct, IsDeferrable = attributes?.IsDeferrable == true,
        };
        var constraint = new ConstraintDefinition(change.TakeOid(), chosen, isPrimaryKey ? ConstraintKind.PrimaryKey : ConstraintKind.Unique)
        {
            Columns = numbers, IndexOid = index.Oid,
            IsDeferrable = attributes?.IsDeferrable == true, IsInitiallyDeferred = attributes?.IsInitiallyDeferred == true,
        };
        Table = Table with { Indexes = [.. Table.Indexes, index], Constraints = [.. Table.Constraints, constraint] };
        AddedIndexes.Add(index);
        AddedConstraints.Add(constraint);
    }

    /// <summary>UNIQUE or PRIMARY KEY USING INDEX: a unique index that the table has becomes the constraint's, under its name.</summary>
    public void AddUniqueUsing(string indexName, string? name, bool isPrimaryKey, ConstraintAttributes? attributes, int position)
    {
        if (change.Catalog.Find(Table.Oid) is null)
        {
            throw Error.At(SqlStates.FeatureNotSupported, "cannot use an existing index in CREATE TABLE", position);
        }
        if (Table.Indexes.FirstOrDefault(i => i.Name == indexName) is not { } index)
        {
            throw change.Catalog.FindRelation(Table.Schema, indexName) is IndexDefinition
                ? Error.At(SqlStates.ObjectNotInPrerequisiteState, $"index \"{indexName}\" does not belong to table \"{Table.Name}\"", position)
                : Error.At(SqlStates.UndefinedObject, $"index \"{indexName}\" does not exist", position);
        }
        if (index.IsConstraint)
        {
            throw Error.At(SqlStates.ObjectNotInPrerequisiteState, $"index \"{indexName}\" is already associated with a constraint", position);
        }
        string? unfit = !index.IsUnique ? $"\"{indexName}\" is not a unique index"
            : index.Columns.Any(column => Table.FindExpression(column.ColumnNumber) is not null) ? $"index \"{indexName}\" contains expressions"
            : index.IsPartial ? $"\"{indexName}\" is a partial index"
            : index.Columns.ToList().FindIndex(column => column.IsDescending || column.NullsFirst) is >= 0 and int place
                ? $"index \"{indexName}\" column number {place + 1} does not have default sorting behavior"
            : null;
        if (unfit is not null)
        {
            throw Error.At(SqlStates.WrongObjectType, unfit, position, detail: "Cannot create a primary key or unique constraint using such an index.");
        }
        if (index.Included.Count > 0)
        {
            throw Error.NotSupported("a constraint with INCLUDE", position);
        }
        if (isPrimaryKey && Table.PrimaryKey is not null)
        {
            throw Error.At(SqlStates.InvalidTableDefinition, $"multiple primary keys for table \"{Table.Name}\" are not allowed", position);
        }
        string chosen = name ?? indexName;
        if (chosen != indexName)
        {
            change.Notice($"ALTER TABLE / ADD CONSTRAINT USING INDEX will rename index \"{indexName}\" to \"{chosen}\"");
            if (IsRelation(chosen))
            {
                throw Error.At(SqlStates.DuplicateTable, $"relation \"{chosen}\" already exists", position);
            }
        }
        CheckConstraintName(chosen, position);
        int[] numbers = [.. index.Columns.Select(column => column.ColumnNumber)];
        if (isPrimaryKey)
        {
            RequireNotNull(numbers);
        }
        bool isDeferrable = attributes?.IsDeferrable == true;
        var constraint = new ConstraintDefinition(change.TakeOid(), chosen, isPrimaryKey ? ConstraintKind.PrimaryKey : ConstraintKind.Unique)
        {
            Columns = numbers, IndexOid = index.Oid, IsDeferrable = isDeferrable, IsInitiallyDeferred = attributes?.IsInitiallyDeferred == true,
        };
        IndexDefinition owned = index with { Name = chosen, IsConstraint = true, IsDeferrable = isDeferrable };
        Table = Table with { Indexes = [.. Table.Indexes.Select(i => i.Oid == index.Oid ? owned : i)], Constraints = [.. Table.Constraints, constraint] };
        AddedConstraints.Add(constraint);
    }

    private void RequireNotNull(IReadOnlyCollection<int> numbers)
    {
        foreach (ColumnDefinition column in Table.Columns.Where(c => numbers.Contains(c.Number) && !c.IsNotNull).ToArray())
        {
            NewlyNotNull.Add(column.Name);
            Replace(column with { IsNotNull = true });
        }
    }

    /// <summary>An index like one of another table, over columns of the same names.</summary>
    public void AddIndex(TableDefinition source, IndexDefinition like)
    {
        List<string?> names = [];
        IndexColumn[] keys = [.. like.Columns.Select(key => key with { ColumnNumber = Like(key.ColumnNumber) })];
        int[] included = [.. like.Included.Select(Like)];
        int predicate = like.IsPartial ? AddIndexExpression(SqlParser.ParseExpression(source.FindExpression(like.PredicateNumber)!.Text), Clause.IndexPredicate) : -1;
        string name = ObjectNames.Choose(Table.Name, ObjectNames.Join(ObjectNames.OfIndexColumns(names)), "idx", IsRelation);
        var index = new IndexDefinition(change.TakeOid(), name, Table.Oid, keys)
        {
            IsUnique = like.IsUnique, NullsEqual = like.NullsEqual, PredicateNumber = predicate, Included = included,
        };
        Table = Table with { Indexes = [.. Table.Indexes, index] };
        AddedIndexes.Add(index);

        int Like(int number)
        {
            if (source.FindExpression(number) is { } expression)
            {
                ExpressionSyntax syntax = SqlParser.ParseExpression(expression.Text);
                names.Add(ColumnNames.OfIndexExpression(syntax));
                return AddIndexExpression(syntax, Clause.IndexExpression);
            }
            names.Add(source.Columns[source.IndexOfNumber(number)].Name);
            return Table.Columns[Table.IndexOf(names[^1]!)].Number;
        }
    }

    /// <summary>
    /// The storage number of an index's expression or, with that clause, its predicate; a new one where the table does not have
    /// the expression yet. A plain column gives its own.
    /// </summary>
    public int AddIndexExpression(ExpressionSyntax syntax, Clause clause)
    {
        bool isPredicate = clause == Clause.IndexPredicate;
        LogicalColumn[] row = [.. Table.Columns.Select(c => state.NewColumn(c.Type, c.Name))];
        Expression value = ModificationBinder.BindIndexExpression(state, Table, row, syntax, clause);
        if (!isPredicate && value is ColumnExpression column)
        {
            return NumberOf(column.Id);
        }
        CheckImmutable(value, isPredicate);
        CheckTimeless(value, row, syntax, clause);
        string text = StoredText.OfIndexExpression(state, Table, row, syntax, clause);
        SqlType type = TypeNames.Storable(StoredType(value.Type), syntax.Position);
        if (Table.IndexExpressions.FirstOrDefault(e => e.Text == text && e.Type == type) is { } same)
        {
            return same.Number;
        }
        var used = new List<int>();
        FreeColumns.Visit(value, read =>
        {
            if (!used.Contains(NumberOf(read.Id)))
            {
                used.Add(NumberOf(read.Id));
            }
        });
        var added = new IndexExpression(Table.NextColumnNumber, type, text) { Columns = used };
        Table = Table with { IndexExpressions = [.. Table.IndexExpressions, added], NextColumnNumber = added.Number + 1 };
        return added.Number;

        int NumberOf(ColumnId id) => Table.Columns[Array.FindIndex(row, c => c.Id == id)].Number;
    }

    /// <summary>42P17 where an index expression is not the same for ever.</summary>
    public static void CheckImmutable(Expression value, bool isPredicate)
    {
        if (ExpressionFacts.VolatilityOf(value) != Volatility.Immutable)
        {
            throw Error.At(SqlStates.InvalidObjectDefinition, $"functions in index {(isPredicate ? "predicate" : "expression")} must be marked IMMUTABLE", -1);
        }
    }

    // The text is bound anew by every session that changes a row: its constants must mean the same in all of them.
    private void CheckTimeless(Expression value, LogicalColumn[] row, ExpressionSyntax syntax, Clause clause)
    {
        var elsewhere = new BindingState(state.Context with { Clock = new DateTimeClock(1_000_000_000_000, SessionTimeZone.FromOffset(45_296)), LiteralParameters = null });
        var here = new BindingState(state.Context with { Clock = DateTimeClock.Fixed, LiteralParameters = null });
        if (!ExpressionEquality.AreEqual(
            ModificationBinder.BindIndexExpression(here, Table, row, syntax, clause), ModificationBinder.BindIndexExpression(elsewhere, Table, row, syntax, clause)))
        {
            throw Error.NotSupported("an index over a constant that depends on the time zone or the current time", syntax.Position);
        }
    }

    /// <summary>What an index expression is stored as: digits and lengths that were inferred may vary.</summary>
    public static SqlType StoredType(SqlType type) => type.Id switch
    {
        SqlTypeId.PaddedChar => SqlType.Char,
        SqlTypeId.Numeric or SqlTypeId.Varchar or SqlTypeId.Char => new SqlType(type.Id),
        _ => type,
    };

    public void AddCheck(string? name, ExpressionSyntax expression, ConstraintAttributes? attributes, int position)
    {
        LogicalColumn[] row = [.. Table.Columns.Select(c => state.NewColumn(c.Type, c.Name))];
        Expression condition = ModificationBinder.BindCheckAnew(state, Table, row, expression);
        var used = new List<int>();
        FreeColumns.Visit(condition, column =>
        {
            int number = Table.Columns[Array.FindIndex(row, c => c.Id == column.Id)].Number;
            if (!used.Contains(number))
            {
                used.Add(number);
            }
        });
        string? addition = used.Count == 1 ? Table.Columns[Table.IndexOfNumber(used[0])].Name : null;
        string chosen = name ?? ObjectNames.Choose(Table.Name, addition, "check", n => Table.Constraints.Any(c => c.Name == n));
        CheckConstraintName(chosen, position);
        var constraint = new ConstraintDefinition(change.TakeOid(), chosen, ConstraintKind.Check) { Columns = used, CheckText = StoredText.OfCheck(state, Table, row, expression), IsNotValid = IsNotValid(attributes) };
        Table = Table with { Constraints = [.. Table.Constraints, constraint] };
        AddedConstraints.Add(constraint);
    }

    public void AddForeignKey(string? name, IReadOnlyList<string> columns, ReferencesClause references, ConstraintAttributes? attributes, int position)
    {
        TableDefinition referenced = FindReferenced(references.Table);
        int[] own = [.. columns.Select(c =>
        {
            int place = Table.IndexOf(c);
            return place >= 0 ? Table.Columns[place].Number : throw Error.At(SqlStates.UndefinedColumn, $"column \"{c}\" referenced in foreign key constraint does not exist", position);
        })];
        int[] other = ReferencedColumns(referenced, references, position);
        if (own.Length != other.Length)
        {
            throw Error.At(SqlStates.InvalidForeignKey, "number of referencing and referenced columns for foreign key disagree", position);
        }
        IndexDefinition index = FindReferencedIndex(referenced, other, references.Columns.Count == 0, position);
        string chosen = name ?? ObjectNames.Choose(Table.Name, ObjectNames.Join(columns), "fkey", n => Table.Constraints.Any(c => c.Name == n));
        CheckConstraintName(chosen, position);
        for (int i = 0; i < own.Length; i++)
        {
            CheckKeyTypes(chosen, Table.Columns[Table.IndexOfNumber(own[i])], referenced.Columns[referenced.IndexOfNumber(other[i])], position);
        }
        if (references.OnDeleteColumns.Count > 0)
        {
            throw Error.NotSupported("a column list of ON DELETE SET", references.Position);
        }
        if (references.Match == ForeignKeyMatch.Partial)
        {
            throw Error.NotSupported("MATCH PARTIAL", references.Position);
        }
        var constraint = new ConstraintDefinition(change.TakeOid(), chosen, ConstraintKind.ForeignKey)
        {
            Columns = own,
            ReferencedTableOid = referenced.Oid,
            ReferencedColumns = other,
            ReferencedIndexOid = index.Oid,
            OnDelete = Action(references.OnDelete),
            OnUpdate = Action(references.OnUpdate),
            IsMatchFull = references.Match == ForeignKeyMatch.Full,
            IsDeferrable = attributes?.IsDeferrable == true,
            IsInitiallyDeferred = attributes?.IsInitiallyDeferred == true,
            IsNotValid = IsNotValid(attributes),
        };
        Table = Table with { Constraints = [.. Table.Constraints, constraint] };
        AddedConstraints.Add(constraint);
    }

    private bool IsNotValid(ConstraintAttributes? attributes) => attributes?.IsNotValid == true && !IsNewTable;

    // A key that rows may share for a while cannot be referred to.
    private static IndexDefinition FindReferencedIndex(TableDefinition referenced, int[] columns, bool isPrimaryKey, int position)
    {
        IndexDefinition[] matching = [.. referenced.Indexes.Where(i => isPrimaryKey ? i.Oid == referenced.PrimaryKey!.IndexOid
            : i is { IsUnique: true, IsPartial: false } && i.Columns.Count == columns.Length && i.Columns.All(c => columns.Contains(c.ColumnNumber)))];
        if (matching.Length == 0)
        {
            throw Error.At(SqlStates.InvalidForeignKey, $"there is no unique constraint matching given keys for referenced table \"{referenced.Name}\"", position);
        }
        return matching.FirstOrDefault(i => i.IsAlwaysUnique)
            ?? throw Error.At(SqlStates.ObjectNotInPrerequisiteState,
                $"cannot use a deferrable {(isPrimaryKey ? "primary key" : "unique constraint")} for referenced table \"{referenced.Name}\"", position);
    }

    private TableDefinition FindReferenced(QualifiedName name)
    {
        if (name.Name == Table.Name && (name.Schema is null || name.Schema == Table.Schema))
        {
            return Table;
        }
        return Relations.Find(state, name) switch
        {
            TableDefinition found => change.Catalog.Find(found.Oid) as TableDefinition ?? found,
            null => throw NameHints.RelationNotFound(state, name),
            _ => throw Error.At(SqlStates.WrongObjectType, $"referenced relation \"{name.Name}\" is not a table", name.Position),
        };
    }

    private static int[] ReferencedColumns(TableDefinition referenced, ReferencesClause references, int position)
    {
        if (references.Columns.Count == 0)
        {
            return referenced.PrimaryKey is { } key ? [.. key.Columns]
                : throw Error.At(SqlStates.UndefinedObject, $"there is no primary key for referenced table \"{referenced.Name}\"", position);
        }
        return [.. ((IReadOnlyList<string>)references.Columns).Select(c =>
        {
            int place = referenced.IndexOf(c);
            return place >= 0 ? referenced.Columns[place].Number
                : throw Error.At(SqlStates.UndefinedColumn, $"column \"{c}\" referenced in foreign key constraint does not exist", position);
        })];
    }

    /// <summary>42804 where values of one column cannot be looked up in the other: they need a common equality, or an implicit cast to the referenced type.</summary>
    public static void CheckKeyTypes(string constraint, ColumnDefinition own, ColumnDefinition other, int position)
    {
        bool isComparable = own.Type.Id == other.Type.Id
            || (own.Type.IsInteger && other.Type.IsInteger) || (IsFloat(own.Type) && IsFloat(other.Type)) || (IsDay(own.Type) && IsDay(other.Type))
            || CastRegistry.IsAllowed(own.Type.Id, other.Type.Id, CastContext.Implicit);
        if (!isComparable)
        {
            throw Error.At(SqlStates.DatatypeMismatch, $"foreign key constraint \"{constraint}\" cannot be implemented", position,
                detail: $"Key columns \"{own.Name}\" and \"{other.Name}\" are of incompatible types: {own.Type.BaseName} and {other.Type.BaseName}.");
        }
    }

    private static bool IsFloat(SqlType type) => type.Id is SqlTypeId.Real or SqlTypeId.Double;

    private static bool IsDay(SqlType type) => type.Id is SqlTypeId.Date or SqlTypeId.Timestamp or SqlTypeId.TimestampTz;

    private static ReferentialAction Action(Parsing.Ast.ReferentialAction action) => action switch
    {
        Parsing.Ast.ReferentialAction.Restrict => ReferentialAction.Restrict,
        Parsing.Ast.ReferentialAction.Cascade => ReferentialAction.Cascade,
        Parsing.Ast.ReferentialAction.SetNull => ReferentialAction.SetNull,
        Parsing.Ast.ReferentialAction.SetDefault => ReferentialAction.SetDefault,
        _ => ReferentialAction.NoAction,
    };
}
