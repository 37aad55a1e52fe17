namespace PhantomDb.Orders;

internal sealed record NewOrder(string Customer, decimal Amount);

internal sealed record Order(long Id, string Customer, decimal Amount);

/// <param name="OrderTotal">Of all orders.</param>
/// <param name="CustomerTotal">The same, as it is kept by customer: a transaction changes both.</param>
internal sealed record Summary(long Count, decimal OrderTotal, decimal CustomerTotal);
