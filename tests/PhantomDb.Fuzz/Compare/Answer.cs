namespace PhantomDb.Fuzz.Compare;

/// <summary>What a statement gave: rows as texts (null: NULL), a command tag where the client is told one, or an error.</summary>
internal sealed record Answer(IReadOnlyList<string> Columns, IReadOnlyList<string?[]> Rows, string? Tag, AnswerError? Error)
{
    public string? SqlState => Error?.SqlState;

    public override string ToString()
    {
        if (Error is not null)
        {
            return Error.ToString();
        }
        const int RowsShownMax = 8;
        IEnumerable<string> rows = Rows.Take(RowsShownMax).Select(row => string.Join("|", row.Select(value => value ?? "NULL")));
        string more = Rows.Count > RowsShownMax ? $" ; … {Rows.Count} rows" : "";
        return $"{Tag ?? "rows"} [{string.Join("|", Columns)}] {string.Join(" ; ", rows)}{more}";
    }
}

/// <summary>An error with the fields that both sides have. <paramref name="Near"/> is the text from the error's place on, cut short.</summary>
internal sealed record AnswerError(string SqlState, string Message, string? Detail, string? Hint, string? Near)
{
    /// <summary>How much of the statement's text tells a place: psql shows no more of a long line.</summary>
    public const int NearLength = 6;

    public override string ToString() =>
        $"ERROR {SqlState}: {Message}{(Detail is null ? "" : $" DETAIL: {Detail}")}{(Hint is null ? "" : $" HINT: {Hint}")}{(Near is null ? "" : $" AT: {Near}")}";
}
