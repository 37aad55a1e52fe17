namespace PhantomDb.Tests.Engine;

/// <summary>Tests of one database in memory and the sessions that they open; all end with the test.</summary>
public abstract class SessionTest : IDisposable
{
    private readonly List<Session> _sessions = [];

    private protected Database Database { get; } = Database.CreateInMemory();

    public void Dispose()
    {
        _sessions.ForEach(session => session.Dispose());
        Database.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected Session NewSession()
    {
        _sessions.Add(Database.OpenSession());
        return _sessions[^1];
    }
}
