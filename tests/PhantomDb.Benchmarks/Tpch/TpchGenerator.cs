namespace PhantomDb.Benchmarks.Tpch;

/// <summary>
/// Rows of the eight TPC-H tables by the specification's rules (clause 4.2.3), for any range of rows: equal seed and scale factor give
/// equal bytes, however the work is cut. Comments and addresses are our own text, so rows differ from those of TPC's own program.
/// </summary>
internal sealed class TpchGenerator
{
    private const int SuppliersPerRemark = 2_000;     // of each 2,000 suppliers one has complaints and another one recommendations
    private const int LinesPerOrderMax = 7;

    // 64 characters of which addresses consist: six random bits choose one.
    private static ReadOnlySpan<byte> AddressCharacters => "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ, "u8;

    private readonly ulong _seed;
    private readonly int _supplierCount;
    private readonly int _partCount;
    private readonly int _customerCount;
    private readonly int _clerkCount;

    public TpchGenerator(double scaleFactor, ulong seed = 20_261_121)
    {
        if (scaleFactor is not (>= 0.001 and <= 1000))
        {
            throw new ArgumentOutOfRangeException(nameof(scaleFactor), $"the scale factor must be from 0.001 to 1000, not {scaleFactor}");
        }

        _seed = seed;
        ScaleFactor = scaleFactor;
        _supplierCount = Count(10_000);
        _partCount = Count(200_000);
        _customerCount = Count(150_000);
        _clerkCount = Count(1_000);
        OrderCount = (long)_customerCount * 10;
        EnsureSuppliersOfPartDiffer();

        int Count(int atOne) => Math.Max(1, (int)Math.Round(atOne * scaleFactor));
    }

    public double ScaleFactor { get; }

    public long OrderCount { get; }

    /// <summary>How many units of work <see cref="Write"/> knows for a table: its rows, orders for lineitem, parts for partsupp.</summary>
    public long UnitCount(TpchTable table) => table switch
    {
        TpchTable.Region => TpchWords.Regions.Length,
        TpchTable.Nation => TpchWords.Nations.Length,
        TpchTable.Supplier => _supplierCount,
        TpchTable.Part or TpchTable.PartSupp => _partCount,
        TpchTable.Customer => _customerCount,
        TpchTable.Orders or TpchTable.LineItem => OrderCount,
        _ => throw new ArgumentOutOfRangeException(nameof(table)),
    };

    /// <summary>Appends the rows of units <paramref name="first"/> to <paramref name="end"/> - 1 of a table (units count from 0).</summary>
    public void Write(TpchTable table, long first, long end, RowBuffer target)
    {
        for (long unit = first; unit < end; unit++)
        {
            switch (table)
            {
                case TpchTable.Region:
                    WriteRegion((int)unit, target);
                    break;
                case TpchTable.Nation:
                    WriteNation((int)unit, target);
                    break;
                case TpchTable.Supplier:
                    WriteSupplier((int)unit + 1, target);
                    break;
                case TpchTable.Part:
                    WritePart((int)unit + 1, target);
                    break;
                case TpchTable.PartSupp:
                    WritePartSupp((int)unit + 1, target);
                    break;
                case TpchTable.Customer:
                    WriteCustomer((int)unit + 1, target);
                    break;
                case TpchTable.Orders:
                    WriteOrder(unit + 1, target, lineItems: null);
                    break;
                case TpchTable.LineItem:
                    WriteOrder(unit + 1, orders: null, target);
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(table));
            }
        }
    }

    /// <summary>Orders and their lines in one pass, which is quicker than one table after the other.</summary>
    public void WriteOrders(long first, long end, RowBuffer orders, RowBuffer lineItems)
    {
        for (long unit = first; unit < end; unit++)
        {
            WriteOrder(unit + 1, orders, lineItems);
        }
    }

    private void WriteRegion(int key, RowBuffer target)
    {
        RandomStream random = Stream(TpchTable.Region, key);
        target.BeginRow();
        target.Number(key);
        target.Text(TpchWords.Regions[key]);
        target.Text(TpchText.Comment(ref random, 31, 115));
        target.EndRow();
    }

    private void WriteNation(int key, RowBuffer target)
    {
        RandomStream random = Stream(TpchTable.Nation, key);
        target.BeginRow();
        target.Number(key);
        target.Text(TpchWords.Nations[key].Name);
        target.Number(TpchWords.Nations[key].Region);
        target.Text(TpchText.Comment(ref random, 31, 114));
        target.EndRow();
    }

    private void WriteSupplier(int key, RowBuffer target)
    {
        RandomStream random = Stream(TpchTable.Supplier, key);
        target.BeginRow();
        target.Number(key);
        target.NumberedName("Supplier#"u8, key);
        WriteAddress(target, ref random);
        WriteNationAndPhone(target, ref random);
        target.Cents(random.Between(-99_999, 999_999));
        WriteSupplierComment(key, target, ref random);
        target.EndRow();
    }

    /// <summary>Comment text; for a few suppliers with "Customer", something between, and "Complaints" or "Recommends" written over it.</summary>
    private void WriteSupplierComment(int key, RowBuffer target, ref RandomStream random)
    {
        ReadOnlySpan<byte> text = TpchText.Comment(ref random, 25, 100);
        Span<byte> comment = target.Take(text.Length);
        text.CopyTo(comment);

        int block = (key - 1) / SuppliersPerRemark;
        int blockStart = block * SuppliersPerRemark;
        int blockSize = Math.Min(SuppliersPerRemark, _supplierCount - blockStart);
        int complaint = (int)(RandomStream.Mix(_seed ^ (ulong)block) % (ulong)blockSize);
        int recommendation = (complaint + blockSize / 2) % blockSize;
        int place = key - 1 - blockStart;
        if (place == complaint || place == recommendation)
        {
            ReadOnlySpan<byte> remark = place == complaint ? "Complaints"u8 : "Recommends"u8;
            int gap = random.Below(comment.Length - "Customer"u8.Length - remark.Length + 1);
            int start = random.Below(comment.Length - "Customer"u8.Length - remark.Length - gap + 1);
            "Customer"u8.CopyTo(comment[start..]);
            remark.CopyTo(comment[(start + "Customer"u8.Length + gap)..]);
        }

        target.EndField();
    }

    private void WritePart(int key, RowBuffer target)
    {
        RandomStream random = Stream(TpchTable.Part, key);
        target.BeginRow();
        target.Number(key);
        WritePartName(target, ref random);
        int manufacturer = random.Between(1, 5);
        target.Append("Manufacturer#"u8);
        target.Number(manufacturer);
        target.Append("Brand#"u8);
        target.Number(manufacturer * 10 + random.Between(1, 5));
        target.Text(TpchWords.Types[random.Below(TpchWords.Types.Length)]);
        target.Number(random.Between(1, 50));
        target.Text(TpchWords.Containers[random.Below(TpchWords.Containers.Length)]);
        target.Cents(RetailPrice(key));
        target.Text(TpchText.Comment(ref random, 5, 22));
        target.EndRow();
    }

    /// <summary>Five different colours.</summary>
    private static void WritePartName(RowBuffer target, ref RandomStream random)
    {
        Span<int> chosen = stackalloc int[5];
        for (int i = 0; i < chosen.Length; i++)
        {
            do
            {
                chosen[i] = random.Below(TpchWords.Colours.Length);
            }
            while (chosen[..i].Contains(chosen[i]));

            target.Append(i == 0 ? default : " "u8);
            target.Append(TpchWords.Colours[chosen[i]]);
        }

        target.EndField();
    }

    private void WritePartSupp(int part, RowBuffer target)
    {
        RandomStream random = Stream(TpchTable.PartSupp, part);
        for (int i = 0; i < 4; i++)
        {
            target.BeginRow();
            target.Number(part);
            target.Number(SupplierOfPart(part, i));
            target.Number(random.Between(1, 9_999));
            target.Cents(random.Between(100, 100_000));
            target.Text(TpchText.Comment(ref random, 49, 198));
            target.EndRow();
        }
    }

    private void WriteCustomer(int key, RowBuffer target)
    {
        RandomStream random = Stream(TpchTable.Customer, key);
        target.BeginRow();
        target.Number(key);
        target.NumberedName("Customer#"u8, key);
        WriteAddress(target, ref random);
        WriteNationAndPhone(target, ref random);
        target.Cents(random.Between(-99_999, 999_999));
        target.Text(TpchWords.Segments[random.Below(TpchWords.Segments.Length)]);
        target.Text(TpchText.Comment(ref random, 29, 116));
        target.EndRow();
    }

    /// <summary>An order and its one to seven lines; a null target is left out, which changes nothing in the other.</summary>
    private void WriteOrder(long number, RowBuffer? orders, RowBuffer? lineItems)
    {
        RandomStream random = Stream(TpchTable.Orders, number);
        RandomStream lineRandom = Stream(TpchTable.LineItem, number);
        long orderKey = OrderKey(number);
        int orderDay = random.Below(TpchDates.OrderDayMax + 1);
        int lineCount = random.Between(1, LinesPerOrderMax);
        long total = 0;      // in ten-thousandths of a cent: exact
        int shippedCount = 0;
        for (int line = 1; line <= lineCount; line++)
        {
            int part = lineRandom.Between(1, _partCount);
            int supplier = SupplierOfPart(part, lineRandom.Below(4));
            int quantity = lineRandom.Between(1, 50);
            long extendedPrice = quantity * RetailPrice(part);
            int discount = lineRandom.Between(0, 10);
            int tax = lineRandom.Between(0, 8);
            int shipDay = orderDay + lineRandom.Between(1, 121);
            int commitDay = orderDay + lineRandom.Between(30, 90);
            int receiptDay = shipDay + lineRandom.Between(1, 30);
            bool returned = (lineRandom.Next() & 1) == 0;
            bool shipped = shipDay <= TpchDates.CurrentDay;
            shippedCount += shipped ? 1 : 0;
            total += extendedPrice * (100 - discount) * (100 + tax);

            // Drawn even when no lines are written: the lines that follow depend on the place in the stream.
            int instruction = lineRandom.Below(TpchWords.Instructions.Length);
            int mode = lineRandom.Below(TpchWords.Modes.Length);
            ReadOnlySpan<byte> comment = TpchText.Comment(ref lineRandom, 10, 43);
            if (lineItems is null)
            {
                continue;
            }

            lineItems.BeginRow();
            lineItems.Number(orderKey);
            lineItems.Number(part);
            lineItems.Number(supplier);
            lineItems.Number(line);
            lineItems.Cents(quantity * 100L);
            lineItems.Cents(extendedPrice);
            lineItems.Cents(discount);
            lineItems.Cents(tax);
            lineItems.Character(receiptDay > TpchDates.CurrentDay ? (byte)'N' : returned ? (byte)'R' : (byte)'A');
            lineItems.Character(shipped ? (byte)'F' : (byte)'O');
            lineItems.Date(shipDay);
            lineItems.Date(commitDay);
            lineItems.Date(receiptDay);
            lineItems.Text(TpchWords.Instructions[instruction]);
            lineItems.Text(TpchWords.Modes[mode]);
            lineItems.Text(comment);
            lineItems.EndRow();
        }

        if (orders is null)
        {
            return;
        }

        orders.BeginRow();
        orders.Number(orderKey);
        orders.Number(CustomerWithOrders(ref random));
        orders.Character(shippedCount == lineCount ? (byte)'F' : shippedCount == 0 ? (byte)'O' : (byte)'P');
        orders.Cents((total + 5_000) / 10_000);
        orders.Date(orderDay);
        orders.Text(TpchWords.Priorities[random.Below(TpchWords.Priorities.Length)]);
        orders.NumberedName("Clerk#"u8, random.Between(1, _clerkCount));
        orders.Number(0);
        orders.Text(TpchText.Comment(ref random, 19, 78));
        orders.EndRow();
    }

    /// <summary>Of each 32 order keys only 8 are in use.</summary>
    private static long OrderKey(long number) => ((number >> 3) << 5) | (number & 7);

    /// <summary>A third of the customers, those whose key divides by three, never order.</summary>
    private int CustomerWithOrders(ref RandomStream random)
    {
        int place = random.Below(_customerCount - _customerCount / 3);
        return place / 2 * 3 + place % 2 + 1;
    }

    private static long RetailPrice(int part) => 90_000 + part / 10 % 20_001 + 100 * (part % 1_000);

    /// <summary>The i-th of the four suppliers of a part (0 to 3); lines of orders use the same rule.</summary>
    private int SupplierOfPart(int part, int i) =>
        (int)((part + (long)i * (_supplierCount / 4 + (part - 1) / _supplierCount)) % _supplierCount) + 1;

    /// <summary>At small scale factors the specification's rule can name one supplier twice, which the primary key of partsupp forbids.</summary>
    private void EnsureSuppliersOfPartDiffer()
    {
        for (int round = 0; round <= (_partCount - 1) / _supplierCount; round++)
        {
            int step = _supplierCount / 4 + round;
            if (step % _supplierCount == 0 || 2 * step % _supplierCount == 0 || 3 * step % _supplierCount == 0)
            {
                throw new ArgumentException(
                    $"scale factor {ScaleFactor} has {_supplierCount} suppliers, with which TPC-H's rule for the suppliers of a part gives " +
                    "one twice; choose 0.01, 0.02 or any from 0.03 on");
            }
        }
    }

    private static void WriteNationAndPhone(RowBuffer target, ref RandomStream random)
    {
        int nation = random.Below(TpchWords.Nations.Length);
        target.Number(nation);
        target.Digits(nation + 10, 2);
        target.Append("-"u8);
        target.Digits(random.Between(100, 999), 3);
        target.Append("-"u8);
        target.Digits(random.Between(100, 999), 3);
        target.Append("-"u8);
        target.Digits(random.Between(1_000, 9_999), 4);
        target.EndField();
    }

    private static void WriteAddress(RowBuffer target, ref RandomStream random)
    {
        Span<byte> address = target.Take(random.Between(10, 40));
        ulong bits = 0;
        for (int i = 0; i < address.Length; i++)
        {
            bits = i % 10 == 0 ? random.Next() : bits >> 6;
            address[i] = AddressCharacters[(int)(bits & 63)];
        }

        target.EndField();
    }

    private RandomStream Stream(TpchTable table, long row) => new(_seed, (int)table, row);
}
