namespace PhantomDb.Benchmarks.Tpch;

/// <summary>
/// Comment text: a pool of sentences by the specification's grammar (clause 4.2.2.14) over our own words; a comment is a piece of it
/// at a random place. The pool is the same for every scale factor.
/// </summary>
internal static class TpchText
{
    private const int PoolSize = 16 << 20;
    private const int SentenceSizeMax = 512;

    private static readonly Lazy<byte[]> LazyPool = new(MakePool);

    /// <summary>A comment of <paramref name="sizeMin"/> to <paramref name="sizeMax"/> bytes. It may start or end inside a word.</summary>
    public static ReadOnlySpan<byte> Comment(ref RandomStream random, int sizeMin, int sizeMax)
    {
        int size = random.Between(sizeMin, sizeMax);
        return LazyPool.Value.AsSpan(random.Below(PoolSize - size), size);
    }

    private static byte[] MakePool()
    {
        var pool = new byte[PoolSize];
        var random = new RandomStream(seed: 0x7465787420706F6F, table: 0, row: 0);
        var sentence = new byte[SentenceSizeMax];
        for (int position = 0; position < PoolSize;)
        {
            int size = Math.Min(WriteSentence(sentence, ref random), PoolSize - position);
            sentence.AsSpan(0, size).CopyTo(pool.AsSpan(position));
            position += size;
        }

        return pool;
    }

    private static int WriteSentence(Span<byte> target, ref RandomStream random)
    {
        int position = 0;
        NounPhrase(target, ref position, ref random);
        switch (random.Below(5))
        {
            case 0:
                VerbPhrase(target, ref position, ref random);
                break;
            case 1:
                VerbPhrase(target, ref position, ref random);
                PrepositionalPhrase(target, ref position, ref random);
                break;
            case 2:
                VerbPhrase(target, ref position, ref random);
                NounPhrase(target, ref position, ref random);
                break;
            case 3:
                PrepositionalPhrase(target, ref position, ref random);
                VerbPhrase(target, ref position, ref random);
                NounPhrase(target, ref position, ref random);
                break;
            default:
                PrepositionalPhrase(target, ref position, ref random);
                VerbPhrase(target, ref position, ref random);
                PrepositionalPhrase(target, ref position, ref random);
                break;
        }

        target[position - 1] = ".;:?!-"u8[random.Below(10) is var end and < 6 ? end : 0];
        target[position++] = (byte)' ';
        return position;
    }

    private static void NounPhrase(Span<byte> target, ref int position, ref RandomStream random)
    {
        int form = random.Below(10);
        if (form >= 9)
        {
            Word(target, ref position, TpchWords.Adverbs, ref random);
        }

        if (form >= 3)
        {
            Word(target, ref position, TpchWords.Adjectives, ref random);
        }

        if (form is 7 or 8)
        {
            target[position - 1] = (byte)',';
            target[position++] = (byte)' ';
            Word(target, ref position, TpchWords.Adjectives, ref random);
        }

        Word(target, ref position, TpchWords.Nouns, ref random);
    }

    private static void VerbPhrase(Span<byte> target, ref int position, ref RandomStream random)
    {
        int form = random.Below(4);
        if (form is 1 or 3)
        {
            Word(target, ref position, TpchWords.Auxiliaries, ref random);
        }

        Word(target, ref position, TpchWords.Verbs, ref random);
        if (form is 2 or 3)
        {
            Word(target, ref position, TpchWords.Adverbs, ref random);
        }
    }

    private static void PrepositionalPhrase(Span<byte> target, ref int position, ref RandomStream random)
    {
        Word(target, ref position, TpchWords.Prepositions, ref random);
        "the "u8.CopyTo(target[position..]);
        position += 4;
        NounPhrase(target, ref position, ref random);
    }

    private static void Word(Span<byte> target, ref int position, byte[][] words, ref RandomStream random)
    {
        byte[] word = words[random.Below(words.Length)];
        word.CopyTo(target[position..]);
        position += word.Length;
        target[position++] = (byte)' ';
    }
}
