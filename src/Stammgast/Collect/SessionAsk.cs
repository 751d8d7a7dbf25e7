using System.Text.Json;
using Stammgast.Keys;

namespace Stammgast.Collect;

/// <summary>What a call to <see cref="SessionApi"/> asks for, or why it cannot.</summary>
internal sealed record SessionAsk
{
    /// <summary>Why it cannot, else null.</summary>
    public Problem? Problem { get; init; }

    /// <summary>The browser's source.</summary>
    public Source? Source { get; init; }

    /// <summary>Normalised.</summary>
    public string AnonymousId { get; init; } = "";

    /// <summary>What its consent stamp said.</summary>
    public StampInput Stamp { get; init; }

    /// <summary>Reads the body. Only write keys ask: nobody else has a browser.</summary>
    public static SessionAsk Read(
        ReadOnlyMemory<byte> body, Sources sources, ApiKey? key, ApiKeys keys, string? origin)
    {
        var tape = new JsonTape();
        if (tape.Read(body, CollectCall.Identify) is { } unreadable)
            return Not(unreadable);
        // One object is one item: what is wrong in it is wrong with the request.
        if (tape.Items[0] is { Code: { } code, Field: var field })
            return Not(Problems.Invalid($"The request is refused: {code}.", field ?? ""));
        var slots = EventSlots.Of(tape, 0);
        if (key is null && !keys.TryAuthenticate(Text(tape, slots.WriteKey), out key))
            return Not(Problems.Unauthenticated());
        if (key.Kind != ApiKeyKind.Write || !sources.TryGet(key.Source, out var source)
            || !Origins.Allows(key, origin))
            return Not(Problems.Forbidden("Sessions are for write keys, on their own pages."));
        return Normaliser.TryNormalise(
            IdentifierType.AnonymousId, Text(tape, slots.AnonymousId), out var anonymousId)
                ? new SessionAsk
                {
                    Source = source,
                    AnonymousId = anonymousId,
                    Stamp = new StampReader(tape).Read(tape.Find(slots.Context, "consent"u8)),
                }
                : Not(Problems.Invalid("A session is bound to an anonymousId.", "/anonymousId"));
    }

    private static SessionAsk Not(Problem problem) => new() { Problem = problem };

    private static string Text(JsonTape tape, int token) =>
        token >= 0 && tape[token].Kind == JsonTokenType.String
            ? JsonText.Text(tape.Raw(token), tape[token].Escaped)
            : "";
}
