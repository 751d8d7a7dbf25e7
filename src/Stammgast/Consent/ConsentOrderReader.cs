using System.Text.RegularExpressions;
using Stammgast.Keys;

namespace Stammgast.Consent;

/// <summary>
/// Checks what a caller wants written down. A grant covers only what its notice named; a no to a
/// parent is a no to its children; nothing that rests on contract or law can be refused here.
/// </summary>
internal sealed partial class ConsentOrderReader(
    Purposes purposes, Notices notices, BlindIndex index)
{
    private const int TopicChars = 64;
    private const int SubscriptionsAtMost = 100;

    /// <summary>The order, or the problem that names the member.</summary>
    public (ConsentOrder? Order, Problem? Problem) Read(ConsentsPut put)
    {
        if (put is { Purposes: null or { Count: 0 }, Subscriptions: null or { Count: 0 } })
            return (null, Problems.Unprocessable("Name a purpose or a subscription.", "/purposes"));
        var scope = ConsentScope.Person;
        if (put.Scope is not null && !ConsentWords.TryRead(put.Scope, out scope))
            return Invalid("The scope is person or device.", "/scope");
        var notice = put.Notice is { } version ? notices.Find(version) : null;
        if (put.Notice is not null && notice is null)
            return Invalid("There is no such version of the notice.", "/notice");
        if (!Word().IsMatch(put.Method ?? "api"))
            return Invalid("The method is one word in lower case.", "/method");
        if (put.Language is not null && !Tag().IsMatch(put.Language))
            return Invalid("The language is a tag such as de or de-AT.", "/language");
        if (put.Surface is { } surface && !Surface().IsMatch(surface))
            return Invalid("The surface is a path such as web/account.", "/surface");
        var (said, problem) = ReadPurposes(put.Purposes ?? [], notice);
        if (problem is not null)
            return (null, problem);
        var (subscriptions, wrong) = ReadSubscriptions(put.Subscriptions ?? []);
        if (wrong is not null)
            return (null, wrong);
        return (new ConsentOrder
        {
            Said = said, Subscriptions = subscriptions, Scope = scope, Notice = notice,
            MadeAtMs = put.At?.ToUnixTimeMilliseconds(),
            Evidence = new ConsentEvidence
            {
                Method = put.Method ?? "api", Language = put.Language ?? "",
                Surface = put.Surface ?? "",
            },
        }, null);
    }

    private (List<(ConsentStatus, PurposeSet)> Said, Problem? Problem) ReadPurposes(
        Dictionary<string, string> named, Notice? notice)
    {
        var said = new SortedDictionary<ConsentStatus, PurposeSet>();
        foreach (var (key, word) in named)
        {
            var pointer = "/purposes/"
                + key.Replace("~", "~0", StringComparison.Ordinal)
                    .Replace("/", "~1", StringComparison.Ordinal);
            var (status, set, problem) = ReadOne(key, word, notice, pointer);
            if (problem is not null)
                return ([], problem);
            said[status] = said.GetValueOrDefault(status) | set;
        }
        return ([.. said.Select(entry => (entry.Key, entry.Value))], null);
    }

    private (ConsentStatus, PurposeSet, Problem?) ReadOne(
        string key, string word, Notice? notice, string pointer)
    {
        var under = purposes.Under(key);
        if (under.IsEmpty)
            return Wrong("There is no such purpose.");
        if (!ConsentWords.TryRead(word, out ConsentStatus status)
            || status is ConsentStatus.Unknown or ConsentStatus.Expired)
            return Wrong("The status is given, requested, refused, withdrawn or invalidated.");
        if (status is ConsentStatus.Given or ConsentStatus.Requested)
        {
            if (notice is null)
                return Wrong("A grant names the notice under which it was asked.");
            var covered = (purposes.TryGet(key, out var one) ? PurposeSet.Of(one) : under)
                & notice.Purposes;
            return covered.IsEmpty
                ? Wrong("The notice does not name this purpose.")
                : (status, covered, null);
        }
        var lowerable = under & (purposes.ConsentBased | purposes.Objectable);
        return lowerable.IsEmpty
            ? Wrong("This purpose rests on contract or law and cannot be refused.")
            : (status, lowerable, null);

        (ConsentStatus, PurposeSet, Problem?) Wrong(string what) =>
            (default, default, Problems.Unprocessable(what, pointer));
    }

    private (List<(ContactAddress, string, SubscriptionStatus)>, Problem?) ReadSubscriptions(
        List<SubscriptionPut> list)
    {
        var said = new List<(ContactAddress, string, SubscriptionStatus)>();
        if (list.Count > SubscriptionsAtMost)
            return ([], Problems.Unprocessable("There are too many.", "/subscriptions"));
        for (var i = 0; i < list.Count; i++)
        {
            var one = list[i];
            if (one is null)
                return Wrong(i, "", "It is an object.");
            if (!Addresses.TryReadKind(one.Type, out var kind))
                return Wrong(i, "/type", "The type is email, sms, push or post.");
            if (!Addresses.TryRead(index, kind, one.Address, out var address))
                return Wrong(i, "/address", "This is no address of its type.");
            if (!Addresses.TryReadStatus(one.State, out var status))
                return Wrong(i, "/state",
                    "The state is subscribed, unsubscribed or did_not_subscribe.");
            if (one.Topic is { Length: 0 or > TopicChars })
                return Wrong(i, "/topic", $"A topic has 1 to {TopicChars} characters.");
            said.Add((address, one.Topic ?? "", status));
        }
        return (said, null);

        static (List<(ContactAddress, string, SubscriptionStatus)>, Problem?) Wrong(
            int at, string member, string what) =>
            ([], Problems.Unprocessable(what, $"/subscriptions/{at}{member}"));
    }

    private static (ConsentOrder?, Problem?) Invalid(string what, string pointer) =>
        (null, Problems.Unprocessable(what, pointer));

    [GeneratedRegex("^[a-z][a-z0-9_]{0,39}$", RegexOptions.NonBacktracking)]
    private static partial Regex Word();

    [GeneratedRegex("^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Tag();

    // No @ and no blank: an address or a name has no place in evidence.
    [GeneratedRegex("^[A-Za-z0-9_./:-]{1,200}$", RegexOptions.NonBacktracking)]
    private static partial Regex Surface();
}
