using System.IO.Enumeration;
using System.Text;

namespace PhantomDb.Shell.Commands;

/// <summary>
/// A relation's name as the user writes it for <c>\d</c>: [schema.]name, folded unless quoted, with * and ? for any
/// characters and any one. Without a schema it means the schema public; what that has not, <c>\d</c> looks for in pg_catalog.
/// </summary>
internal sealed class NamePattern
{
    private readonly string _schema;
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
        HasSchema = parts.Count == 2;
        _schema = HasSchema ? parts[0].ToString() : "public";
        _name = parts[^1].ToString();
    }

    public string Text { get; }

    public bool HasSchema { get; }

    /// <summary>The schema as a pattern of LIKE, between quotes.</summary>
    public string LikeSchema => Like(_schema);

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

    public bool Matches(RelationDescription relation) => Matches(_schema, relation.Schema) && Matches(_name, relation.Name);

    private static bool Matches(string pattern, string name) => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);
}
