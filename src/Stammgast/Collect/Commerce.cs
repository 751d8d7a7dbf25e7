using System.Globalization;
using System.Text.Json;
using Stammgast.Catalogue;

namespace Stammgast.Collect;

/// <summary>What the catalogue knows of a product that an event names.</summary>
/// <param name="ProductId">The product's own id.</param>
/// <param name="VariantId">The variant's id, or empty.</param>
/// <param name="Category">The category key, or empty.</param>
/// <param name="PriceMinor">Its price now, for events that name none.</param>
/// <param name="Sensitive">Of a sensitive category.</param>
internal readonly record struct ProductFacts(
    string ProductId, string VariantId, string Category, long PriceMinor, bool Sensitive);

/// <summary>Asks the catalogue; either id may be empty. False: it knows neither.</summary>
internal delegate bool ProductLookUp(string productId, string variantId, out ProductFacts facts);

/// <summary>
/// Reads the e-commerce members of <c>properties</c>: products, order, total and reason. A field
/// of the wrong type or out of range refuses the event and names itself; a missing one does not.
/// </summary>
internal sealed class Commerce(
    JsonTape tape, StringPool pool, ProductLookUp lookUp, string currency)
{
    private const int MaxQuantity = 1_000_000;
    private readonly int _digits = Money.Decimals(currency);
    private readonly byte[] _plain = new byte[Limits.EventBytes];
    private readonly List<EventItem> _items = [];
    private string _code = "";
    private string _field = "";
    private bool _foreign;
    private int _item;

    /// <summary>Why the last read was refused, and where under <c>properties</c>.</summary>
    public (string Code, string Field) Refused => (_code, _field);

    /// <summary>The products of the last read.</summary>
    public IReadOnlyList<EventItem> Items => _items.Count == 0 ? [] : _items.ToArray();

    /// <summary>The last read's order, or empty.</summary>
    public string OrderId { get; private set; } = "";

    /// <summary>
    /// The last read's order total in minor units: as sent, else the sum over its products; 0 for
    /// what is no order and for amounts in another currency.
    /// </summary>
    public long TotalMinor { get; private set; }

    /// <summary>Why it came back.</summary>
    public ReturnReason Reason { get; private set; }

    /// <summary>Whether amounts were ignored because they are in another currency.</summary>
    public bool Foreign => _foreign;

    /// <summary>Reads an event's properties (−1: none).</summary>
    public bool Read(EventKind kind, int properties)
    {
        _items.Clear();
        (OrderId, TotalMinor, Reason, _foreign, _item) = ("", 0, ReturnReason.None, false, -1);
        if (properties < 0)
            return true;
        var at = OrderSlots.Of(tape, properties);
        if (!TryCurrency(at.Currency) || !TryItems(in at, properties)
            || !TryId(at.OrderId, "/order_id", out var order))
            return false;
        OrderId = order;
        if (EventKinds.IsOrder(kind) && !TryTotal(in at, kind))
            return false;
        if (kind == EventKind.OrderReturned)
            Reason = ReasonOf(at.Reason);
        return true;
    }

    private bool TryCurrency(int token)
    {
        if (token < 0)
            return true;
        if (tape[token].Kind != JsonTokenType.String)
            return Refuse(Refusal.WrongType, "/currency");
        var sent = Text(token);
        _foreign = !sent.IsEmpty && !System.Text.Ascii.EqualsIgnoreCase(sent, currency);
        return true;
    }

    private bool TryItems(in OrderSlots order, int properties)
    {
        if (order.Products < 0)
            return TryItem(properties, gift: false);
        if (tape[order.Products].Kind != JsonTokenType.StartArray)
            return Refuse(Refusal.WrongType, "/products");
        var gift = order.Gift >= 0 && tape[order.Gift].Kind == JsonTokenType.True;
        var end = tape[order.Products].Next;
        for (var at = order.Products + 1; at < end; at = tape[at].Next)
        {
            if (_items.Count == Limits.EventItems)
            {
                _item = -1;
                return Refuse(Refusal.TooMany, "/products");
            }
            _item = _items.Count;
            if (tape[at].Kind != JsonTokenType.StartObject)
                return Refuse(Refusal.WrongType, "");
            if (!TryItem(at, gift))
                return false;
            if (_items.Count == _item)
                return Refuse(Refusal.Required, "/product_id");
        }
        _item = -1;
        return true;
    }

    private bool TryItem(int token, bool gift)
    {
        var at = ItemSlots.Of(tape, token);
        if (!TryId(at.ProductId, "/product_id", out var product)
            || !TryId(at.Sku, "/sku", out var sku)
            || !TryId(at.VariantId, "/variant_id", out var variant)
            || !TryCategory(at.Category, "/category", out var category)
            || !TryQuantity(at.Quantity, "/quantity", out var quantity)
            || !TryAmount(at.Price, "/price", out var price))
            return false;
        if (variant.Length == 0)
            variant = sku;
        if (product.Length == 0 && variant.Length == 0)
            return true;
        var known = lookUp(product, variant, out var facts);
        _items.Add(new EventItem(
            known ? facts.ProductId : product.Length > 0 ? product : variant,
            known && facts.VariantId.Length > 0 ? facts.VariantId : variant,
            known && facts.Category.Length > 0 ? facts.Category : category,
            quantity,
            at.Price >= 0 && !_foreign ? price : known ? facts.PriceMinor : 0,
            gift || at.Gift >= 0 && tape[at.Gift].Kind == JsonTokenType.True,
            known && facts.Sensitive));
        return true;
    }

    private bool TryTotal(in OrderSlots at, EventKind kind)
    {
        var token = at.Total >= 0 ? at.Total : at.Revenue >= 0 ? at.Revenue : at.Value;
        if (token >= 0)
        {
            var field = at.Total >= 0 ? "/total" : at.Revenue >= 0 ? "/revenue" : "/value";
            if (!TryAmount(token, field, out var total))
                return false;
            TotalMinor = _foreign ? 0 : total;
            return true;
        }
        if (kind != EventKind.OrderCompleted || _foreign)
            return true;
        foreach (var item in _items)
            TotalMinor += item.PriceMinor * item.Quantity;
        return TotalMinor <= Amount.MaxMinor || Refuse(Refusal.OutOfRange, "/products");
    }

    // A price may be a number or, as many shops send it, its text.
    private bool TryAmount(int token, string field, out long minor)
    {
        minor = 0;
        if (token < 0)
            return true;
        if (tape[token].Kind is not (JsonTokenType.Number or JsonTokenType.String))
            return Refuse(Refusal.WrongType, field);
        return Amount.TryMinor(Text(token), _digits, out minor)
            || Refuse(Refusal.OutOfRange, field);
    }

    private bool TryQuantity(int token, string field, out int quantity)
    {
        quantity = 1;
        if (token < 0)
            return true;
        if (tape[token].Kind is not (JsonTokenType.Number or JsonTokenType.String))
            return Refuse(Refusal.WrongType, field);
        // Thousandths, so that "1.5" is seen to be no number of pieces.
        if (!Amount.TryMinor(Text(token), 3, out var thousandths)
            || thousandths % 1000 != 0 || thousandths / 1000 > MaxQuantity)
            return Refuse(Refusal.OutOfRange, field);
        quantity = (int)(thousandths / 1000);
        return true;
    }

    private bool TryId(int token, string field, out string id)
    {
        id = "";
        if (token < 0)
            return true;
        if (tape[token].Kind is not (JsonTokenType.String or JsonTokenType.Number))
            return Refuse(Refusal.WrongType, field);
        var text = Text(token).Trim((byte)' ');
        if (text.Length > Limits.ItemIdChars * 3)
            return Refuse(Refusal.TooLong, field);
        var found = pool.Get(text);
        if (found.Length > Limits.ItemIdChars)
            return Refuse(Refusal.TooLong, field);
        if (HasControl(found))
            return Refuse(Refusal.ControlCharacter, field);
        id = found;
        return true;
    }

    private bool TryCategory(int token, string field, out string category)
    {
        category = "";
        // Some shops send lists of categories: theirs to name, not ours to refuse.
        return token < 0 || tape[token].Kind != JsonTokenType.String
            || TryId(token, field, out category);
    }

    private ReturnReason ReasonOf(int token)
    {
        if (token < 0 || tape[token].Kind != JsonTokenType.String)
            return ReturnReason.Other;
        var text = Text(token);
        return text.Length switch
        {
            4 when text.SequenceEqual("late"u8) => ReturnReason.Late,
            5 when text.SequenceEqual("wrong"u8) => ReturnReason.Wrong,
            6 when text.SequenceEqual("defect"u8) => ReturnReason.Defect,
            7 when text.SequenceEqual("dislike"u8) => ReturnReason.Dislike,
            9 when text.SequenceEqual("too_small"u8) => ReturnReason.TooSmall,
            9 when text.SequenceEqual("too_large"u8) => ReturnReason.TooLarge,
            _ => ReturnReason.Other,
        };
    }

    private ReadOnlySpan<byte> Text(int token)
    {
        var raw = tape.Raw(token);
        if (!tape[token].Escaped)
            return raw;
        return _plain.AsSpan(0, JsonText.Unescape(raw, _plain));
    }

    private bool Refuse(string code, string field)
    {
        _code = code;
        _field = _item < 0
            ? field
            : string.Create(CultureInfo.InvariantCulture, $"/products/{_item}{field}");
        return false;
    }

    private static bool HasControl(string text)
    {
        foreach (var letter in text)
        {
            if (char.IsControl(letter))
                return true;
        }
        return false;
    }
}
