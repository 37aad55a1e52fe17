namespace PhantomDb.Errors;

/// <summary>
/// What a name that is not known was probably meant to be: one that differs by a slip or two of the fingers. Only for errors that are made anyway. The provider and the shell have the
/// same file among theirs.
/// </summary>
internal static class Spelling
{
    private const int LengthLeast = 3;   // every shorter name is near to every other

    /// <summary>
    /// The one of the known names that is nearest, whatever the case of letters: at most a third of its letters away. Null where none is so near, or several are equally near.
    /// </summary>
    public static string? Nearest(string name, IEnumerable<string> known) => Nearest(name, known, Math.Max(1, name.Length / 3));

    /// <summary>As <see cref="Nearest(string, IEnumerable{string})"/>, with another limit of the distance.</summary>
    public static string? Nearest(string name, IEnumerable<string> known, int distanceMax)
    {
        string? best = null;
        bool isAlone = true;
        int bestDistance = distanceMax;
        foreach (string candidate in known)
        {
            if (Math.Abs(candidate.Length - name.Length) > bestDistance)
            {
                continue;
            }
            int distance = Distance(name, candidate);
            if (distance < bestDistance || (distance == bestDistance && best is null))
            {
                (best, bestDistance, isAlone) = (candidate, distance, true);
            }
            else if (distance == bestDistance && candidate != best)
            {
                isAlone = false;
            }
        }
        return isAlone && (name.Length >= LengthLeast || bestDistance == 0) ? best : null;
    }

    /// <summary>
    /// How many letters have to be changed, added, taken away or swapped with their neighbour to make one name the other, whatever their case: the restricted edit distance of Damerau
    /// and Levenshtein.
    /// </summary>
    public static int Distance(string left, string right)
    {
        int[] beforeLast = new int[right.Length + 1], last = new int[right.Length + 1], row = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 1; i <= left.Length; i++)
        {
            (beforeLast, last, row) = (last, row, beforeLast);
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int change = last[j - 1] + (IsSame(left[i - 1], right[j - 1]) ? 0 : 1);
                row[j] = Math.Min(change, Math.Min(last[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && IsSame(left[i - 1], right[j - 2]) && IsSame(left[i - 2], right[j - 1]))
                {
                    row[j] = Math.Min(row[j], beforeLast[j - 2] + 1);
                }
            }
        }
        return row[right.Length];
    }

    private static bool IsSame(char left, char right) => char.ToLowerInvariant(left) == char.ToLowerInvariant(right);
}
