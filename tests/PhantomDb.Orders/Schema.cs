namespace PhantomDb.Orders;

/// <summary>Makes the tables where they are not there, before the first request.</summary>
internal sealed class Schema(Database shop) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        using Session session = shop.OpenSession();
        session.Execute("CREATE TABLE IF NOT EXISTS orders (id bigserial PRIMARY KEY, customer text NOT NULL, amount numeric(12,2) NOT NULL CHECK (amount > 0), placed timestamptz DEFAULT now())").Dispose();
        session.Execute("CREATE TABLE IF NOT EXISTS customer (name text PRIMARY KEY, total numeric(14,2) NOT NULL)").Dispose();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
