using System.Text.Json;

namespace PhantomDb.Mutants;

/// <summary>One change of the source, as Stryker's report has it. All of them are in one assembly, and a number says which one is in force.</summary>
/// <param name="Line">Of its start, from 1.</param>
/// <param name="Change">The code as it was and as it is.</param>
internal sealed record Mutant(int Id, string FileName, int Line, string Change)
{
    /// <summary>All that could be compiled and that the configuration does not leave out, file by file.</summary>
    public static List<Mutant> ReadReport(string path)
    {
        using JsonDocument report = JsonDocument.Parse(File.ReadAllBytes(path));
        return
        [
            .. from file in report.RootElement.GetProperty("files").EnumerateObject()
               let lines = file.Value.GetProperty("source").GetString()!.Split('\n')
               from mutant in file.Value.GetProperty("mutants").EnumerateArray()
               where mutant.GetProperty("status").GetString() is not ("CompileError" or "Ignored")
               let place = mutant.GetProperty("location")
               let start = (Line: Number(place, "start", "line"), Column: Number(place, "start", "column"))
               let end = (Line: Number(place, "end", "line"), Column: Number(place, "end", "column"))
               orderby file.Name, start.Line, start.Column
               select new Mutant(
                   int.Parse(mutant.GetProperty("id").GetString()!), Path.GetFileName(file.Name), start.Line,
                   $"{Excerpt(lines[start.Line - 1], start.Column, end.Line == start.Line ? end.Column : int.MaxValue)}  →  {FirstLine(mutant.GetProperty("replacement").GetString()!)}"),
        ];
    }

    private static int Number(JsonElement place, string end, string part) => place.GetProperty(end).GetProperty(part).GetInt32();

    private static string Excerpt(string line, int start, int end) => end > line.Length ? line[(start - 1)..].TrimEnd() + " …" : line[(start - 1)..(end - 1)];

    private static string FirstLine(string text) => text.Split('\n') is [string first, _, ..] ? first.TrimEnd() + " …" : text;
}
