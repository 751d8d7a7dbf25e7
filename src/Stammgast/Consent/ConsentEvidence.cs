namespace Stammgast.Consent;

/// <summary>
/// An act with its evidence: what the Consent ledger keeps, sealed under its leaf. What was said of
/// an address stands in it by the address's hash.
/// </summary>
public sealed record ConsentEvidence
{
    /// <summary>What was said of purposes, or null.</summary>
    public ConsentAct? Act { get; init; }

    /// <summary>What was said of an address, or null.</summary>
    public SubscriptionAct? Subscription { get; init; }

    /// <summary>How it was said: <c>stamp</c>, <c>dialogue</c>, <c>portal</c>, <c>form</c> …</summary>
    public required string Method { get; init; }

    /// <summary>In which language it was asked, or empty.</summary>
    public string Language { get; init; } = "";

    /// <summary>Where it was asked: a page, a desk, a source; never an address. Or empty.</summary>
    public string Surface { get; init; } = "";

    /// <summary>When it was received, ms since 1970 UTC.</summary>
    public long ReceivedAtMs =>
        Act?.ReceivedAtMs ?? Subscription?.ReceivedAtMs ?? 0;

    /// <summary>Whether it takes something.</summary>
    public bool IsLowering =>
        Act is { IsLowering: true } || Subscription?.Status == SubscriptionStatus.Unsubscribed;

    /// <summary>
    /// The same, received at an instant or later. A lowering that comes in now takes everything
    /// heard before it, though another node's clock, or two calls in one millisecond, say otherwise.
    /// </summary>
    public ConsentEvidence ReceivedNotBefore(long atMs) => atMs <= ReceivedAtMs ? this : this with
    {
        Act = Act is null ? null : Act with { ReceivedAtMs = atMs },
        Subscription = Subscription is { } said ? said with { ReceivedAtMs = atMs } : null,
    };

    /// <summary>A state with this act more.</summary>
    public ConsentState AppliedTo(ConsentState state)
    {
        var with = Act is null ? state : state.With(Act);
        return Subscription is { } said ? with.With(said) : with;
    }
}

/// <summary>The stored form of <see cref="ConsentEvidence"/>.</summary>
internal static class EvidenceCodec
{
    private const byte Version = 1;
    private const byte OfPurposes = 1;
    private const byte OfAddress = 2;

    /// <summary>All bytes of an act and its evidence, in the clear: seal them.</summary>
    public static byte[] Write(ConsentEvidence evidence)
    {
        var topic = evidence.Subscription?.Topic ?? "";
        var bytes = new byte[128 + ByteWriter.BoundOf(evidence.Method)
            + ByteWriter.BoundOf(evidence.Language) + ByteWriter.BoundOf(evidence.Surface)
            + ByteWriter.BoundOf(topic)];
        var writer = new ByteWriter(bytes);
        writer.Byte(Version);
        writer.Text(evidence.Method);
        writer.Text(evidence.Language);
        writer.Text(evidence.Surface);
        writer.Byte((byte)((evidence.Act is null ? 0 : OfPurposes)
            | (evidence.Subscription is null ? 0 : OfAddress)));
        if (evidence.Act is { } act)
            Write(ref writer, act);
        if (evidence.Subscription is { } said)
            Write(ref writer, said);
        return bytes[..writer.Length];
    }

    /// <summary>Reads what <see cref="Write(ConsentEvidence)"/> wrote.</summary>
    public static ConsentEvidence Read(ReadOnlySpan<byte> body)
    {
        var reader = new ByteReader(body);
        if (reader.Byte() != Version)
            throw ByteReader.Damaged();
        var (method, language, surface) = (reader.Text(), reader.Text(), reader.Text());
        var parts = reader.Byte();
        var evidence = new ConsentEvidence
        {
            Method = method,
            Language = language,
            Surface = surface,
            Act = (parts & OfPurposes) == 0 ? null : ReadAct(ref reader),
            Subscription = (parts & OfAddress) == 0 ? null : ReadSubscription(ref reader),
        };
        reader.End();
        return evidence;
    }

    private static void Write(ref ByteWriter writer, ConsentAct act)
    {
        writer.Byte((byte)act.Status);
        writer.Byte((byte)act.Scope);
        writer.Fixed64(act.Purposes.Bits);
        writer.Signed(act.MadeAtMs);
        writer.Signed(act.ReceivedAtMs);
        writer.Signed(act.ExpiresAtMs);
        writer.Varint(act.Notice);
    }

    private static ConsentAct ReadAct(ref ByteReader reader) => new()
    {
        Status = (ConsentStatus)reader.Byte(),
        Scope = (ConsentScope)reader.Byte(),
        Purposes = new PurposeSet(reader.Fixed64()),
        MadeAtMs = reader.Signed(),
        ReceivedAtMs = reader.Signed(),
        ExpiresAtMs = reader.Signed(),
        Notice = reader.Small(),
    };

    private static void Write(ref ByteWriter writer, in SubscriptionAct said)
    {
        writer.Byte((byte)said.Address.Kind);
        writer.Fixed64(said.Address.Hash);
        writer.Text(said.Topic);
        writer.Byte((byte)said.Status);
        writer.Signed(said.MadeAtMs);
        writer.Signed(said.ReceivedAtMs);
    }

    private static SubscriptionAct ReadSubscription(ref ByteReader reader)
    {
        var address = new ContactAddress((AddressKind)reader.Byte(), reader.Fixed64());
        return new SubscriptionAct(address, reader.Text(), (SubscriptionStatus)reader.Byte(),
            reader.Signed(), reader.Signed());
    }
}
