using System.Data;
using Dapper;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Data;

namespace PhantomDb.Tests.Data;

/// <summary>Dapper over the provider: what its users write every day.</summary>
[TestClass]
public sealed class DapperTests : DataTest
{
    private enum Grade : short
    {
        Plain,
        Gold,
    }

    private sealed class Customer
    {
        public int Id { get; set; }

        public string? Name { get; set; }

        public decimal? Credit { get; set; }

        public DateTime Since { get; set; }

        public Guid Key { get; set; }

        public bool IsActive { get; set; }

        public Grade Grade { get; set; }

        public byte[]? Photo { get; set; }

        public List<Invoice> Invoices { get; } = [];
    }

    private sealed record Invoice(int Id, int CustomerId, decimal Total);

    [TestMethod]
    public void Objects_go_in_as_parameters_and_come_back_as_they_were()
    {
        using PhantomDbConnection connection = OpenShop();
        Customer ada = new() { Id = 1, Name = "Ada", Credit = 12.50m, Since = new DateTime(2026, 11, 22, 8, 0, 0), Key = Guid.NewGuid(), IsActive = true, Grade = Grade.Gold, Photo = [1, 2, 255] };
        Customer bob = new() { Id = 2, Since = new DateTime(2026, 1, 1) };
        const string Insert = "INSERT INTO customer (id, name, credit, since, key, is_active, grade, photo) VALUES (@Id, @Name, @Credit, @Since, @Key, @IsActive, @Grade, @Photo)";
        Assert.AreEqual(2, connection.Execute(Insert, new[] { ada, bob }));
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        List<Customer> found = [.. connection.Query<Customer>("SELECT * FROM customer ORDER BY id")];
        Assert.AreEqual((1, "Ada", (decimal?)12.50m, ada.Since, ada.Key, true, Grade.Gold), (found[0].Id, found[0].Name, found[0].Credit, found[0].Since, found[0].Key, found[0].IsActive, found[0].Grade));
        CollectionAssert.AreEqual(ada.Photo, found[0].Photo);
        Assert.AreEqual((2, (string?)null, (decimal?)null, bob.Since, Guid.Empty, false, Grade.Plain), (found[1].Id, found[1].Name, found[1].Credit, found[1].Since, found[1].Key, found[1].IsActive, found[1].Grade));
        Assert.IsNull(found[1].Photo);
    }

    [TestMethod]
    public void Single_values_lists_and_dynamic_rows()
    {
        using PhantomDbConnection connection = OpenShop();
        connection.Execute("INSERT INTO customer (id, name) SELECT n, 'c' || n FROM generate_series(1, 20) s(n)");
        Assert.AreEqual(20, connection.ExecuteScalar<int>("SELECT count(*) FROM customer"));
        Assert.AreEqual("c7", connection.QuerySingle<string>("SELECT name FROM customer WHERE id = @id", new { id = 7 }));
        Assert.IsNull(connection.QuerySingleOrDefault<string>("SELECT name FROM customer WHERE id = @id", new { id = 70 }));
        Assert.AreEqual("c3,c5", string.Join(',', connection.Query<string>("SELECT name FROM customer WHERE id IN @ids ORDER BY id", new { ids = new[] { 5, 3, 99 } })));
        Assert.AreEqual("", string.Join(',', connection.Query<string>("SELECT name FROM customer WHERE id IN @ids", new { ids = Array.Empty<int>() })));
        Assert.AreEqual(20, connection.Query<string>("SELECT name FROM customer WHERE name NOT IN @names AND key NOT IN @keys OR key IS NULL", new { names = Array.Empty<string>(), keys = Array.Empty<Guid>() }).Count());
        PhantomDbException any = Assert.ThrowsExactly<PhantomDbException>(() => connection.Query<string>("SELECT name FROM customer WHERE id = ANY(@ids)", new { ids = new[] { 5, 3 } }));
        Assert.AreEqual(("42809", "A list of values is looked in by IN: x IN (1, 2)."), (any.SqlState, any.Hint));
        dynamic row = connection.QueryFirst("SELECT id, name, NULL AS nothing FROM customer ORDER BY id DESC");
        Assert.AreEqual("20 c20 ", $"{row.id} {row.name} {row.nothing}");
        Assert.AreEqual((4, "c4"), connection.QuerySingle<(int, string)>("SELECT id, name FROM customer WHERE id = @id", new { id = 4L }));
        var parameters = new DynamicParameters();
        parameters.Add("name", "c9", DbType.String, size: 10);
        parameters.Add("least", 5, DbType.Int32);
        Assert.AreEqual(9, connection.QuerySingle<int>("SELECT id FROM customer WHERE name = @name AND id > @least", parameters));
    }

    [TestMethod]
    public void Rows_of_a_join_become_objects_that_know_each_other()
    {
        using PhantomDbConnection connection = OpenShop();
        connection.Execute("INSERT INTO customer (id, name) VALUES (1, 'Ada'), (2, 'Bob'); INSERT INTO invoice VALUES (10, 1, 5.00), (11, 1, 7.50), (12, 2, 1)");
        Dictionary<int, Customer> customers = [];
        connection.Query<Customer, Invoice, Customer>("SELECT c.id, c.name, i.id, i.customer_id AS CustomerId, i.total FROM customer c JOIN invoice i ON i.customer_id = c.id ORDER BY i.id", (customer, invoice) =>
        {
            Customer known = customers.TryGetValue(customer.Id, out Customer? earlier) ? earlier : customers[customer.Id] = customer;
            known.Invoices.Add(invoice);
            return known;
        });
        Assert.AreEqual("Ada 12.50, Bob 1.00", string.Join(", ", customers.Values.Select(customer => FormattableString.Invariant($"{customer.Name} {customer.Invoices.Sum(invoice => invoice.Total)}"))));
    }

    [TestMethod]
    public void Several_results_of_one_text_are_read_one_after_the_other()
    {
        using PhantomDbConnection connection = OpenShop();
        connection.Execute("INSERT INTO customer (id, name) VALUES (1, 'Ada'); INSERT INTO invoice VALUES (10, 1, 5.00), (11, 1, 7.50)");
        using SqlMapper.GridReader grid = connection.QueryMultiple("SELECT id, name FROM customer WHERE id = @id; SELECT id, customer_id AS CustomerId, total FROM invoice WHERE customer_id = @id ORDER BY id", new { id = 1 });
        Assert.AreEqual("Ada", grid.ReadSingle<Customer>().Name);
        CollectionAssert.AreEqual(new[] { new Invoice(10, 1, 5.00m), new Invoice(11, 1, 7.50m) }, grid.Read<Invoice>().ToArray());
        Assert.IsTrue(grid.IsConsumed);
    }

    [TestMethod]
    public void A_transaction_is_given_along_and_an_error_is_the_engines()
    {
        using PhantomDbConnection connection = OpenShop();
        using (PhantomDbTransaction transaction = connection.BeginTransaction())
        {
            connection.Execute("INSERT INTO customer (id) VALUES (@id)", new { id = 1 }, transaction);
            transaction.Rollback();
        }
        Assert.AreEqual(0, connection.ExecuteScalar<long>("SELECT count(*) FROM customer"));
        connection.Execute("INSERT INTO customer (id) VALUES (1)");
        Assert.AreEqual("23505", Assert.ThrowsExactly<PhantomDbException>(() => connection.Execute("INSERT INTO customer (id) VALUES (@id)", new { id = 1 })).SqlState);
    }

    [TestMethod]
    public async Task Its_asynchronous_forms_stream_and_open_connections_by_themselves()
    {
        using PhantomDbConnection keeper = Open("Data Source=dapper;Mode=Memory");
        await keeper.ExecuteAsync("CREATE TABLE t (a int); INSERT INTO t SELECT * FROM generate_series(1, 1000)").ConfigureAwait(false);
        PhantomDbConnection closed = new("Data Source=dapper;Mode=Memory");
        await using (closed.ConfigureAwait(false))
        {
            Assert.AreEqual(500500, await closed.ExecuteScalarAsync<long>("SELECT sum(a) FROM t").ConfigureAwait(false));
            Assert.AreEqual(ConnectionState.Closed, closed.State);
            int count = 0;
            await foreach (int value in closed.QueryUnbufferedAsync<int>("SELECT a FROM t").ConfigureAwait(false))
            {
                count += value > 0 ? 1 : 0;
            }
            Assert.AreEqual(1000, count);
            using DataTable table = new() { Locale = System.Globalization.CultureInfo.InvariantCulture };
            await closed.OpenAsync().ConfigureAwait(false);
            using IDataReader reader = await closed.ExecuteReaderAsync("SELECT a FROM t WHERE a < @limit", new { limit = 4 }).ConfigureAwait(false);
            table.Load(reader);
            Assert.AreEqual(3, table.Rows.Count);
        }
    }

    private static PhantomDbConnection OpenShop()
    {
        PhantomDbConnection connection = Open();
        Run(connection, """
            CREATE TABLE customer (id int PRIMARY KEY, name text, credit numeric(10,2), since timestamp, key uuid, is_active boolean, grade smallint, photo bytea);
            CREATE TABLE invoice (id int PRIMARY KEY, customer_id int REFERENCES customer, total numeric(10,2))
            """);
        return connection;
    }
}
