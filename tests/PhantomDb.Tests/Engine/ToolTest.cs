using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Tests.Durability.Recovery;

namespace PhantomDb.Tests.Engine;

/// <summary>What tests of the tools share: the files of a database <c>shop</c> in a folder, made line by line, so that all in them is known.</summary>
public abstract class ToolTest : RecoveryTest
{
    private protected string Folder { get; } = Directory.CreateTempSubdirectory("phantomdb-tools-").FullName;

    private protected string DataFolder => System.IO.Path.Combine(Folder, "data");

    private protected DatabaseOptions Options => new() { DataDirectory = DataFolder };

    [TestCleanup]
    public void Clean() => Directory.Delete(Folder, recursive: true);

    /// <summary>A database file with LSN 3, a sealed segment up to LSN 4, and the active one up to LSN 7.</summary>
    private protected void MakeShop()
    {
        Log.Commit(Users, "INSERT,users,1,John Doe").Commit("INSERT,users,2,\"\"").Flush();
        SaveAs(Path, Recover());
        Log.Commit("UPDATE,users,1,John Doe,>,1,\"Doe, John\"").Flush();
        Log.Rotate();
        Log.Commit(Users, "INSERT,users,3,").Flush().Commit("DELETE,users,2,\"\"");
        Log.Save();
        Dump();
    }

    /// <summary>Puts the files into the folder.</summary>
    private protected void Dump()
    {
        Directory.CreateDirectory(DataFolder);
        foreach ((string path, byte[] bytes) in Disk.Files)
        {
            File.WriteAllBytes(PathOf(System.IO.Path.GetFileName(path)), bytes);
        }
    }

    private protected string PathOf(string file) => System.IO.Path.Combine(DataFolder, file);

    private protected string SealedSegment => System.IO.Path.GetFileName(Directory.GetFiles(DataFolder, "shop_log_*.log").Single());

    private protected void Change(string file, Func<byte[], byte[]> change) => File.WriteAllBytes(PathOf(file), change(File.ReadAllBytes(PathOf(file))));

    private protected void ChangeText(string file, string from, string to)
    {
        string text = File.ReadAllText(PathOf(file));
        Assert.Contains(from, text);
        File.WriteAllText(PathOf(file), text.Replace(from, to, StringComparison.Ordinal));
    }

    private protected void Tear(string file) => Change(file, bytes => bytes[..^5]);

    private protected void FlipBit(string file, string at) => Change(file, bytes =>
    {
        int place = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(at));
        Assert.IsGreaterThan(0, place);
        bytes[place] ^= 1;
        return bytes;
    });

    /// <summary>A database file of a later version, as it would be: its checksum is right.</summary>
    private protected void MakeLaterVersion() => Change("shop.db", bytes =>
    {
        string text = Encoding.UTF8.GetString(bytes).Replace("Version: 1 |", "Version: 2 |", StringComparison.Ordinal);
        const string Mark = " | Header: ";
        int end = text.IndexOf(Mark, StringComparison.Ordinal) + Mark.Length;
        return Encoding.UTF8.GetBytes(text[..end] + Checksum.Text(Checksum.Of(Encoding.UTF8.GetBytes(text[..end]))) + text[(end + 8)..]);
    });

    /// <summary>The sealed segment of another database, among those of this one.</summary>
    private protected void AddForeignSegment()
    {
        var other = new RecoveryLog(Disk) { Id = new Guid("0badc0de000000000000000000000002") };
        other.Commit("INSERT,users,9,x").Flush();   // the header has the first id still
        byte[] header = (other.Header with { Id = other.Id }).ToBytes();
        byte[] bytes = [.. header, .. other.Bytes[other.Header.ToBytes().Length..]];
        File.WriteAllBytes(PathOf(new LogSegmentName("shop", new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc), 1).ToString()),
            [.. bytes, .. new LogSeal(1, bytes.Length).ToBytes(other.Salt)]);
    }

    /// <summary>One opening: statements, parted by semicolons; then it is closed.</summary>
    private protected void Run(string sql)
    {
        using Database database = Database.Open("shop", Options with { SnapshotEnabled = false });
        Execute(database, sql);
    }

    private protected static void Execute(Database database, string sql)
    {
        using Session session = database.OpenSession();
        foreach (string statement in sql.Split(';'))
        {
            using QueryResult result = session.Execute(statement);
            while (result.Read())
            {
            }
        }
    }

    /// <summary>A number that a query gives, of the files as they are: nothing is written.</summary>
    private protected long Count(string query)
    {
        using Database database = Database.Open("shop", Options with { IsInMemory = true });
        using Session session = database.OpenSession();
        using QueryResult result = session.Execute(query);
        Assert.IsTrue(result.Read());
        return result.GetInt64(0);
    }

    private protected string[] RowsOfShop()
    {
        using Database database = Database.Open("shop", Options with { IsInMemory = true });
        using Session session = database.OpenSession();
        using QueryResult rows = session.Execute("SELECT id, name FROM users ORDER BY id");
        List<string> found = [];
        while (rows.Read())
        {
            found.Add($"{rows.GetInt32(0)}|{(rows.IsNull(1) ? "NULL" : rows.GetString(1))}");
        }
        return [.. found];
    }
}
