using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Shell.Commands;

namespace PhantomDb.Tests.Shell;

/// <summary>Statements kept under names.</summary>
[TestClass]
public sealed class FavoritesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("phantomdb-favorites-").FullName;
    private readonly Favorites _favorites;

    public FavoritesTests() => _favorites = new Favorites(Path);

    private string Path => System.IO.Path.Combine(_folder, "config", "favorites.sql");

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    [TestMethod]
    public void Favorites_are_in_a_readable_file_of_their_owners_alone()
    {
        _favorites.Save("top", "SELECT *\nFROM t\nLIMIT $1");
        _favorites.Save("all", "SELECT 1; SELECT 2");
        Assert.AreEqual("-- favorite: all\nSELECT 1; SELECT 2;\n\n-- favorite: top\nSELECT *\nFROM t\nLIMIT $1;\n", File.ReadAllText(Path));
        Assert.AreEqual("SELECT *\nFROM t\nLIMIT $1", new Favorites(Path).All["top"]);
        if (!OperatingSystem.IsWindows())
        {
            Assert.AreEqual(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
        }
    }

    [TestMethod]
    public void Values_take_the_places_of_parameters_as_numbers_and_texts_but_not_in_quotes()
    {
        _favorites.Save("find", "SELECT '$1', $2 -$1 /* $3 */ FROM t WHERE name = $2");
        Assert.AreEqual("SELECT '$1', 'it''s $1' -(-5) /* $3 */ FROM t WHERE name = 'it''s $1'", _favorites.Fill("find", ["-5", "it's $1"]));
    }

    [TestMethod]
    public void Values_too_few_or_too_many_and_names_that_are_none_are_errors()
    {
        _favorites.Save("one", "SELECT $1");
        Assert.AreEqual("42601", Assert.ThrowsExactly<PhantomDbException>(() => _favorites.Fill("one", [])).SqlState);
        Assert.AreEqual("42601", Assert.ThrowsExactly<PhantomDbException>(() => _favorites.Fill("one", ["1", "2"])).SqlState);
        Assert.AreEqual("Perhaps you meant one.", Assert.ThrowsExactly<PhantomDbException>(() => _favorites.Fill("onee", [])).Hint);
        Assert.AreEqual("42704", Assert.ThrowsExactly<PhantomDbException>(() => _favorites.Delete("two")).SqlState);
        Assert.AreEqual("42602", Assert.ThrowsExactly<PhantomDbException>(() => _favorites.Save("a b", "SELECT 1")).SqlState);
        Assert.AreEqual("42601", Assert.ThrowsExactly<PhantomDbException>(() => _favorites.Save("a", "SELECT 1\n-- favorite: b")).SqlState);
        Assert.AreEqual("55000", Assert.ThrowsExactly<PhantomDbException>(() => new Favorites(null).Save("a", "SELECT 1")).SqlState);
        Assert.AreEqual("one", string.Join(',', _favorites.Names));
    }

    [TestMethod]
    public void What_is_deleted_is_gone_and_the_others_stay()
    {
        _favorites.Save("one", "SELECT 1");
        _favorites.Save("two", "SELECT 2");
        _favorites.Delete("one");
        Assert.AreEqual("two", string.Join(',', new Favorites(Path).Names));
    }
}
