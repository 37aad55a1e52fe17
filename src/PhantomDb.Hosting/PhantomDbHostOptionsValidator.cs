using Microsoft.Extensions.Options;
using PhantomDb.Data;

namespace PhantomDb.Hosting;

/// <summary>Looks at a database's options before the host starts, by the engine's own rules. Written by hand: attributes cannot say how options go together.</summary>
internal sealed class PhantomDbHostOptionsValidator(string name) : IValidateOptions<PhantomDbHostOptions>
{
    public ValidateOptionsResult Validate(string? optionsName, PhantomDbHostOptions options)
    {
        if (optionsName != name)
        {
            return ValidateOptionsResult.Skip;
        }
        List<string> failures = [];
        if (options.Name is { } given && string.IsNullOrWhiteSpace(given))
        {
            failures.Add($"Name of the host's database \"{name}\" is empty: leave it out, or name a database.");
        }
        if (options.SnapshotAgeMax <= TimeSpan.Zero)
        {
            failures.Add($"SnapshotAgeMax of the host's database \"{name}\" is {options.SnapshotAgeMax:c}: it has to be more than nothing.");
        }
        if (options.Database is null)
        {
            failures.Add($"Database of the host's database \"{name}\" is null.");
        }
        else
        {
            try
            {
                options.Database.Validate();
            }
            catch (ArgumentException error)
            {
                failures.Add($"Options of the host's database \"{name}\": {error.Message}");
            }
        }
        if (ProblemOf(options.Connections) is { } problem)
        {
            failures.Add($"Connections of the host's database \"{name}\": {problem}");
        }
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    // Only a session can tell whether there is such a time zone, or what else would fail each connection: one of an empty database is asked.
    private static string? ProblemOf(PhantomDbConnectionStringBuilder connections)
    {
        if (connections is { SearchPath: "", ApplicationName: "", TimeZone: "" })
        {
            return null;
        }
        using Database empty = Database.CreateInMemory();
        try
        {
            new PhantomDbDataSource(empty, connections).OpenConnection().Dispose();
            return null;
        }
        catch (PhantomDbException error)
        {
            return error.Message;
        }
    }
}
