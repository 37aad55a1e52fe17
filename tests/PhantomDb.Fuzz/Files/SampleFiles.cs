using System.Text;
using PhantomDb.Fuzz.Statements;

namespace PhantomDb.Fuzz.Files;

/// <summary>A database file to start from. Of a sealed one no byte may change.</summary>
internal sealed record SampleFile(string Name, byte[] Bytes, bool IsSealed);

/// <summary>Database files of every kind: sealed, unsealed, from others, with every type and every kind of definition.</summary>
internal static class SampleFiles
{
    private const string Foreign =
        """
        # PhantomDB Database Snapshot
        # Timestamp: 2023-12-01 12:00:00
        # Type: FULL

        [TABLE:users]
        COLUMNS:id:int,name:string,email:string
        DATA:id,name,email
        ROW:1,John Doe,john@example.com
        ROW:"2",Jane Smith,

        [TABLE:order items]
        COLUMNS:id:int,price:double,at:datetime,ok:bool

        """;

    private static readonly string[] Definitions =
    [
        "create schema x", "create table x.\"Odd \"\"Name\" (\"a,b\" int primary key, \"c:d\" text default 'x,\"y\"', check (\"a,b\" <> 7))",
        "insert into x.\"Odd \"\"Name\" values (1, E'line\\nROW:1\\n[TABLE:t]'), (2, ''), (3, null)",
        "create sequence x.q increment 3 cycle maxvalue 100", "create view x.v as select count(*) from x.\"Odd \"\"Name\"",
        "create table p (id int generated always as identity primary key, parent int references p, note varchar(5) unique)",
        "insert into p (parent, note) values (null, 'root'), (1, 'a'), (1, null)",
    ];

    public static IReadOnlyList<SampleFile> Make()
    {
        string folder = Directory.CreateTempSubdirectory("phantomdb-fuzz-").FullName;
        try
        {
            using Database small = Build(Definitions);
            using Database full = Build([.. SampleTables.EveryType, .. Definitions]);
            using Database empty = Build([]);
            return
            [
                Save("small sealed", small, folder, isSealed: true),
                Save("small unsealed", small, folder, isSealed: false),
                Save("every type, sealed", full, folder, isSealed: true),
                Save("every type, unsealed", full, folder, isSealed: false),
                Save("empty", empty, folder, isSealed: true),
                new SampleFile("of others", Encoding.UTF8.GetBytes(Foreign.ReplaceLineEndings("\n")), IsSealed: false),
            ];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Database Build(IReadOnlyList<string> statements)
    {
        Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        foreach (string statement in statements)
        {
            session.Execute(statement).Dispose();
        }
        return database;
    }

    private static SampleFile Save(string name, Database database, string folder, bool isSealed)
    {
        string path = Path.Combine(folder, "x.db");
        database.SaveToDisk(path, isSealed);
        return new SampleFile(name, File.ReadAllBytes(path), isSealed);
    }
}
