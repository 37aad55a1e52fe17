using System.Text;

namespace PhantomDb.Benchmarks.Tpch;

/// <summary>
/// The value lists of the TPC-H specification (clause 4.2.2.13) as UTF-8, and the words of our own comment text (see <see cref="TpchText"/>).
/// </summary>
internal static class TpchWords
{
    public static readonly byte[][] Colours = Split(
        "almond antique aquamarine azure beige bisque black blanched blue blush brown burlywood burnished chartreuse chiffon " +
        "chocolate coral cornflower cornsilk cream cyan dark deep dim dodger drab firebrick floral forest frosted gainsboro ghost " +
        "goldenrod green grey honeydew hot indian ivory khaki lace lavender lawn lemon light lime linen magenta maroon medium " +
        "metallic midnight mint misty moccasin navajo navy olive orange orchid pale papaya peach peru pink plum powder puff purple " +
        "red rose rosy royal saddle salmon sandy seashell sienna sky slate smoke snow spring steel tan thistle tomato turquoise " +
        "violet wheat white yellow", ' ');

    public static readonly byte[][] Types = Product(
        Split("STANDARD,SMALL,MEDIUM,LARGE,ECONOMY,PROMO"),
        Product(Split("ANODIZED,BURNISHED,PLATED,POLISHED,BRUSHED"), Split("TIN,NICKEL,BRASS,STEEL,COPPER")));

    public static readonly byte[][] Containers = Product(Split("SM,LG,MED,JUMBO,WRAP"), Split("CASE,BOX,BAG,JAR,PKG,PACK,CAN,DRUM"));
    public static readonly byte[][] Segments = Split("AUTOMOBILE,BUILDING,FURNITURE,MACHINERY,HOUSEHOLD");
    public static readonly byte[][] Priorities = Split("1-URGENT,2-HIGH,3-MEDIUM,4-NOT SPECIFIED,5-LOW");
    public static readonly byte[][] Instructions = Split("DELIVER IN PERSON,COLLECT COD,NONE,TAKE BACK RETURN");
    public static readonly byte[][] Modes = Split("REG AIR,AIR,RAIL,SHIP,TRUCK,MAIL,FOB");
    public static readonly byte[][] Regions = Split("AFRICA,AMERICA,ASIA,EUROPE,MIDDLE EAST");

    /// <summary>Nations in the order of their keys, each with the key of its region.</summary>
    public static readonly (byte[] Name, int Region)[] Nations =
    [
        Nation("ALGERIA", 0), Nation("ARGENTINA", 1), Nation("BRAZIL", 1), Nation("CANADA", 1), Nation("EGYPT", 4),
        Nation("ETHIOPIA", 0), Nation("FRANCE", 3), Nation("GERMANY", 3), Nation("INDIA", 2), Nation("INDONESIA", 2),
        Nation("IRAN", 4), Nation("IRAQ", 4), Nation("JAPAN", 2), Nation("JORDAN", 4), Nation("KENYA", 0),
        Nation("MOROCCO", 0), Nation("MOZAMBIQUE", 0), Nation("PERU", 1), Nation("CHINA", 2), Nation("ROMANIA", 3),
        Nation("SAUDI ARABIA", 4), Nation("VIETNAM", 2), Nation("RUSSIA", 3), Nation("UNITED KINGDOM", 3), Nation("UNITED STATES", 1),
    ];

    // The queries look for "special ... requests" in comments; the weights (word*weight) make about one order in ninety match.
    public static readonly byte[][] Nouns = Weighted(
        "packages*4 requests*5 accounts*4 deposits*4 invoices*2 parcels*2 ledgers*2 orders*2 crates*2 letters*2 samples*2 tickets " +
        "engines bolts ladders lanterns kettles anchors barrels baskets bridges buttons candles carpets clocks compasses cradles " +
        "feathers ferries gardens hammers harbours islands journals magnets mirrors needles orchards paddles pillows rivers saddles " +
        "shutters tunnels umbrellas violins wagons windmills");

    public static readonly byte[][] Adjectives = Weighted(
        "special*5 pending*3 regular*5 express*3 final*4 ironic*2 even*2 bold*2 silent*2 quick*2 slow brave careful curious dusty eager " +
        "faint gentle hollow idle jolly keen lively mellow narrow odd patient quiet rugged sudden tidy urgent vivid warm");

    public static readonly byte[][] Verbs = Weighted(
        "sleep*3 wait*3 arrive*3 travel*2 wander*2 rest*2 grow shrink turn drift gather linger matter nod pause quarrel return settle " +
        "shine sing stumble tremble vanish wake work");

    public static readonly byte[][] Adverbs = Weighted(
        "slowly*3 quickly*3 carefully*4 quietly*3 boldly*2 rarely often gladly evenly briefly calmly daily firmly gently always never " +
        "nearly openly safely soon thinly");

    public static readonly byte[][] Prepositions = Weighted(
        "about above across after against along among around at before behind beneath beside between beyond by despite during from " +
        "inside into near of on outside over past since through to toward under until upon with within without");

    public static readonly byte[][] Auxiliaries = Weighted("can could may might must shall should will would do have*2");

    private static byte[][] Split(string words, char separator = ',') => [.. words.Split(separator).Select(Encoding.UTF8.GetBytes)];

    private static (byte[] Name, int Region) Nation(string name, int region) => (Encoding.UTF8.GetBytes(name), region);

    private static byte[][] Product(byte[][] left, byte[][] right) => [.. left.SelectMany(l => right.Select(r => (byte[])[.. l, (byte)' ', .. r]))];

    private static byte[][] Weighted(string words) =>
    [
        .. words.Split(' ').SelectMany(word =>
        {
            string[] parts = word.Split('*');
            return Enumerable.Repeat(Encoding.UTF8.GetBytes(parts[0]), parts.Length == 1 ? 1 : int.Parse(parts[1]));
        }),
    ];
}
