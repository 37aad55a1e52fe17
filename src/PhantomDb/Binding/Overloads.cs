using PhantomDb.Types;

namespace PhantomDb.Binding;

/// <summary>What came of looking for an overload.</summary>
internal enum OverloadOutcome : byte
{
    Found,
    NotFound,
    Ambiguous,
}

/// <summary>
/// Chooses among functions or operators of one name by the argument types: PostgreSQL's manual, "Type Conversion",
/// sections on operators and functions.
/// </summary>
internal static class Overloads
{
    /// <param name="signatures">Parameter types of each candidate.</param>
    /// <param name="isVariadic">Whether a candidate's last parameter may be repeated.</param>
    /// <param name="takesAny">Whether a candidate takes arguments of any type.</param>
    /// <param name="isOperator">An untyped operand of a binary operator is first assumed to be of the other's type.</param>
    public static OverloadOutcome Choose(
        IReadOnlyList<IReadOnlyList<SqlTypeId>> signatures, Func<int, bool> isVariadic, Func<int, bool> takesAny,
        IReadOnlyList<SqlType> arguments, bool isOperator, out int chosen)
    {
        SqlTypeId[] actual = [.. arguments.Select(a => a.Id)];
        var candidates = new List<(int Index, SqlTypeId[] Parameters)>();
        int any = -1;
        for (int i = 0; i < signatures.Count; i++)
        {
            if (takesAny(i))
            {
                int count = signatures[i].Count;
                any = count == actual.Length || (isVariadic(i) && actual.Length > count) || count == 0 ? i : any;
            }
            else if (Fit(signatures[i], isVariadic(i), actual.Length) is { } parameters)
            {
                candidates.Add((i, parameters));
            }
        }
        if (candidates.Count == 0)
        {
            chosen = any;
            return any >= 0 ? OverloadOutcome.Found : OverloadOutcome.NotFound;
        }
        if (isOperator && actual.Length == 2 && (actual[0] == SqlTypeId.Unknown) != (actual[1] == SqlTypeId.Unknown))
        {
            SqlTypeId known = actual[0] == SqlTypeId.Unknown ? actual[1] : actual[0];
            if (FindExact(candidates, [known, known], out chosen))
            {
                return OverloadOutcome.Found;
            }
        }
        else if (FindExact(candidates, actual, out chosen))
        {
            return OverloadOutcome.Found;
        }
        candidates.RemoveAll(candidate => !IsViable(candidate.Parameters, actual));
        if (candidates.Count == 0)
        {
            chosen = any;
            return any >= 0 ? OverloadOutcome.Found : OverloadOutcome.NotFound;
        }
        if (candidates.Count > 1)
        {
            KeepBest(candidates, parameters => CountExact(parameters, actual));
        }
        if (candidates.Count > 1)
        {
            KeepBest(candidates, parameters => CountPreferred(parameters, actual));
        }
        if (candidates.Count > 1 && actual.Contains(SqlTypeId.Unknown))
        {
            ResolveUnknowns(candidates, actual);
        }
        chosen = candidates[0].Index;
        return candidates.Count == 1 ? OverloadOutcome.Found : OverloadOutcome.Ambiguous;
    }

    private static SqlTypeId[]? Fit(IReadOnlyList<SqlTypeId> parameters, bool isVariadic, int count)
    {
        if (parameters.Count == count)
        {
            return [.. parameters];
        }
        if (!isVariadic || count < parameters.Count)
        {
            return null;
        }
        SqlTypeId[] extended = new SqlTypeId[count];
        for (int i = 0; i < count; i++)
        {
            extended[i] = parameters[Math.Min(i, parameters.Count - 1)];
        }
        return extended;
    }

    private static bool FindExact(List<(int Index, SqlTypeId[] Parameters)> candidates, SqlTypeId[] actual, out int chosen)
    {
        foreach ((int index, SqlTypeId[] parameters) in candidates)
        {
            if (parameters.AsSpan().SequenceEqual(actual))
            {
                chosen = index;
                return true;
            }
        }
        chosen = -1;
        return false;
    }

    private static bool IsViable(SqlTypeId[] parameters, SqlTypeId[] actual)
    {
        for (int i = 0; i < actual.Length; i++)
        {
            if (!TypeCategories.IsImplicit(actual[i], parameters[i]))
            {
                return false;
            }
        }
        return true;
    }

    private static int CountExact(SqlTypeId[] parameters, SqlTypeId[] actual)
    {
        int count = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            count += actual[i] != SqlTypeId.Unknown && actual[i] == parameters[i] ? 1 : 0;
        }
        return count;
    }

    private static int CountPreferred(SqlTypeId[] parameters, SqlTypeId[] actual)
    {
        int count = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            bool isPreferred = TypeCategories.IsPreferred(parameters[i])
                && (actual[i] == SqlTypeId.Unknown || TypeCategories.Of(parameters[i]) == TypeCategories.Of(actual[i]));
            count += actual[i] == SqlTypeId.Unknown ? 0 : actual[i] == parameters[i] || isPreferred ? 1 : 0;
        }
        return count;
    }

    private static void KeepBest(List<(int Index, SqlTypeId[] Parameters)> candidates, Func<SqlTypeId[], int> score)
    {
        int best = candidates.Max(candidate => score(candidate.Parameters));
        candidates.RemoveAll(candidate => score(candidate.Parameters) < best);
    }

    /// <summary>
    /// Untyped literals: at each of their places take the string category if some candidate does, else the one category
    /// that all have, and there its preferred type if some candidate has it. Then, if all typed arguments are of one
    /// type, assume the same of the untyped ones.
    /// </summary>
    private static void ResolveUnknowns(List<(int Index, SqlTypeId[] Parameters)> candidates, SqlTypeId[] actual)
    {
        char[] categories = new char[actual.Length];
        bool[] needsPreferred = new bool[actual.Length];
        bool isResolved = true;
        for (int i = 0; i < actual.Length && isResolved; i++)
        {
            if (actual[i] != SqlTypeId.Unknown)
            {
                continue;
            }
            char[] distinct = [.. candidates.Select(c => TypeCategories.Of(c.Parameters[i])).Distinct()];
            isResolved = distinct.Length == 1 || distinct.Contains('S');
            categories[i] = distinct.Length == 1 ? distinct[0] : 'S';
            int place = i;
            needsPreferred[i] = candidates.Any(c => TypeCategories.Of(c.Parameters[place]) == categories[place] && TypeCategories.IsPreferred(c.Parameters[place]));
        }
        if (isResolved)
        {
            List<(int Index, SqlTypeId[] Parameters)> kept = candidates.FindAll(candidate =>
            {
                for (int i = 0; i < actual.Length; i++)
                {
                    if (actual[i] == SqlTypeId.Unknown
                        && (TypeCategories.Of(candidate.Parameters[i]) != categories[i]
                            || (needsPreferred[i] && !TypeCategories.IsPreferred(candidate.Parameters[i]))))
                    {
                        return false;
                    }
                }
                return true;
            });
            if (kept.Count > 0)
            {
                candidates.Clear();
                candidates.AddRange(kept);
            }
        }
        if (candidates.Count == 1)
        {
            return;
        }
        SqlTypeId[] known = [.. actual.Where(a => a != SqlTypeId.Unknown).Distinct()];
        if (known.Length == 1)
        {
            SqlTypeId[] assumed = [.. actual.Select(_ => known[0])];
            List<(int Index, SqlTypeId[] Parameters)> viable = candidates.FindAll(c => IsViable(c.Parameters, assumed));
            if (viable.Count == 1)
            {
                candidates.Clear();
                candidates.AddRange(viable);
            }
        }
    }
}
