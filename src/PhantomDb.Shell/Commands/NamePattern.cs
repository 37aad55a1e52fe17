using System.IO.Enumeration;
using System.Text;

namespace PhantomDb.Shell.Commands;

/// <summary>
/// A relation's name as the user writes it for <c>\d</c>: [schema.]name, folded unless quoted, with * and ? for any
/// characters and any one. Without a schema it means what statements find by the name alone, along the search path.
/// </summary>
internal sealed class NamePattern
{
    private readonly string? _schema;   // null: whatever is visible
    private readonly string _name;

    public NamePattern(string text)
    {
        Text = text;
        List<StringBuilder> parts = [new()];
        bool isQuoted = false;
        foreach (char c in text)
        {
            switch (c)
            {
                case '"':
                    isQuoted = !isQuoted;
                    break;
                case '.' when !isQuoted:
                    parts.Add(new StringBuilder());
                    break;
                case '*' or '?' when !isQuoted:
                    parts[^1].Append(c);
                    break;
                case '*' or '?' or '\\' or '<' or '>':
                    parts[^1].Append('\\').Append(c);
                    break;
                default:
                    parts[^1].Append(isQuoted ? c : char.ToLowerInvariant(c));
                    break;
            }
        }
        if (parts.Count > 2)
        {
            throw new PhantomDbException("42601", $"improper qualified name (too many dotted names): {text}");
        }
        _schema = parts.Count == 2 ? parts[0].ToString() : null;
        _name = parts[^1].ToString();
    }

    public string Text { get; }

    /// <summary>The condition on pg_class c and pg_namespace n that a relation is where the pattern looks.</summary>
    public string IsInReach => _schema is null ? "pg_catalog.pg_table_is_visible(c.oid)" : $"n.nspname LIKE {Like(_schema)}";

    /// <summary>The name as a pattern of LIKE, between quotes.</summary>
    public string LikeName => Like(_name);

    private static string Like(string pattern)
    {
        StringBuilder like = new("E'");
        for (int i = 0; i < pattern.Length; i++)
        {
            bool isLiteral = pattern[i] == '\\' && i + 1 < pattern.Length;
            char c = isLiteral ? pattern[++i] : pattern[i];
            like.Append((c, isLiteral) switch
            {
                ('*', false) => "%",
                ('?', false) => "_",
                ('%' or '_', _) => $"\\\\{c}",
                ('\\', _) => "\\\\\\\\",
                ('\'', _) => "''",
                _ => c.ToString(),
            });
        }
        return like.Append('\'').ToString();
    }

    public bool Matches(RelationDescription relation) => (_schema is null ? relation.IsVisible : Matches(_schema, relation.Schema)) && Matches(_name, relation.Name);

    private static bool Matches(string pattern, string name) => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);
}
