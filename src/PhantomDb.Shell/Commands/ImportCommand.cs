using System.Text;
using PhantomDb.Shell.Input;

namespace PhantomDb.Shell.Commands;

/// <summary><c>.import</c>: a CSV file becomes rows of a table, which is made where it is missing: all of it or nothing.</summary>
internal sealed class ImportCommand(ShellSession shell)
{
    private const string Options = "[--no-header] [--delimiter=C] [--encoding=NAME]";

    public ShellCommand Command => new([".import"], $"FILE TABLE {Options}", "load a CSV file into TABLE, which is made if missing", 7, Run);

    private void Run(CommandLine line)
    {
        CsvFile file = ReadOptions(line);
        using IDisposable wait = shell.Output.Waiting();
        string[] name = [.. line.Words[1].Split('.').Select(Fold)];
        string table = string.Join('.', name.Select(SqlName.Quote));
        RelationDescription? existing = shell.Database.Find(name.Length == 2 ? name[0] : null, name[^1]);
        CsvImport import = new(file, table, shell.ThrowIfInterrupted);
        string? createTable = existing is null ? import.CreateTable() : null;
        string copy = import.Copy(existing?.Columns.Select(column => column.Name).ToList());
        using CsvFileStream rows = import.OpenRows();
        try
        {
            shell.Load(createTable, copy, rows);
        }
        catch (PhantomDbException error) when (error.Where is not null)
        {
            throw new PhantomDbException(error.SqlState, error.Message, error) { Detail = error.Detail, Hint = error.Hint, Where = rows.PlaceInFile(error.Where) };
        }
    }

    private static CsvFile ReadOptions(CommandLine line)
    {
        CsvFile file = new(line.Words[0], null, null, HasHeader: true);
        for (int i = 2; i < line.Words.Count; i++)
        {
            string[] option = line.Words[i].Split('=', 2);
            file = option[0] switch
            {
                "--no-header" when option.Length == 1 => file with { HasHeader = false },
                "--delimiter" when Value().Replace("\\t", "\t", StringComparison.Ordinal) is [var character] => file with { Delimiter = character },
                "--encoding" => file with { Encoding = FindEncoding(Value()) },
                _ => throw new PhantomDbException("42601", $".import does not know {line.Words[i]}") { Hint = $"Usage: .import FILE TABLE {Options}" },
            };

            string Value() => option.Length == 2 ? option[1] : ++i < line.Words.Count ? line.Words[i] : "";
        }
        return file;
    }

    private static Encoding FindEncoding(string name)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);   // windows-1252 and others that are not built in
        try
        {
            return Encoding.GetEncoding(name);
        }
        catch (ArgumentException error)
        {
            throw new PhantomDbException("22023", $"there is no encoding \"{name}\"", error) { Hint = "Such as utf-8, utf-16, utf-16BE, latin1, windows-1252." };
        }
    }

    /// <summary>A bare word is folded as SQL folds it; other names stand as they are.</summary>
    private static string Fold(string name) =>
        name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? name.ToLowerInvariant() : name;
}
