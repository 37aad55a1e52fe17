namespace PhantomDb.Benchmarks;

/// <summary>Entry point of the benchmarks.</summary>
public static class Program
{
    public static int Main(string[] args) => 0;
}
