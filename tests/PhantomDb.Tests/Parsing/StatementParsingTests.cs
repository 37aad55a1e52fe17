using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Parsing;
using PhantomDb.Parsing.Ast;

namespace PhantomDb.Tests.Parsing;

[TestClass]
public sealed class StatementParsingTests
{
    private static T Parse<T>(string sql)
        where T : Statement
    {
        IReadOnlyList<Statement> statements = SqlParser.Parse(sql);
        Assert.AreEqual(1, statements.Count);
        Assert.IsInstanceOfType<T>(statements[0]);
        return (T)statements[0];
    }

    private static SelectCore Select(string sql) => (SelectCore)Parse<SelectStatement>(sql).Body;

    [TestMethod]
    public void Statements_are_separated_by_semicolons_and_know_their_place()
    {
        IReadOnlyList<ParsedStatement> script = SqlParser.ParseScript(";; SELECT 1 ; /* x */ SELECT 2;");
        Assert.AreEqual(2, script.Count);
        Assert.AreEqual((3, 8), (script[0].Start, script[0].Length));
        Assert.AreEqual((22, 8), (script[1].Start, script[1].Length));
        Assert.AreEqual(0, SqlParser.Parse(" -- nothing").Count);
    }

    [TestMethod]
    public void A_select_has_its_clauses()
    {
        SelectStatement query = Parse<SelectStatement>(
            "SELECT DISTINCT ON (a) a, b AS x, t.*, * FROM t WHERE c GROUP BY a, ROLLUP (b), () HAVING d WINDOW w AS (ORDER BY e) ORDER BY 1 DESC NULLS LAST LIMIT 2 OFFSET 3 FOR UPDATE OF t SKIP LOCKED");
        SelectCore select = (SelectCore)query.Body;
        Assert.AreEqual(1, select.Distinct!.On.Count);
        Assert.AreEqual("x", select.Items[1].Alias);
        Assert.AreEqual(new StarSyntax(["t"], -1), select.Items[2].Expression);
        Assert.IsInstanceOfType<NamedTable>(select.From[0]);
        Assert.IsNotNull(select.Where);
        Assert.IsInstanceOfType<RollupGrouping>(select.GroupBy!.Elements[1]);
        Assert.IsInstanceOfType<EmptyGrouping>(select.GroupBy.Elements[2]);
        Assert.IsNotNull(select.Having);
        Assert.AreEqual("w", select.Windows[0].Name);
        Assert.AreEqual(NullsOrder.Last, query.OrderBy[0].Nulls);
        Assert.AreEqual(new LiteralSyntax(LiteralKind.Integer, "2", -1), query.Limit);
        Assert.AreEqual(new LiteralSyntax(LiteralKind.Integer, "3", -1), query.Offset);
        Assert.AreEqual(LockWaitPolicy.SkipLocked, query.Locking[0].WaitPolicy);
    }

    [TestMethod]
    public void Aliases_need_no_AS_and_may_be_keywords()
    {
        Assert.AreEqual("value", Select("SELECT a value").Items[0].Alias);
        Assert.AreEqual("select", Select("SELECT a AS select").Items[0].Alias);
        Assert.AreEqual("and", Select("SELECT a and FROM t").Items[0].Alias);
        Assert.AreEqual("year", ((ColumnReferenceSyntax)Select("SELECT year FROM t").Items[0].Expression).Names[0]);
    }

    [TestMethod]
    public void Set_operations_of_one_kind_are_flat_and_INTERSECT_binds_closer()
    {
        SetOperation union = (SetOperation)Parse<SelectStatement>("SELECT 1 UNION SELECT 2 UNION SELECT 3 INTERSECT SELECT 4").Body;
        Assert.AreEqual(3, union.Operands.Count);
        Assert.AreEqual(SetOperationKind.Intersect, ((SetOperation)union.Operands[2]).Kind);
        SetOperation mixed = (SetOperation)Parse<SelectStatement>("SELECT 1 UNION ALL SELECT 2 EXCEPT SELECT 3").Body;
        Assert.AreEqual(SetOperationKind.Except, mixed.Kind);
        Assert.IsTrue(((SetOperation)mixed.Operands[0]).IsAll);
        SetOperation nested = (SetOperation)Parse<SelectStatement>("SELECT 1 UNION (SELECT 2 ORDER BY 1 LIMIT 1)").Body;
        Assert.IsInstanceOfType<NestedQuery>(nested.Operands[1]);
    }

    [TestMethod]
    public void What_follows_a_query_in_parentheses_belongs_to_it()
    {
        SelectStatement query = Parse<SelectStatement>("(SELECT a FROM t LIMIT 3) ORDER BY a");
        Assert.AreEqual(1, query.OrderBy.Count);
        Assert.IsNotNull(query.Limit);
        Assert.IsInstanceOfType<SelectCore>(query.Body);
    }

    [TestMethod]
    public void Joins_are_left_deep_unless_written_otherwise()
    {
        JoinTable join = (JoinTable)Select("SELECT * FROM a JOIN b ON x LEFT JOIN c USING (y) AS u CROSS JOIN d NATURAL FULL JOIN e").From[0];
        Assert.AreEqual((JoinKind.Full, true), (join.Kind, join.IsNatural));
        join = (JoinTable)join.Left;
        Assert.AreEqual(JoinKind.Cross, join.Kind);
        join = (JoinTable)join.Left;
        Assert.AreEqual(("y", "u"), (join.Using[0], join.UsingAlias));
        JoinTable right = (JoinTable)Select("SELECT * FROM a JOIN b JOIN c ON y ON x").From[0];
        Assert.IsInstanceOfType<JoinTable>(right.Right);
        JoinTable grouped = (JoinTable)Select("SELECT * FROM (a JOIN b ON x) AS j(p)").From[0];
        Assert.AreEqual("p", grouped.Alias!.Columns[0]);
    }

    [TestMethod]
    public void Table_functions_and_derived_tables_have_their_alias_forms()
    {
        SelectCore select = Select("SELECT * FROM f(1) WITH ORDINALITY AS g(a, b), f() AS (a int), ROWS FROM (f(), g() AS (c text)) r, LATERAL (SELECT 1) l, (VALUES (1)) v(x), t TABLESAMPLE system (5)");
        Assert.IsTrue(((FunctionTable)select.From[0]).WithOrdinality);
        Assert.AreEqual("a", ((FunctionTable)select.From[1]).Alias!.ColumnDefinitions[0].Name);
        Assert.AreEqual(2, ((FunctionTable)select.From[2]).Functions.Count);
        Assert.IsTrue(((DerivedTable)select.From[3]).IsLateral);
        Assert.IsInstanceOfType<ValuesBody>(((DerivedTable)select.From[4]).Query.Body);
        Assert.AreEqual("system", ((NamedTable)select.From[5]).Sample!.Method.Name);
        Assert.IsInstanceOfType<SetOperation>(((DerivedTable)Select("SELECT * FROM ((SELECT 1) UNION SELECT 2) x").From[0]).Query.Body);
    }

    [TestMethod]
    public void With_keeps_recursion_materialization_and_statements()
    {
        WithClause with = Parse<SelectStatement>("WITH RECURSIVE a(x) AS NOT MATERIALIZED (SELECT 1), b AS (DELETE FROM t RETURNING *) SELECT 1").With!;
        Assert.IsTrue(with.IsRecursive);
        Assert.AreEqual(CteMaterialization.NotMaterialized, with.Tables[0].Materialization);
        Assert.IsInstanceOfType<DeleteStatement>(with.Tables[1].Statement);
    }

    [TestMethod]
    public void Insert_update_delete_and_merge_have_their_clauses()
    {
        InsertStatement insert = Parse<InsertStatement>(
            "WITH q AS (SELECT 1) INSERT INTO s.t AS x (a, b.c, d[1]) OVERRIDING USER VALUE VALUES (1, DEFAULT, -2) ON CONFLICT (a) WHERE p DO UPDATE SET a = excluded.a, (b, c) = (SELECT 1, 2) WHERE q RETURNING a AS r");
        Assert.AreEqual("s", insert.Table.Schema);
        Assert.AreEqual("x", insert.Alias);
        Assert.IsInstanceOfType<SubscriptIndirection>(insert.Columns[2].Indirections[0]);
        Assert.AreEqual(OverridingKind.UserValue, insert.Overriding);
        ValuesBody values = (ValuesBody)insert.Source!.Body;
        Assert.IsInstanceOfType<DefaultSyntax>(values.Rows[0][1]);
        Assert.IsInstanceOfType<UnarySyntax>(values.Rows[0][2]);
        Assert.IsInstanceOfType<MultiColumnAssignment>(insert.OnConflict!.Assignments[1]);
        Assert.AreEqual("r", insert.Returning[0].Alias);
        Assert.IsNull(Parse<InsertStatement>("INSERT INTO t DEFAULT VALUES").Source);

        UpdateStatement update = Parse<UpdateStatement>("UPDATE ONLY t u SET a = DEFAULT FROM v JOIN w ON true WHERE CURRENT OF c");
        Assert.AreEqual(("u", true), (update.Alias, update.Only));
        Assert.IsInstanceOfType<CurrentOfSyntax>(update.Where);
        Assert.AreEqual("set", ((ColumnAssignment)Parse<UpdateStatement>("UPDATE t SET set = 1").Assignments[0]).Target.Column);

        DeleteStatement delete = Parse<DeleteStatement>("DELETE FROM t USING u, v WHERE a RETURNING *");
        Assert.AreEqual(2, delete.Using.Count);

        MergeStatement merge = Parse<MergeStatement>("MERGE INTO t USING u ON a WHEN MATCHED AND b THEN DELETE WHEN NOT MATCHED THEN INSERT (x) VALUES (1)");
        Assert.AreEqual(MergeActionKind.Insert, merge.Clauses[1].Action);
    }

    [TestMethod]
    public void Create_table_has_columns_and_constraints_of_all_kinds()
    {
        CreateTableStatement table = Parse<CreateTableStatement>(
            """
            CREATE TEMP TABLE IF NOT EXISTS s.t (
                a int GENERATED ALWAYS AS IDENTITY (START WITH 5) PRIMARY KEY,
                b text COLLATE "C" NOT NULL DEFAULT 'x' || 'y',
                c numeric(10,2) CONSTRAINT positive CHECK (c > 0),
                d int REFERENCES u (x) MATCH FULL ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED,
                e int GENERATED ALWAYS AS (a + 1) STORED,
                LIKE v INCLUDING ALL,
                CONSTRAINT k UNIQUE NULLS NOT DISTINCT (a, b) INCLUDE (c),
                FOREIGN KEY (a, b) REFERENCES u ON DELETE SET NULL (b),
                EXCLUDE USING gist (a WITH =) WHERE (a > 1)
            ) INHERITS (p) WITH (fillfactor = 70) ON COMMIT DROP
            """);
        Assert.IsTrue(table.IfNotExists);
        Assert.AreEqual(TablePersistence.Temporary, table.Persistence);
        ColumnDefinition a = (ColumnDefinition)table.Elements[0];
        Assert.IsTrue(((IdentityColumnConstraint)a.Constraints[0]).IsAlways);
        Assert.IsTrue(((UniqueColumnConstraint)a.Constraints[1]).IsPrimaryKey);
        ColumnDefinition b = (ColumnDefinition)table.Elements[1];
        Assert.AreEqual("C", b.Collation!.Name);
        Assert.IsInstanceOfType<BinarySyntax>(((DefaultColumnConstraint)b.Constraints[1]).Expression);
        Assert.AreEqual("positive", ((ColumnDefinition)table.Elements[2]).Constraints[0].Name);
        ReferencesColumnConstraint d = (ReferencesColumnConstraint)((ColumnDefinition)table.Elements[3]).Constraints[0];
        Assert.AreEqual((ReferentialAction.Cascade, ReferentialAction.SetNull), (d.References.OnDelete, d.References.OnUpdate));
        Assert.IsTrue(d.Attributes!.IsInitiallyDeferred);
        Assert.IsInstanceOfType<GeneratedColumnConstraint>(((ColumnDefinition)table.Elements[4]).Constraints[0]);
        Assert.IsInstanceOfType<LikeTableElement>(table.Elements[5]);
        UniqueTableConstraint k = (UniqueTableConstraint)table.Elements[6];
        Assert.AreEqual(("k", true, "c"), (k.Name, k.NullsNotDistinct, k.Include[0]));
        Assert.AreEqual("b", ((ForeignKeyTableConstraint)table.Elements[7]).References.OnDeleteColumns[0]);
        Assert.AreEqual("=", ((ExcludeTableConstraint)table.Elements[8]).Elements[0].Operator);
        Assert.AreEqual(OnCommitAction.Drop, table.OnCommit);
        Assert.AreEqual(2, Parse<CreateTableAsStatement>("CREATE TABLE t (a, b) AS SELECT 1, 2 WITH NO DATA").Columns.Count);
    }

    [TestMethod]
    public void Alter_table_has_its_actions()
    {
        AlterTableStatement alter = Parse<AlterTableStatement>(
            "ALTER TABLE ONLY t ADD COLUMN a int, ADD CONSTRAINT k PRIMARY KEY (a), DROP COLUMN IF EXISTS b CASCADE, ALTER c TYPE text USING c::text, ALTER d SET DEFAULT 1, ALTER e DROP NOT NULL, OWNER TO x, DISABLE TRIGGER ALL");
        Assert.IsTrue(alter.Only);
        Assert.IsInstanceOfType<AddColumnAction>(alter.Actions[0]);
        Assert.IsInstanceOfType<AddConstraintAction>(alter.Actions[1]);
        Assert.AreEqual(DropBehavior.Cascade, ((DropColumnAction)alter.Actions[2]).Behavior);
        Assert.IsNotNull(((AlterColumnTypeAction)alter.Actions[3]).Using);
        Assert.IsNotNull(((AlterColumnDefaultAction)alter.Actions[4]).Default);
        Assert.IsFalse(((AlterColumnNotNullAction)alter.Actions[5]).IsNotNull);
        Assert.IsInstanceOfType<OwnerToAction>(alter.Actions[6]);
        Assert.IsInstanceOfType<EnableTriggerAction>(alter.Actions[7]);
        Assert.IsInstanceOfType<RenameColumnAction>(Parse<AlterTableStatement>("ALTER TABLE t RENAME a TO b").Actions[0]);
    }

    [TestMethod]
    public void Indexes_views_and_sequences_have_their_options()
    {
        CreateIndexStatement index = Parse<CreateIndexStatement>(
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t USING btree (a DESC NULLS LAST, lower(b), (c + 1) text_ops) INCLUDE (d) WITH (fillfactor = 50) WHERE e");
        Assert.IsTrue(index is { IsUnique: true, Concurrently: true, IfNotExists: true, Name: "i", Method: "btree" });
        Assert.IsInstanceOfType<FunctionCallSyntax>(index.Elements[1].Expression);
        Assert.AreEqual("text_ops", index.Elements[2].OperatorClass!.Name);
        Assert.IsNull(Parse<CreateIndexStatement>("CREATE INDEX ON t (a)").Name);
        CreateViewStatement view = Parse<CreateViewStatement>("CREATE OR REPLACE VIEW v (a) AS SELECT 1 WITH LOCAL CHECK OPTION");
        Assert.AreEqual(ViewCheckOption.Local, view.CheckOption);
        CreateSequenceStatement sequence = Parse<CreateSequenceStatement>("CREATE SEQUENCE s AS int INCREMENT BY -2 NO MAXVALUE START 5 CACHE 1 OWNED BY t.a");
        Assert.AreEqual("-2", sequence.Options[1].Number);
        Assert.AreEqual(SequenceOptionKind.OwnedBy, sequence.Options[^1].Kind);
        Assert.AreEqual(DropBehavior.Cascade, Parse<DropStatement>("DROP TABLE IF EXISTS a, b CASCADE").Behavior);
    }

    [TestMethod]
    public void Copy_options_of_both_spellings_have_the_same_names()
    {
        CopyStatement copy = Parse<CopyStatement>("COPY t (a, b) FROM STDIN WITH (FORMAT csv, HEADER, DELIMITER '|', FORCE_NULL (a)) WHERE a > 1");
        Assert.AreEqual((true, CopyEndpoint.Client), (copy.IsFrom, copy.Endpoint));
        CollectionAssert.AreEqual(new[] { "format", "header", "delimiter", "force_null" }, copy.Options.Select(o => o.Name).ToArray());
        CopyStatement old = Parse<CopyStatement>("COPY (SELECT 1) TO '/x' CSV HEADER QUOTE AS '\"' FORCE QUOTE *");
        Assert.AreEqual("/x", old.FileName);
        CollectionAssert.AreEqual(new[] { "format", "header", "quote", "force_quote" }, old.Options.Select(o => o.Name).ToArray());
    }

    [TestMethod]
    public void Session_and_transaction_statements_are_told_apart()
    {
        SetStatement set = Parse<SetStatement>("SET LOCAL search_path TO a, \"B\", 'c'");
        Assert.AreEqual((SettingScope.Local, "search_path", 3), (set.Scope, set.Name, set.Values.Count));
        Assert.AreEqual("x.y", Parse<SetStatement>("SET x.y = on").Name);
        Assert.AreEqual(0, Parse<SetStatement>("SET TIME ZONE LOCAL").Values.Count);
        Assert.AreEqual((SettingScope.Persistent, "work_mem"), (Parse<SetStatement>("SET Persist work_mem = 1").Scope, Parse<SetStatement>("SET PERSIST work_mem = 1").Name));
        Assert.AreEqual(("timezone", true), (Parse<ResetStatement>("RESET PERSIST TIME ZONE").Name, Parse<ResetStatement>("RESET PERSIST ALL").IsPersistent));
        Assert.AreEqual(("persist", false), (Parse<ResetStatement>("RESET persist").Name, Parse<ResetStatement>("RESET persist").IsPersistent));
        Assert.IsNull(Parse<ShowStatement>("SHOW ALL").Name);
        Assert.IsTrue(Parse<BeginStatement>("BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY").Modes.IsReadOnly);
        Assert.AreEqual("s", Parse<RollbackToSavepointStatement>("ROLLBACK TO s").Name);
        Assert.AreEqual("access exclusive", Parse<LockStatement>("LOCK t").Mode);
        Assert.AreEqual(2, Parse<ExplainStatement>("EXPLAIN (ANALYZE, COSTS off) SELECT 1").Options.Count);
        Assert.AreEqual("analyze", Parse<ExplainStatement>("EXPLAIN ANALYZE SELECT 1").Options[0].Name);
        Assert.AreEqual((FetchDirection.Backward, (long?)null), (Parse<FetchStatement>("FETCH BACKWARD ALL FROM c").Direction, Parse<FetchStatement>("FETCH BACKWARD ALL FROM c").Count));
        Assert.AreEqual(1, Parse<PrepareStatement>("PREPARE p (int) AS SELECT $1").ParameterTypes.Count);
        Assert.AreEqual("x", Parse<CommentStatement>("COMMENT ON COLUMN t.a IS 'x'").Text);
    }

    [TestMethod]
    [DataRow("CREATE FUNCTION f() RETURNS int AS $$ SELECT 1; $$ LANGUAGE sql", "CREATE FUNCTION")]
    [DataRow("CREATE OR REPLACE TRIGGER t BEFORE INSERT ON t EXECUTE FUNCTION f()", "CREATE OR REPLACE TRIGGER")]
    [DataRow("DO $$ BEGIN END $$", "DO")]
    [DataRow("ALTER ROLE r SET x = 1", "ALTER ROLE")]
    [DataRow("GRANT a TO b", "GRANT of a role")]
    public void Unsupported_statements_are_named(string sql, string feature)
    {
        Assert.AreEqual(feature, Parse<UnsupportedStatement>(sql).Feature);
    }
}
