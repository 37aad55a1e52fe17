using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>What tests of definition records share: an empty database, and records that are applied to it without a log.</summary>
public abstract class DefinitionTest
{
    private protected LoadedDatabase Database { get; }

    private protected DefinitionApplier Applier { get; }

    private protected DatabaseCatalog Catalog => Applier.Catalog;

    protected DefinitionTest()
    {
        Database = SalvagedBase.Empty(Guid.Empty, LoadTarget.New);
        Applier = new DefinitionApplier(Database);
    }

    private protected void Apply(LogOperation operation, string name, params string[] lines) => Applier.Apply(operation, name, Values(lines));

    /// <summary>A transaction of one record.</summary>
    private protected void Commit(LogOperation operation, string name, params string[] lines)
    {
        Apply(operation, name, lines);
        Applier.EndTransaction();
    }

    private protected void AssertRefused(string reason, LogOperation operation, string name, params string[] lines) =>
        StringAssert.Contains(Assert.ThrowsExactly<FormatException>(() => Apply(operation, name, lines)).Message, reason);

    private protected TableDefinition Table(string name) => Catalog.FindTable("public", name)!;

    private protected SequenceDefinition Sequence(string name, string schema = "public") => (SequenceDefinition)Catalog.FindRelation(schema, name)!;

    private protected static byte[][] Values(params string[] lines) => [.. lines.Select(Encoding.UTF8.GetBytes)];

    /// <summary>The line of a sequence of integers.</summary>
    private protected static string SequenceLine(string name, string rest = "LAST 1") => $"SEQUENCE:{name} AS integer START 1 INCREMENT 1 MINVALUE 1 MAXVALUE 99 CACHE 1 {rest}";
}
