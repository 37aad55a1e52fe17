using System.Collections.Immutable;

namespace PhantomDb.Fuzz.Copies;

/// <summary>
/// A state that the database had in one of its copies, by a commit or by a restore. A commit is made of the state before it; a restore is made of an older one, and comes after the
/// one that its folder had:
/// <code>
/// 1 ── 2 ── 3 ┄┄ R ── 4     R is a restore to 1: made of 1, after 3
/// └┄┄┄┄┄┄┄┄┄┄┄┄┄┄┘
/// </code>
/// Two revisions of which neither is after the other have parted: they were made in two copies.
/// </summary>
/// <param name="MadeOf">What the log leads from to this; null for the empty database.</param>
/// <param name="Before">What its folder had until then.</param>
/// <param name="Lsn">Of its last record.</param>
/// <param name="Timeline">Of its log.</param>
/// <param name="Rows">Of the table, by their keys; null where there is no table.</param>
internal sealed record Revision(int Number, Revision? MadeOf, Revision? Before, long Lsn, int Timeline, ImmutableSortedDictionary<int, string>? Rows)
{
    /// <summary>The database before anything was done.</summary>
    public static readonly Revision Empty = new(0, null, null, 0, 1, null);

    /// <summary>All that it has, as <see cref="ContentOf"/> writes it.</summary>
    public string Content { get; } = ContentOf(Rows?.Select(row => (row.Key, row.Value)));

    /// <summary>True where a restore made it of what a snapshot alone had: no segment of the log is of it.</summary>
    public bool IsOfFileAlone => MadeOf is { } older && older.Timeline < Timeline && older.Lsn == Lsn;

    /// <summary>True where the other one is this one, or nothing that it had is lost by going on to this one.</summary>
    public bool IsFrom(Revision other)
    {
        for (Revision? revision = this; revision is not null && revision.Number >= other.Number; revision = revision.Before)
        {
            if (ReferenceEquals(revision, other))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>True where neither comes after the other.</summary>
    public bool HasParted(Revision other) => !IsFrom(other) && !other.IsFrom(this);

    /// <summary>True where a log can lead from the other one to this one.</summary>
    public bool IsMadeOf(Revision other) => Path().Contains(other, ReferenceEqualityComparer.Instance);

    /// <summary>What a file of the same log has with an LSN.</summary>
    public Revision At(long lsn) => Path().First(revision => revision.Lsn <= lsn);

    /// <summary>What a timeline had in the end, as far as this folder knows; null where it knows of none.</summary>
    public Revision? LastOf(int timeline)
    {
        Revision? revision = this;
        while (revision is not null && revision.Timeline != timeline)
        {
            revision = revision.Before;
        }
        return revision;
    }

    public bool Equals(Revision? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => Number;

    public override string ToString() => $"revision {Number} (LSN {Lsn} of timeline {Timeline})";

    /// <summary>Rows as one text; null: there is no table.</summary>
    public static string ContentOf(IEnumerable<(int Id, string Value)>? rows) => rows is null ? "no table" : string.Join(',', rows.Select(row => $"{row.Id}:{row.Value}"));

    // Itself first.
    private IEnumerable<Revision> Path()
    {
        for (Revision? revision = this; revision is not null; revision = revision.MadeOf)
        {
            yield return revision;
        }
    }
}
