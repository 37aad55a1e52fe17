using PhantomDb.Shell.Output;

namespace PhantomDb.Shell.Commands;

/// <summary>The commands that save, list, run and delete favorites, by the names that pgcli and mycli have for them too.</summary>
internal sealed class FavoriteCommands
{
    private readonly ShellSession _shell;
    private readonly Favorites _favorites;

    public FavoriteCommands(ShellSession shell, Favorites favorites)
    {
        _shell = shell;
        _favorites = favorites;
        Commands =
        [
            new([".favorite", "\\f", "\\n"], "[NAME] [VALUE ...]", "run a favorite with values for $1, $2, ...; list them; .favorite NAME = SQL saves one", int.MaxValue, Run),
            new(["\\fs", "\\ns"], "NAME [SQL]", "save a favorite: SQL, or the last statement", int.MaxValue, line => Save(line.Words[0], line.BehindFirst)),
            new(["\\fd", "\\nd"], "NAME", "delete a favorite", 1, Delete),
        ];
    }

    public IReadOnlyList<ShellCommand> Commands { get; }

    private void Run(CommandLine line)
    {
        if (line.Words.Count == 0)
        {
            _shell.Output.Paged(() => _shell.Output.Write(new TextRows(["name", "sql"], [.. _favorites.All.Select(entry => new[] { entry.Key, entry.Value })])));
        }
        else if (line.Words.Count > 1 && line.Words[1] == "=")
        {
            Save(line.Words[0], line.BehindFirst[1..]);
        }
        else
        {
            _shell.RunKept(_favorites.Fill(line.Words[0], [.. line.Words.Skip(1)]));
        }
    }

    private void Save(string name, string sql)
    {
        string statement = !string.IsNullOrWhiteSpace(sql) ? sql
            : _shell.LastStatement.Length > 0 ? _shell.LastStatement : throw new PhantomDbException("55000", "there is no statement to save: none has run");
        _favorites.Save(name, statement);
        _shell.Output.Inform($"Saved: {name}");
    }

    private void Delete(CommandLine line)
    {
        _favorites.Delete(line.Words[0]);
        _shell.Output.Inform($"Deleted: {line.Words[0]}");
    }
}
