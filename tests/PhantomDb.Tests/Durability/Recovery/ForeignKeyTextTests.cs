using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Recovery;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>Foreign keys in the text of a definition.</summary>
[TestClass]
public sealed class ForeignKeyTextTests
{
    private const string Definition = "[TABLE:t]\nCOLUMNS:a:int,b:int\nCONSTRAINT:a_fk FOREIGN KEY (a) REFERENCES one (a)\n\"CONSTRAINT:\"\"B, key\"\" FOREIGN KEY (a, b) REFERENCES app.\"\"Two\"\" (a, b) ON DELETE CASCADE\"\n"
        + "CONSTRAINT:c CHECK (a > 0)\nCOMMENT:CONSTRAINT,a_fk,first\nCOMMENT:CONSTRAINT,\"\"\"B, key\"\"\",\"second,\nof two lines\"\nCOMMENT:COLUMN,a_fk,no key\nCOMMENT:CONSTRAINT,c,check\nDATA:a,b\n";

    private readonly List<string> _asked = [];

    private string? Change(string definition, params (string Name, KeyChange Change)[] changes)
    {
        byte[]? changed = ForeignKeyText.Change(Encoding.UTF8.GetBytes(definition), (name, table) =>
        {
            _asked.Add($"{name} > {table}");
            return changes.FirstOrDefault(change => change.Name == name).Change;
        });
        return changed is null ? null : Encoding.UTF8.GetString(changed);
    }

    [TestMethod]
    public void Each_key_is_asked_about_once_with_the_table_that_it_refers_to()
    {
        Assert.IsNull(Change(Definition));
        CollectionAssert.AreEqual(new[] { "a_fk > one", "B, key > app.\"Two\"" }, _asked);
    }

    [TestMethod]
    public void A_key_goes_with_its_comment_and_all_else_stays()
    {
        string first = "CONSTRAINT:a_fk FOREIGN KEY (a) REFERENCES one (a)\n", second = Definition.Split(first)[1].Split("CONSTRAINT:c ")[0];
        Assert.AreEqual(Definition.Replace(first, "", StringComparison.Ordinal).Replace("COMMENT:CONSTRAINT,a_fk,first\n", "", StringComparison.Ordinal), Change(Definition, ("a_fk", KeyChange.Drop)));
        string comment = "COMMENT:CONSTRAINT,\"\"\"B, key\"\"\",\"second,\nof two lines\"\n";
        Assert.AreEqual(Definition.Replace(second, "", StringComparison.Ordinal).Replace(comment, "", StringComparison.Ordinal), Change(Definition, ("B, key", KeyChange.Drop)));
    }

    [TestMethod]
    public void A_key_becomes_not_valid_where_it_stands()
    {
        Assert.AreEqual(
            Definition.Replace("one (a)", "one (a) NOT VALID", StringComparison.Ordinal).Replace("CASCADE", "CASCADE NOT VALID", StringComparison.Ordinal),
            Change(Definition, ("a_fk", KeyChange.NotValid), ("B, key", KeyChange.NotValid)));
    }

    [TestMethod]
    [DataRow("CONSTRAINT:a_fk FOREIGN KEY (a) REFERENCES one (a)\nCONSTRAINT:\n")]
    [DataRow("CONSTRAINT:a_fk FOREIGN KEY (a) REFERENCES one (a)\nCONSTRAINT:b FOREIGN KEY (a)\n")]
    [DataRow("CONSTRAINT:a_fk FOREIGN KEY (a) REFERENCES one (a)\nCOMMENT:CONSTRAINT,,x\n")]
    [DataRow("CONSTRAINT:a_fk FOREIGN KEY (a) REFERENCES one (a)\n\"COMMENT")]
    public void What_cannot_be_read_stays_as_it_is(string definition) => Assert.IsNull(Change(definition, ("a_fk", KeyChange.Drop)));

    [TestMethod]
    public void A_comment_without_more_is_left_alone() =>
        Assert.AreEqual("COMMENT:CONSTRAINT\n", Change("CONSTRAINT:a_fk FOREIGN KEY (a) REFERENCES one (a)\nCOMMENT:CONSTRAINT\n", ("a_fk", KeyChange.Drop)));
}
