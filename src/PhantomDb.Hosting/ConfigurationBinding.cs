using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using PhantomDb.Data;

namespace PhantomDb.Hosting;

/// <summary>
/// What a host's configuration says about a database: a connection string under <c>ConnectionStrings:NAME</c>, and the section <c>PhantomDb:NAME</c>, which counts more. Its keys are the keywords
/// of a connection string, and the options that only a host has. A key that is none, or a value that is none of its type, is an error that names the key.
/// </summary>
internal sealed class ConfigurationBinding(string name, IConfiguration? configuration) : IConfigureNamedOptions<PhantomDbHostOptions>
{
    private const string SectionName = "PhantomDb";

    public void Configure(PhantomDbHostOptions options) => Configure(Options.DefaultName, options);

    public void Configure(string? optionsName, PhantomDbHostOptions options)
    {
        if (optionsName != name || configuration is null)
        {
            return;
        }
        List<string> failures = [];
        var settings = new PhantomDbConnectionStringBuilder();
        if (configuration.GetConnectionString(name) is { } text)
        {
            Try($"ConnectionStrings:{name}", () => settings.ConnectionString = text, failures);
        }
        IConfigurationSection all = configuration.GetSection(SectionName), section = all.GetSection(name);
        foreach (IConfigurationSection scalar in new[] { all, section }.Where(part => part.Value is { Length: > 0 }))
        {
            failures.Add($"{scalar.Path} of the configuration: It has a value, and should have keys below it, as {section.Path}:{nameof(DatabaseOptions.SyncPolicy)}. A connection string is written as ConnectionStrings:{name}.");
        }
        foreach (IConfigurationSection entry in section.GetChildren())
        {
            Try(entry.Path, () => Set(options, settings, entry), failures);
        }
        if (failures.Count > 0)
        {
            throw new OptionsValidationException(name, typeof(PhantomDbHostOptions), failures);
        }
        if (settings.Count > 0)
        {
            options.Database = settings.ToDatabaseOptions();
            options.IsEmptyInMemory = settings.Mode == PhantomDbOpenMode.Memory || settings.DataSource == PhantomDbConnectionStringBuilder.MemoryDataSource;
            options.Name = settings.DataSource.Length > 0 ? settings.DataSource : options.Name;
            options.MustExist |= settings.Mode == PhantomDbOpenMode.ReadWrite;
            options.Connections = settings;
        }
    }

    private static void Set(PhantomDbHostOptions options, PhantomDbConnectionStringBuilder settings, IConfigurationSection entry)
    {
        if (entry.Value is null && entry.GetChildren().Any())
        {
            throw new ArgumentException("It has keys below it, and should have a value.");
        }
        if (entry.Key.Equals(nameof(PhantomDbHostOptions.MustExist), StringComparison.OrdinalIgnoreCase))
        {
            options.MustExist = bool.TryParse(entry.Value, out bool mustExist) ? mustExist
                : throw new ArgumentException(entry.Value is null ? "It is null, and has to be true or false." : $"\"{entry.Value}\" is neither true nor false.");
        }
        else if (entry.Key.Equals(nameof(PhantomDbHostOptions.SnapshotAgeMax), StringComparison.OrdinalIgnoreCase))
        {
            options.SnapshotAgeMax = entry.Value is { } value ? AgeOf(value) : null;
        }
        else
        {
            SetKeyword(settings, entry.Key.Equals(nameof(PhantomDbHostOptions.Name), StringComparison.OrdinalIgnoreCase) ? nameof(settings.DataSource) : entry.Key, entry.Value);
        }
    }

    // Null is what an empty text is: none, where there may be none.
    private static void SetKeyword(PhantomDbConnectionStringBuilder settings, string keyword, string? value)
    {
        _ = settings[keyword];   // whether there is such a one
        try
        {
            settings[keyword] = value ?? "";
        }
        catch (ArgumentException error) when (value is null)
        {
            throw new ArgumentException($"It is null, and may not be. {error.Message}", error);
        }
    }

    // As the keywords read times, of which this is none; what is no more than nothing, the options' validation refuses.
    private static TimeSpan? AgeOf(string text)
    {
        if (text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan age))
        {
            return age;
        }
        try
        {
            return new PhantomDbConnectionStringBuilder { [nameof(PhantomDbConnectionStringBuilder.SnapshotRetentionAge)] = text }.SnapshotRetentionAge;
        }
        catch (ArgumentException)
        {
            throw new ArgumentException($"\"{text}\" is no time: write it with a unit, as 5min, 2h, 7d, or as 1.00:00:00; none is the default.");
        }
    }

    private static void Try(string path, Action set, List<string> failures)
    {
        try
        {
            set();
        }
        catch (ArgumentException error)
        {
            failures.Add($"{path} of the configuration: {error.Message}");
        }
    }
}
