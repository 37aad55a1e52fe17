using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Binding;
using PhantomDb.Catalog;
using PhantomDb.Parsing;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Tests.Binding;

[TestClass]
public sealed class SchemaBinderTests : BindingTest
{
    [TestMethod]
    public void Constraints_have_the_names_that_postgresql_chooses()
    {
        DatabaseCatalog catalog = Apply(Tables, "create table p (id serial primary key, a int unique, b int check (b > 0), c int, d int references t, unique (a, c), check (b < c), foreign key (c) references t (a))");
        TableDefinition table = catalog.FindTable("public", "p")!;
        Assert.AreEqual("p_pkey,p_a_key,p_b_check,p_a_c_key,p_check,p_d_fkey,p_c_fkey", string.Join(',', table.Constraints.Select(c => c.Name)));
        Assert.AreEqual("p_pkey,p_a_key,p_a_c_key", string.Join(',', table.Indexes.Select(i => i.Name)));
        Assert.IsNotNull(catalog.FindRelation("public", "p_id_seq"));
        Assert.AreEqual("nextval('p_id_seq'::regclass)", table.Columns[0].DefaultText);
        Assert.IsTrue(table.Columns[0].IsNotNull);
        Assert.AreEqual("b > 0", table.Constraints[2].CheckText);
    }

    [TestMethod]
    public void Long_names_are_cut_and_numbered()
    {
        string name = new('x', 63);
        DatabaseCatalog catalog = Apply(Tables, $"create table {name} (a int primary key, b int unique, c int unique)");
        TableDefinition table = catalog.FindTable("public", name)!;
        Assert.AreEqual(new string('x', 58) + "_pkey", table.Indexes[0].Name);
        Assert.AreEqual(new string('x', 57) + "_b_key", table.Indexes[1].Name);
        catalog = Apply(catalog, "create index on t (b)", "create index on t (b)");
        Assert.IsNotNull(catalog.FindRelation("public", "t_b_idx1"));
    }

    [TestMethod]
    public void Definitions_that_contradict_the_catalog_are_errors()
    {
        AssertError("42P07", "relation \"t\" already exists", "create table t (a int)");
        AssertError("42701", "column \"a\" specified more than once", "create table z (a int, a int)");
        AssertError("42P16", "multiple primary keys for table \"z\" are not allowed", "create table z (a int primary key, b int primary key)");
        AssertError("42830", "there is no unique constraint matching given keys for referenced table \"u\"", "create table z (a int references u (a))");
        AssertError("42704", "there is no primary key for referenced table \"u\"", "create table z (a int references u)");
        AssertError("42804", "foreign key constraint \"z_a_fkey\" cannot be implemented", "create table z (a text references t)");
        AssertError("42P01", "relation \"nope\" does not exist", "create table z (a int references nope)");
        AssertError("42703", "column \"q\" named in key does not exist", "create table z (a int, primary key (q))");
        AssertError("42804", "column \"a\" is of type integer but default expression is of type boolean", "create table z (a int default true)");
        AssertError("3F000", "schema \"s\" does not exist", "create table s.z (a int)");
        AssertError("42P01", "table \"nope\" does not exist", "drop table nope");
        AssertError("42809", "\"t\" is not a view", "drop view t");
        AssertError("2BP01", "cannot drop index t_pkey because constraint t_pkey on table t requires it", "drop index t_pkey");
        AssertError("42703", "column \"q\" of relation \"t\" does not exist", "alter table t drop column q");
        AssertError("42804", "column \"b\" cannot be cast automatically to type integer", "alter table t alter column b type int");
        AssertError("0A000", "a temporary table is not supported", "create temp table z (a int)");
        AssertError("22023", "NUMERIC precision 0 must be between 1 and 1000", "create table z (a numeric(0))");
    }

    [TestMethod]
    public void If_exists_and_if_not_exists_leave_a_notice()
    {
        var change = (SchemaChange)Bind("create table if not exists t (a int)");
        Assert.AreEqual("relation \"t\" already exists, skipping", change.Notices.Single());
        Assert.IsEmpty(change.Changes);
        Assert.AreEqual("table \"nope\" does not exist, skipping", ((SchemaChange)Bind("drop table if exists nope")).Notices.Single());
    }

    [TestMethod]
    public void Dropping_a_table_takes_what_depends_on_it_only_under_cascade()
    {
        DatabaseCatalog catalog = Apply(Tables, "create view v1 as select a, b from t", "create view v2 as select a from v1", "create table c (a int references t)");
        Assert.AreEqual("2BP01", Assert.ThrowsExactly<PhantomDbException>(() => Apply(catalog, "drop table t")).SqlState);
        DatabaseCatalog after = Apply(catalog, "drop table t cascade");
        Assert.IsNull(after.FindRelation("public", "v1"));
        Assert.IsNull(after.FindRelation("public", "v2"));
        Assert.IsEmpty(after.FindTable("public", "c")!.Constraints);
    }

    [TestMethod]
    public void Views_are_bound_from_their_text()
    {
        DatabaseCatalog catalog = Apply(Tables, "create view v1 (k, label) as select a, b || 'x' from t where a > 1");
        var plan = (BoundPlan)Bind("select k from v1 where label = 'q'", new BinderContext(catalog));
        Assert.AreEqual(
            """
            Project [k]
              Filter label = 'q'
                Project [a as k, ?column? as label]
                  Project [a, b || 'x' as ?column?]
                    Filter a > 1
                      Scan t [a, b, n, s, l, d, ts, c, v, f, flag]
            """, LogicalPlanPrinter.Print(plan.Plan).Trim());
    }

    [TestMethod]
    public void Alter_table_changes_all_columns_at_once_and_then_checks()
    {
        var change = (SchemaChange)Bind("alter table u add column z int not null default 7, alter column x type bigint, add constraint positive check (a > 0), add primary key (a)");
        Assert.AreEqual("ChangeColumns,ValidateNotNull,ValidateNotNull,ValidateCheck", string.Join(',', change.Actions.Select(a => a.GetType().Name)));
        var columns = (ChangeColumns)change.Actions[0];
        Assert.AreEqual("x bigint, z integer", string.Join(", ", columns.Values.Select(v => $"{columns.After.Columns.Single(c => c.Number == v.Column.ColumnNumber).Name} {v.Value.Type}")));
    }

    [TestMethod]
    public void Create_table_as_keeps_declared_types_and_frees_computed_ones()
    {
        var change = (SchemaChange)Bind("create table z as select a, n, n * n as square, v from t");
        TableDefinition table = change.Changes.OfType<PutTable>().Single().Table;
        Assert.AreEqual("integer,numeric(15,2),numeric,character varying(10)", string.Join(',', table.Columns.Select(c => c.Type)));
    }

    [TestMethod]
    public void Sequences_check_their_options()
    {
        AssertError("22023", "INCREMENT must not be zero", "create sequence q increment 0");
        AssertError("22023", "MINVALUE (10) must be less than MAXVALUE (5)", "create sequence q minvalue 10 maxvalue 5");
        AssertError("22023", "START value (0) cannot be less than MINVALUE (1)", "create sequence q start 0");
        DatabaseCatalog catalog = Apply(Tables, "create sequence q as smallint increment -1");
        var sequence = (SequenceDefinition)catalog.FindRelation("public", "q")!;
        Assert.AreEqual((-1L, -32768L, -1L), (sequence.Maximum, sequence.Minimum, sequence.Start));
    }

    [TestMethod]
    public void Copy_options_exclude_each_other()
    {
        AssertError("0A000", "COPY quote available only in CSV mode", "copy t from stdin (quote '\"')");
        AssertError("0A000", "COPY force quote only available using COPY TO", "copy t from stdin (format csv, force_quote (a))");
        AssertError("0A000", "COPY in binary format is not supported", "copy t from stdin (format binary)");
        AssertError("42601", "conflicting or redundant options", "copy t from stdin (format csv, format text)");
        AssertError("22023", "COPY delimiter cannot be \"a\"", "copy t from stdin (delimiter 'a')");
        var copy = (CopyFromCommand)Bind("copy u (y, a) from stdin (format csv, header, delimiter '|', force_null (y))");
        Assert.AreEqual(('|', CopyHeader.Present, ""), (copy.Options.Delimiter, copy.Options.Header, copy.Options.Null));
        Assert.AreEqual(
            """
            Insert u
              Project [a, null::integer as x, y]
                CopyInput [y, a]
            """, LogicalPlanPrinter.Print(copy.Insert).Trim());
    }

    [TestMethod]
    [DataRow("northwind", "northwind.sql")]
    [DataRow("chinook", "Chinook_PostgreSql.sql")]
    public void Sample_databases_are_bound_whole(string folder, string file)
    {
        string sql = File.ReadAllText(RepositoryPaths.SharedOrSkip("datasets", folder, file));
        DatabaseCatalog catalog = DatabaseCatalog.Empty;
        // Shell commands are no SQL.
        sql = string.Join('\n', sql.Split('\n').Where(line => !line.StartsWith('\\')));
        foreach (PhantomDb.Parsing.Ast.Statement statement in SqlParser.Parse(sql))
        {
            BoundStatement bound = Binder.Bind(statement, new BinderContext(catalog));
            if (bound is SchemaChange change)
            {
                catalog = change.ApplyTo(catalog);
            }
        }
        Assert.IsGreaterThan(10, catalog.Tables.Count());
    }

    [TestMethod]
    public void All_tpch_queries_are_bound()
    {
        DatabaseCatalog catalog = Apply(DatabaseCatalog.Empty,
            [.. File.ReadAllText(RepositoryPaths.SharedOrSkip("datasets", "tpch-sf0.1", "schema.sql")).Split(';').Where(s => s.Trim().Length > 0)]);
        foreach (string path in Directory.EnumerateFiles(RepositoryPaths.SharedOrSkip("datasets", "tpch-sf0.1", "queries")).Order())
        {
            foreach (PhantomDb.Parsing.Ast.Statement statement in SqlParser.Parse(File.ReadAllText(path)))
            {
                BoundStatement bound = Binder.Bind(statement, new BinderContext(catalog));
                if (bound is SchemaChange change)
                {
                    catalog = change.ApplyTo(catalog);
                }
            }
        }
    }

    private static DatabaseCatalog Apply(DatabaseCatalog catalog, params string[] statements)
    {
        foreach (string sql in statements)
        {
            foreach (PhantomDb.Parsing.Ast.Statement statement in SqlParser.Parse(sql))
            {
                catalog = ((SchemaChange)Binder.Bind(statement, new BinderContext(catalog))).ApplyTo(catalog);
            }
        }
        return catalog;
    }
}
