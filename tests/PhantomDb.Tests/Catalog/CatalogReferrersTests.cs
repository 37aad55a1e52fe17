using PhantomDb.Catalog;

namespace PhantomDb.Tests.Catalog;

/// <summary>Who refers to an object, as the catalog keeps it, against a look through all objects, while random definitions come and go.</summary>
[TestClass]
public sealed class CatalogReferrersTests
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void Referrers_are_those_that_a_look_through_all_objects_finds(int seed)
    {
        var random = new Random(seed);
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        int done = 0;
        for (int i = 0; i < 250; i++)
        {
            string a = $"t{random.Next(8)}";
            string b = $"t{random.Next(8)}";
            string v = $"v{random.Next(5)}";
            string sql = random.Next(13) switch
            {
                0 or 1 => $"CREATE TABLE {a}(id serial PRIMARY KEY, r int REFERENCES {a}, n int)",
                2 or 3 => $"CREATE TABLE {a}(id int PRIMARY KEY, r int REFERENCES {b}, n serial)",
                4 => $"ALTER TABLE {a} ADD CONSTRAINT k{random.Next(3)} FOREIGN KEY (r) REFERENCES {b}",
                5 => $"ALTER TABLE {a} DROP CONSTRAINT k{random.Next(3)}",
                6 => $"DROP TABLE {a}{(random.Next(2) == 0 ? " CASCADE" : "")}",
                7 => $"CREATE OR REPLACE VIEW {v} AS SELECT {a}.id FROM {a}, {b}",
                8 => $"CREATE VIEW {v} AS SELECT id FROM v{random.Next(5)}",
                9 => $"DROP VIEW {v}{(random.Next(2) == 0 ? " CASCADE" : "")}",
                10 => $"ALTER TABLE {a} RENAME TO t{random.Next(8)}",
                11 => $"CREATE INDEX ON {a}(n); ALTER SEQUENCE IF EXISTS {a}_id_seq OWNED BY NONE",
                _ => $"DROP TABLE IF EXISTS {a}, {b} CASCADE",
            };
            bool isInTransaction = random.Next(3) == 0;
            try
            {
                if (isInTransaction)
                {
                    session.Execute("BEGIN");
                }
                session.Execute(sql);
                done++;
            }
            catch (PhantomDbException)
            {
                // what does not fit the definitions of the moment changes nothing
            }
            if (isInTransaction)
            {
                session.Execute(random.Next(2) == 0 ? "COMMIT" : "ROLLBACK");
            }
            Compare(database.Catalog);
        }
        Assert.IsGreaterThan(50, done, $"seed {seed}");
    }

    private static void Compare(DatabaseCatalog catalog)
    {
        int[] oids = [.. Enumerable.Range(DatabaseCatalog.FirstUserOid, catalog.NextOid - DatabaseCatalog.FirstUserOid)];
        foreach (int oid in oids)
        {
            CollectionAssert.AreEqual(
                catalog.Tables.Where(t => t.Constraints.Any(c => c.Kind == ConstraintKind.ForeignKey && c.ReferencedTableOid == oid)).OrderBy(t => t.Oid).ToArray(),
                catalog.TablesReferencing(oid).ToArray());
            CollectionAssert.AreEqual(catalog.Views.Where(v => v.DependsOn.Contains(oid)).OrderBy(v => v.Oid).ToArray(), catalog.ViewsOver(oid).ToArray());
            CollectionAssert.AreEqual(
                catalog.Sequences.Where(s => s.OwnerTableOid == oid).OrderBy(s => s.Oid).ToArray(), catalog.SequencesOf(oid).ToArray());
        }
    }
}
