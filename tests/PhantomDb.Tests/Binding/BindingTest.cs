using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Binding;
using PhantomDb.Catalog;
using PhantomDb.Parsing;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Tests.Binding;

/// <summary>Binds SQL against a small catalog, for the tests of this folder.</summary>
public abstract class BindingTest
{
    internal static readonly DatabaseCatalog Tables = MakeTables();

    internal static BoundStatement Bind(string sql, BinderContext? context = null) =>
        Binder.Bind(SqlParser.Parse(sql)[0], context ?? new BinderContext(Tables));

    internal static BoundPlan BindPlan(string sql) => (BoundPlan)Bind(sql);

    internal static void AssertPlan(string sql, string expected)
    {
        string actual = LogicalPlanPrinter.Print(BindPlan(sql).Plan);
        Assert.AreEqual(expected.ReplaceLineEndings("\n").Trim(), actual.Trim());
    }

    /// <summary>The result's columns as "name type, name type".</summary>
    internal static void AssertColumns(string sql, string expected) =>
        Assert.AreEqual(expected, string.Join(", ", BindPlan(sql).ResultColumns.Select(c => $"{c.Name} {c.Type}")));

    internal static PhantomDbException AssertError(string sqlState, string message, string sql)
    {
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Bind(sql));
        Assert.AreEqual($"{sqlState}: {message}", $"{error.SqlState}: {error.Message}");
        return error;
    }

    private static DatabaseCatalog MakeTables()
    {
        var t = new TableDefinition(20000, "public", "t",
        [
            new("a", SqlType.Int32, 0) { IsNotNull = true },
            new("b", SqlType.Text, 1),
            new("n", SqlType.FixedNumeric(15, 2), 2),
            new("s", SqlType.Int16, 3),
            new("l", SqlType.Int64, 4),
            new("d", SqlType.Date, 5),
            new("ts", SqlType.Timestamp, 6),
            new("c", new SqlType(SqlTypeId.Char, 3), 7),
            new("v", new SqlType(SqlTypeId.Varchar, 10), 8),
            new("f", SqlType.Double, 9),
            new("flag", SqlType.Boolean, 10),
        ])
        {
            Constraints = [new ConstraintDefinition(20010, "t_pkey", ConstraintKind.PrimaryKey) { Columns = [0], IndexOid = 20011 }],
            Indexes = [new IndexDefinition(20011, "t_pkey", 20000, [new IndexColumn(0, false, false)]) { IsUnique = true, IsConstraint = true }],
        };
        var u = new TableDefinition(20001, "public", "u", [new("a", SqlType.Int32, 0), new("x", SqlType.Int32, 1), new("y", SqlType.Text, 2)]);
        DatabaseCatalog catalog = DatabaseCatalog.Empty.With(t).With(u);
        return catalog with { NextOid = 30000 };
    }
}
