namespace PhantomDb.Tests.Execution.SystemTables;

/// <summary>A database with one object of each kind, and queries over it as lines of text.</summary>
internal sealed class CatalogDatabase : IDisposable
{
    private const string Schema = """
        CREATE SCHEMA extra;
        CREATE TABLE customer (id serial PRIMARY KEY, name varchar(40) NOT NULL, email text UNIQUE, code char(3) DEFAULT 'abc',
            balance numeric(10,2) NOT NULL DEFAULT 0.00 CHECK (balance >= 0), created timestamptz DEFAULT now(), flag boolean DEFAULT true);
        CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id int NOT NULL REFERENCES customer (id) ON UPDATE RESTRICT,
            placed timestamp(3) DEFAULT current_timestamp, qty smallint DEFAULT 1, CONSTRAINT qty_ok CHECK (qty > 0 AND qty < 1000),
            CONSTRAINT uq UNIQUE (customer_id, placed));
        CREATE INDEX orders_placed ON orders (placed DESC, qty);
        CREATE VIEW big AS SELECT name, balance FROM customer WHERE balance > 100;
        CREATE SEQUENCE s1 START 5 INCREMENT 2;
        CREATE TABLE extra.t (a int, "B c" text, PRIMARY KEY (a, "B c"));
        INSERT INTO customer (name) VALUES ('Ann'), ('Bob');
        COMMENT ON TABLE customer IS 'who buys';
        COMMENT ON COLUMN customer.name IS 'full name';
        """;

    private readonly Database _database = Database.CreateInMemory();

    public CatalogDatabase()
    {
        Session = _database.OpenSession();
        foreach (QueryResult result in Session.ExecuteScript(Schema))
        {
            result.Dispose();
        }
    }

    public Session Session { get; }

    /// <summary>Rows as text, fields between bars, NULL as ~.</summary>
    public string[] Rows(string sql)
    {
        using QueryResult result = Session.Execute(sql);
        List<string> rows = [];
        while (result.Read())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, result.Columns.Count).Select(i => result.IsNull(i) ? "~" : result.GetText(i))));
        }
        return [.. rows];
    }

    public string One(string sql) => Rows(sql).Single();

    public void Dispose()
    {
        Session.Dispose();
        _database.Dispose();
    }
}
