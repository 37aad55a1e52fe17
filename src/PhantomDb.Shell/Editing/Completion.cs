namespace PhantomDb.Shell.Editing;

/// <summary>One way to go on.</summary>
/// <param name="Text">What is put in place of what has been typed of it.</param>
/// <param name="Kind">What it is: table, column, keyword.</param>
internal readonly record struct Candidate(string Text, string Kind);

/// <summary>The ways to go on at a place: what they replace begins at <paramref name="Start"/> and ends at the cursor.</summary>
internal sealed record Completion(int Start, IReadOnlyList<Candidate> Candidates)
{
    public static readonly Completion None = new(0, []);

    /// <summary>What all candidates have in common at their beginning, whatever its case.</summary>
    public string CommonStart
    {
        get
        {
            string first = Candidates[0].Text;
            int length = first.Length;
            foreach (Candidate candidate in Candidates)
            {
                int common = 0;
                while (common < Math.Min(length, candidate.Text.Length) && char.ToLowerInvariant(first[common]) == char.ToLowerInvariant(candidate.Text[common]))
                {
                    common++;
                }
                length = common;
            }
            return first[..length];
        }
    }
}
