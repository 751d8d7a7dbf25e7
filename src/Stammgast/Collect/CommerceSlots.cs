namespace Stammgast.Collect;

/// <summary>Where an order's members stand; −1 where one is absent or null.</summary>
internal struct OrderSlots
{
    public int Products, OrderId, Currency, Total, Revenue, Value, Reason, Gift;

    /// <summary>Reads an object's members once.</summary>
    public static OrderSlots Of(JsonTape tape, int parent)
    {
        var slots = new OrderSlots
        {
            Products = -1, OrderId = -1, Currency = -1, Total = -1, Revenue = -1, Value = -1,
            Reason = -1, Gift = -1,
        };
        var end = tape[parent].Next;
        for (var name = parent + 1; name < end; name = tape[name + 1].Next)
        {
            if (tape[name + 1].Kind != System.Text.Json.JsonTokenType.Null)
                slots.Put(tape.Raw(name), name + 1);
        }
        return slots;
    }

    private void Put(ReadOnlySpan<byte> name, int value)
    {
        switch (name.Length)
        {
            case 4 when name.SequenceEqual("gift"u8): Gift = value; break;
            case 5 when name.SequenceEqual("total"u8): Total = value; break;
            case 5 when name.SequenceEqual("value"u8): Value = value; break;
            case 6 when name.SequenceEqual("reason"u8): Reason = value; break;
            case 7 when name.SequenceEqual("revenue"u8): Revenue = value; break;
            case 8 when name.SequenceEqual("products"u8): Products = value; break;
            case 8 when name.SequenceEqual("order_id"u8): OrderId = value; break;
            case 8 when name.SequenceEqual("currency"u8): Currency = value; break;
            default: break;
        }
    }
}

/// <summary>Where a product's members stand; −1 where one is absent or null.</summary>
internal struct ItemSlots
{
    public int ProductId, Sku, VariantId, Category, Price, Quantity, Gift;

    /// <summary>Reads an object's members once.</summary>
    public static ItemSlots Of(JsonTape tape, int parent)
    {
        var slots = new ItemSlots
        {
            ProductId = -1, Sku = -1, VariantId = -1, Category = -1, Price = -1, Quantity = -1,
            Gift = -1,
        };
        var end = tape[parent].Next;
        for (var name = parent + 1; name < end; name = tape[name + 1].Next)
        {
            if (tape[name + 1].Kind != System.Text.Json.JsonTokenType.Null)
                slots.Put(tape.Raw(name), name + 1);
        }
        return slots;
    }

    private void Put(ReadOnlySpan<byte> name, int value)
    {
        switch (name.Length)
        {
            case 3 when name.SequenceEqual("sku"u8): Sku = value; break;
            case 4 when name.SequenceEqual("gift"u8): Gift = value; break;
            case 5 when name.SequenceEqual("price"u8): Price = value; break;
            // Shops that know no variant ids send the size or colour here; it names the same.
            case 7 when name.SequenceEqual("variant"u8) && VariantId < 0: VariantId = value; break;
            case 8 when name.SequenceEqual("category"u8): Category = value; break;
            case 8 when name.SequenceEqual("quantity"u8): Quantity = value; break;
            case 10 when name.SequenceEqual("product_id"u8): ProductId = value; break;
            case 10 when name.SequenceEqual("variant_id"u8): VariantId = value; break;
            default: break;
        }
    }
}
