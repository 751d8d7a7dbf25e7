using System.Text.Json;

namespace Stammgast.Profiles;

/// <summary>Service cases and the customer's word on decisions as marks.</summary>
internal static class CareFold
{
    /// <summary>Adds the marks of service cases and feedback; nothing for other kinds.</summary>
    public static void Mark(Event e, in Origin origin, MarkTable into)
    {
        switch (e.Kind)
        {
            case EventKind.ServiceCaseOpened:
                into.Add(Profiles.Mark.Of(MarkKind.CaseOpened, origin, e.AtMs) with { A = CaseOf(e) });
                break;
            case EventKind.ServiceCaseClosed:
                into.Add(Profiles.Mark.Of(MarkKind.CaseClosed, origin, e.AtMs) with { A = CaseOf(e) });
                break;
            case EventKind.FeedbackGiven:
                MarkFeedback(e, origin, into);
                break;
            default:
                break;
        }
    }

    private static void MarkFeedback(Event e, in Origin origin, MarkTable into)
    {
        if (PropertyOf(e, "decision_id") is not { } decision || decision.Length > 40)
            return;
        int? value = PropertyOf(e, "value") switch
        {
            "never" => 0,
            "not_true" => 1,
            "too_much" => 2,
            "helpful" => 3,
            _ => null,
        };
        if (value is { } given)
            into.Add(Profiles.Mark.Of(MarkKind.Feedback, origin, e.AtMs, given) with { A = decision });
    }

    private static string CaseOf(Event e)
    {
        var id = PropertyOf(e, "case_id") ?? e.OrderId;
        return id.Length <= Limits.ItemIdChars ? id : id[..Limits.ItemIdChars];
    }

    private static string? PropertyOf(Event e, string name)
    {
        if (e.Body.IsEmpty)
            return null;
        using var body = JsonDocument.Parse(e.Body);
        return body.RootElement.TryGetProperty("properties", out var properties)
            && properties.ValueKind == JsonValueKind.Object
            ? TextOf(properties, name)
            : null;
    }

    private static string? TextOf(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
