namespace PhantomDb.Shell;

/// <summary>Entry point of the <c>phantomdb</c> command.</summary>
public static class Program
{
    public static int Main(string[] args) => 0;
}
