namespace PhantomDb.Fuzz.Compare;

/// <summary>How two answers differ. A shrunk case must go on differing in the same <paramref name="Kind"/> of way.</summary>
internal sealed record AnswerDifference(string Kind, string Text);

/// <summary>
/// Compares our answer with PostgreSQL's: names of columns, rows (in their order as far as ORDER BY gives one), command tag,
/// SQLSTATE, and if wanted the error's other fields.
/// </summary>
internal static class AnswerComparison
{
    public static AnswerDifference? Compare(ComparedStatement statement, Answer theirs, Answer ours, bool comparesMessages)
    {
        if (theirs.SqlState != ours.SqlState)
        {
            return statement.IsChangeOfManyRows && IsOfConstraint(theirs) && IsOfConstraint(ours)
                ? null // several rows, several constraints: docs/sql.md
                : new AnswerDifference($"error {theirs.SqlState ?? "none"} {ours.SqlState ?? "none"}", "PostgreSQL ends otherwise");
        }
        if (theirs.Error is { } error)
        {
            return comparesMessages && !IsOfConstraint(theirs) && Field(error, ours.Error!) is { } field ? new AnswerDifference($"error field {field}", $"the error's {field} differs") : null;
        }
        if (!theirs.Columns.SequenceEqual(ours.Columns))
        {
            return new AnswerDifference("columns", "the names of columns differ");
        }
        if (theirs.Tag is not null && ours.Tag is not null && theirs.Tag != ours.Tag)
        {
            return new AnswerDifference("tag", "the command tags differ");
        }
        if (!Sorted(theirs.Rows).SequenceEqual(Sorted(ours.Rows)))
        {
            return new AnswerDifference("rows", "the rows differ");
        }
        return IsSameOrder(statement.OrderedBy, theirs.Rows, ours.Rows) ? null : new AnswerDifference("order", "the order of rows differs");
    }

    private static bool IsOfConstraint(Answer answer) => answer.SqlState is { } state && state.StartsWith("23", StringComparison.Ordinal);

    private static string? Field(AnswerError theirs, AnswerError ours) =>
        theirs.Message != ours.Message ? "message"
        : theirs.Detail != ours.Detail ? "detail"
        : theirs.Hint != ours.Hint && ours.Hint?.StartsWith("Perhaps you meant the ", StringComparison.Ordinal) != true ? "hint"
        : theirs.Near != ours.Near && !(theirs.Near is not null && ours.Near is not null && (theirs.Near.StartsWith(ours.Near, StringComparison.Ordinal) || ours.Near.StartsWith(theirs.Near, StringComparison.Ordinal))) ? "position"
        : null;

    private static List<string> Sorted(IEnumerable<string?[]> rows)
    {
        List<string> texts = [.. rows.Select(row => string.Join('\u001f', row.Select(value => value ?? "\u0001")))];
        texts.Sort(StringComparer.Ordinal);
        return texts;
    }

    private static bool IsSameOrder(IReadOnlyList<int> columns, IReadOnlyList<string?[]> theirs, IReadOnlyList<string?[]> ours)
    {
        for (int i = 0; i < theirs.Count; i++)
        {
            foreach (int column in columns)
            {
                if (theirs[i][column] != ours[i][column])
                {
                    return false;
                }
            }
        }
        return true;
    }
}
