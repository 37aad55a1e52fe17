using System.Text;

namespace PhantomDb.Catalog;

/// <summary>Relations by name along a list of schemas, and names as text: 'public.t', '"T"'.</summary>
internal static class RelationLookup
{
    /// <summary>The relation of a name in the first schema that has it; null where none has.</summary>
    public static object? Find(DatabaseCatalog catalog, IReadOnlyList<string> path, string name)
    {
        foreach (string schema in path)
        {
            if (catalog.FindRelation(schema, name) is { } found)
            {
                return found;
            }
        }
        return null;
    }

    /// <summary>The relation of a name written as in SQL; null where there is none.</summary>
    public static object? FindText(DatabaseCatalog catalog, IReadOnlyList<string> path, string text)
    {
        List<string> parts = Split(text);
        return parts.Count > 1 ? catalog.FindRelation(parts[^2], parts[^1]) : Find(catalog, path, parts[^1]);
    }

    public static int OidOf(object definition) => definition switch
    {
        TableDefinition table => table.Oid,
        ViewDefinition view => view.Oid,
        SequenceDefinition sequence => sequence.Oid,
        IndexDefinition index => index.Oid,
        _ => throw new System.Diagnostics.UnreachableException(definition.GetType().Name),
    };

    /// <summary>The schema and the name of the relation with an oid; null where there is none.</summary>
    public static (string Schema, string Name)? NameOf(DatabaseCatalog catalog, int oid) => catalog.Find(oid) switch
    {
        TableDefinition table => (table.Schema, table.Name),
        ViewDefinition view => (view.Schema, view.Name),
        SequenceDefinition sequence => (sequence.Schema, sequence.Name),
        IndexDefinition index => (catalog.GetTable(index.TableOid).Schema, index.Name),
        _ => null,
    };

    /// <summary>The parts of a name between dots, folded to lower case unless quoted.</summary>
    public static List<string> Split(string text)
    {
        List<string> parts = [];
        StringBuilder part = new();
        bool isQuoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '"' && isQuoted && i + 1 < text.Length && text[i + 1] == '"')
            {
                part.Append('"');
                i++;
            }
            else if (c == '"')
            {
                isQuoted = !isQuoted;
            }
            else if (c == '.' && !isQuoted)
            {
                parts.Add(part.ToString().Trim());
                part.Clear();
            }
            else
            {
                part.Append(isQuoted ? c : char.ToLowerInvariant(c));
            }
        }
        parts.Add(part.ToString().Trim());
        return parts;
    }
}
