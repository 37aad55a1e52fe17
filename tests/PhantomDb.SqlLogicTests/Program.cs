namespace PhantomDb.SqlLogicTests;

/// <summary>Entry point of the conformance runner.</summary>
public static class Program
{
    public static int Main(string[] args) => 0;
}
