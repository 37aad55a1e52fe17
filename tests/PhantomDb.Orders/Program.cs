using PhantomDb;
using PhantomDb.Data;
using PhantomDb.Hosting;
using PhantomDb.Orders;

// A web application whose orders are in a database inside the process. What has been answered with 201 is on the disk.
WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.AddPhantomDb("shop", options => options.Database = options.Database with { SnapshotInterval = 5000 });
builder.Services.AddHealthChecks().AddPhantomDb("shop");
builder.Services.AddHostedService<Schema>();
builder.Services.AddSingleton<MetricsPage>();
WebApplication app = builder.Build();
app.Services.GetRequiredService<MetricsPage>();   // it counts from now on

app.MapHealthChecks("/health");
app.MapGet("/metrics", (MetricsPage page) => page.Text());

app.MapPost("/orders", async (NewOrder order, PhantomDbDataSource shop, CancellationToken cancelled) =>
{
    await using PhantomDbConnection connection = await shop.OpenConnectionAsync(cancelled);
    await using var transaction = await connection.BeginTransactionAsync(cancelled);
    await using var insert = new PhantomDbCommand("INSERT INTO orders (customer, amount) VALUES (@customer, @amount) RETURNING id", connection);
    insert.Parameters.AddWithValue("customer", order.Customer);
    insert.Parameters.AddWithValue("amount", order.Amount);
    long id = (long)(await insert.ExecuteScalarAsync(cancelled))!;
    await using var total = new PhantomDbCommand(
        "INSERT INTO customer VALUES (@customer, @amount) ON CONFLICT (name) DO UPDATE SET total = customer.total + excluded.total", connection);
    total.Parameters.AddWithValue("customer", order.Customer);
    total.Parameters.AddWithValue("amount", order.Amount);
    await total.ExecuteNonQueryAsync(cancelled);
    await transaction.CommitAsync(cancelled);
    return Results.Created($"/orders/{id}", new Order(id, order.Customer, order.Amount));
});

app.MapGet("/orders/{id:long}", async (long id, PhantomDbDataSource shop, CancellationToken cancelled) =>
{
    await using PhantomDbConnection connection = await shop.OpenConnectionAsync(cancelled);
    await using var select = new PhantomDbCommand("SELECT id, customer, amount FROM orders WHERE id = @id", connection);
    select.Parameters.AddWithValue("id", id);
    await using PhantomDbDataReader reader = await select.ExecuteReaderAsync(cancelled);
    return await reader.ReadAsync(cancelled) ? Results.Ok(new Order(reader.GetInt64(0), reader.GetString(1), reader.GetDecimal(2))) : Results.NotFound();
});

app.MapGet("/summary", async (PhantomDbDataSource shop, CancellationToken cancelled) =>
{
    await using PhantomDbConnection connection = await shop.OpenConnectionAsync(cancelled);
    await using var select = new PhantomDbCommand(
        "SELECT (SELECT count(*) FROM orders), (SELECT coalesce(sum(amount), 0) FROM orders), (SELECT coalesce(sum(total), 0) FROM customer)", connection);
    await using PhantomDbDataReader reader = await select.ExecuteReaderAsync(cancelled);
    await reader.ReadAsync(cancelled);
    return new Summary(reader.GetInt64(0), reader.GetDecimal(1), reader.GetDecimal(2));
});

CancellationToken stopping = app.Lifetime.ApplicationStopping;
try
{
    await app.RunAsync();
}
catch (OperationCanceledException) when (stopping.IsCancellationRequested)
{
    // A signal while it started: Kestrel throws then. The database is closed.
}
