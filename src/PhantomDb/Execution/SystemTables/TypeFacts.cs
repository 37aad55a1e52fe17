namespace PhantomDb.Execution.SystemTables;

/// <summary>A type as information_schema takes it apart.</summary>
internal sealed record TypeFacts(string Name)
{
    public int? CharacterLength { get; private init; }

    public int? ByteLength { get; private init; }

    public int? Precision { get; private init; }

    public int? Radix { get; private init; }

    public int? Scale { get; private init; }

    public int? TimePrecision { get; private init; }

    public static TypeFacts Of(BuiltInType type, int modifier)
    {
        const int BytesPerCharacter = 4;
        const int TextBytesMax = 1 << 30;
        if (type.Category == 'A' && type.Name[0] == '_')
        {
            return new TypeFacts("ARRAY");
        }
        var facts = new TypeFacts(type.SqlName);
        return type.Name switch
        {
            "int2" => facts with { Precision = 16, Radix = 2, Scale = 0 },
            "int4" => facts with { Precision = 32, Radix = 2, Scale = 0 },
            "int8" => facts with { Precision = 64, Radix = 2, Scale = 0 },
            "float4" => facts with { Precision = 24, Radix = 2 },
            "float8" => facts with { Precision = 53, Radix = 2 },
            "numeric" when modifier >= 0 => facts with { Precision = (modifier - 4) >> 16, Radix = 10, Scale = (modifier - 4) & 0xFFFF },
            "numeric" => facts with { Radix = 10 },
            "bpchar" or "varchar" when modifier >= 0 => facts with { CharacterLength = modifier - 4, ByteLength = (modifier - 4) * BytesPerCharacter },
            "text" or "bpchar" or "varchar" => facts with { ByteLength = TextBytesMax },
            "date" => facts with { TimePrecision = 0 },
            "time" or "timestamp" or "timestamptz" => facts with { TimePrecision = modifier >= 0 ? modifier : 6 },
            "interval" => facts with { TimePrecision = modifier >= 0 && (modifier & 0xFFFF) <= 6 ? modifier & 0xFFFF : 6 },
            _ => facts,
        };
    }
}
