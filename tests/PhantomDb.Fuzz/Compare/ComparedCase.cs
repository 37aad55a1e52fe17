using PhantomDb.Fuzz.Running;

namespace PhantomDb.Fuzz.Compare;

/// <summary>What a statement of a case gave when our answer was another than PostgreSQL's.</summary>
internal sealed record CaseDifference(int Statement, AnswerDifference Difference, string Side, Answer Theirs, Answer Ours);

/// <summary>
/// Runs statements of one session on PostgreSQL and twice on our side, in empty databases: once with all indexes and in the way that
/// the statement names, once as text without the indexes that no constraint needs. All three must agree.
/// </summary>
internal sealed class ComparedCase : IDisposable
{
    public const string Unsupported = "0A000";
    private const string Failure = "select 1 / 0";

    private readonly PsqlSession _postgres;
    private readonly bool _comparesMessages;
    private readonly Database _database = Database.CreateInMemory();
    private readonly Database _plain = Database.CreateInMemory();
    private readonly EngineSession _session;
    private readonly EngineSession _plainSession;
    private readonly HashSet<string> _leftOut = [];
    private int _count;

    public ComparedCase(PsqlSession postgres, bool comparesMessages)
    {
        _postgres = postgres;
        _comparesMessages = comparesMessages;
        foreach (string sql in (string[])["rollback", "drop schema public cascade", "create schema public", "discard all"])
        {
            postgres.Run(sql);
        }
        _session = new EngineSession(_database);
        _plainSession = new EngineSession(_plain);
    }

    /// <summary>What PostgreSQL gave last.</summary>
    public Answer Theirs { get; private set; } = new([], [], null, null);

    /// <summary>What our side cannot do, where it said so; the case cannot go on after it.</summary>
    public string? Refusal { get; private set; }

    public CaseDifference? Run(ComparedStatement statement)
    {
        int number = _count++;
        Theirs = _postgres.Run(statement.Sql);
        CaseDifference? Check(Answer ours, string side)
        {
            if (ours.SqlState == Unsupported && Theirs.SqlState != Unsupported)
            {
                Refusal = ours.Error!.Message;
                return null;
            }
            return AnswerComparison.Compare(statement, Theirs, ours, _comparesMessages) is { } difference ? new CaseDifference(number, difference, side, Theirs, ours) : null;
        }
        CaseDifference? found = null;
        bool isTwice = statement.IsQuery && statement.Mode != ExecutionMode.Text;
        if (isTwice)
        {
            found = Check(_session.Run(statement.Sql), "as text");
        }
        // An error may have ended the transaction: a second run would meet that.
        if (!isTwice || (found is null && Theirs.Error is null))
        {
            found = Check(_session.Run(statement, statement.Mode), $"{statement.Mode}");
        }
        if (found is not null || Refusal is not null || IsOfLeftOutIndex(statement.Sql))
        {
            return found;
        }
        // A definition may fail because of an index that is left out here.
        string plain = Theirs.Error is not null && statement.Sql.StartsWith("alter ", StringComparison.Ordinal) ? Failure : statement.Sql;
        Answer ours = _plainSession.Run(plain);
        return ReferenceEquals(plain, Failure) ? null : Check(ours, "without indexes");
    }

    /// <summary>Says that a definition is of an index that the side without indexes does not have. Unique ones are part of what a table means.</summary>
    private bool IsOfLeftOutIndex(string sql)
    {
        if (Theirs.Error is not null)
        {
            return false;
        }
        string[] words = sql.Split(' ');
        return sql.StartsWith("create index ", StringComparison.Ordinal) ? _leftOut.Add(words[2]) || true
            : sql.StartsWith("drop index ", StringComparison.Ordinal) && _leftOut.Contains(words[2]);
    }

    public void Dispose()
    {
        _session.Dispose();
        _plainSession.Dispose();
        _database.Dispose();
        _plain.Dispose();
    }

    /// <summary>The first difference that statements give when they are run from the beginning.</summary>
    public static CaseDifference? Find(PsqlSession postgres, IReadOnlyList<ComparedStatement> statements, bool comparesMessages)
    {
        using var run = new ComparedCase(postgres, comparesMessages);
        foreach (ComparedStatement statement in statements)
        {
            CaseDifference? difference = run.Run(statement);
            if (difference is not null || run.Refusal is not null)
            {
                return difference;
            }
        }
        return null;
    }

    /// <summary>Fewer and shorter statements that still end in a difference of the same kind, on the same side.</summary>
    public static (IReadOnlyList<ComparedStatement> Statements, CaseDifference Difference) Shrink(PsqlSession postgres, IReadOnlyList<ComparedStatement> statements, CaseDifference found, bool comparesMessages)
    {
        CaseDifference last = found;
        bool Fails(IReadOnlyList<ComparedStatement> fewer)
        {
            CaseDifference? difference = Find(postgres, fewer, comparesMessages);
            bool isSame = difference is not null && difference.Difference.Kind == found.Difference.Kind && difference.Side == found.Side;
            last = isSame ? difference! : last;
            return isSame;
        }
        statements = [.. statements.Take(found.Statement + 1)];
        statements = Minimizer.Minimize(statements, Fails, triesMax: 400, TimeSpan.FromSeconds(40));
        if (found.Difference.Kind != "order")
        {
            for (int i = statements.Count - 1; i >= 0; i--)
            {
                int at = i;
                List<ComparedStatement> With(IReadOnlyList<string> tokens) => [.. statements.Select((statement, j) => j == at ? statement with { Marked = string.Join(' ', tokens), OrderedBy = [] } : statement)];
                IReadOnlyList<string> tokens = statements[i].Tokens();
                IReadOnlyList<string> fewer = Minimizer.Minimize(tokens, some => Fails(With(some)), triesMax: 120, TimeSpan.FromSeconds(15));
                if (fewer.Count < tokens.Count)
                {
                    statements = With(fewer);
                }
            }
        }
        return (statements, last);
    }
}
