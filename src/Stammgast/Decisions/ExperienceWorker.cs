using System.Security.Cryptography;
using Stammgast.Catalogue;
using Stammgast.Collect;
using Stammgast.Consent;
using Stammgast.Identity;
using Stammgast.Intelligence;
using Stammgast.Keys;
using Stammgast.Profiles;
using Stammgast.Storage;

namespace Stammgast.Decisions;

/// <summary>What <see cref="ExperienceWorker"/> is composed of.</summary>
internal sealed record ExperienceParts
{
    /// <summary>Takes the request's events.</summary>
    public required CollectWorker Collect { get; init; }

    /// <summary>Loads persons.</summary>
    public required ProfileReaderWorker Profiles { get; init; }

    /// <summary>Holds what was said by persons of whom nothing is folded yet.</summary>
    public required IStore Store { get; init; }

    /// <summary>Opens it.</summary>
    public required PersonKeys Keys { get; init; }

    /// <summary>The catalogue now.</summary>
    public required Func<CatalogueSnapshot> Catalogue { get; init; }

    /// <summary>The models now.</summary>
    public required Func<ModelSet> Models { get; init; }

    /// <summary>The cell's purposes.</summary>
    public required Purposes Purposes { get; init; }

    /// <summary>How identifiers join, for the overlay of the request's own events.</summary>
    public required IdentityRules Identity { get; init; }

    /// <summary>Whether withdrawals have been read within the last second.</summary>
    public required Func<bool> ConsentsFresh { get; init; }

    /// <summary>How far the fold has come.</summary>
    public required FlowProgress Progress { get; init; }

    /// <summary>Who watches the line.</summary>
    public required FlowNotices Notices { get; init; }

    /// <summary>Decides under caps, durably.</summary>
    public required ReservationWorker Reservations { get; init; }

    /// <summary>Obeys the customer's words.</summary>
    public required FeedbackWorker Feedback { get; init; }

    /// <summary>Motifs.</summary>
    public required ResourceWorker<Motif> Motifs { get; init; }

    /// <summary>The stop button.</summary>
    public required StopWorker Stops { get; init; }

    /// <summary>The latest decisions, for staff.</summary>
    public required RecentDecisions Recent { get; init; }

    /// <summary>The cell's clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Settings.</summary>
    public required ExperienceOptions Options { get; init; }
}

/// <summary>How an experience call ended.</summary>
internal abstract record Experienced
{
    private Experienced()
    {
    }

    /// <summary>The 200.</summary>
    public sealed record Answer(Answered Value) : Experienced;

    /// <summary>Nothing of it was done.</summary>
    public sealed record Refused(Problem Problem) : Experienced;
}

/// <summary>A call as the API hands it over.</summary>
/// <param name="Key">Who calls.</param>
/// <param name="Asker">For whom decisions are, as far as proven.</param>
/// <param name="Request">The placements' half.</param>
/// <param name="Body">The body, for Collect.</param>
/// <param name="Events">How the body came in.</param>
internal readonly record struct ExperienceCall(
    ApiKey Key, Asker Asker, ExperienceRequest Request, ReadOnlyMemory<byte> Body,
    CollectRequest Events);

/// <summary>
/// Events in, decisions out: (1) wait shortly for the position that the caller knows, (2) take the
/// events while the person is loaded, (3) lay the accepted events over the person, (4) cut what may
/// be known, (5) ask the models, (6) decide and reserve in one commit. Whatever fails on the way
/// to the person leaves an answer without her, never none. Any thread.
/// </summary>
internal sealed class ExperienceWorker(ExperienceParts parts)
{
    private int deciding;

    /// <summary>Answers one call.</summary>
    public async ValueTask<Experienced> AnswerAsync(ExperienceCall call, CancellationToken cancel)
    {
        var isShed = Interlocked.Increment(ref deciding) > parts.Options.ConcurrentDecisions;
        try
        {
            return await AnswerAsync(call, isShed, cancel);
        }
        finally
        {
            Interlocked.Decrement(ref deciding);
        }
    }

    /// <summary>For a call that there is no room for: see <c>CollectWorker.LowerOnlyAsync</c>.</summary>
    public ValueTask<Problem> LowerOnlyAsync(
        ApiKey key, ReadOnlyMemory<byte> body, CollectRequest events, CancellationToken cancel) =>
        parts.Collect.LowerOnlyAsync(key, body, events, cancel);

    private async ValueTask<Experienced> AnswerAsync(
        ExperienceCall call, bool isShed, CancellationToken cancel)
    {
        // 1
        var isCurrent = call.Request.After is not { } after
            || await parts.Progress.WaitAsync(
                after, TimeSpan.FromMilliseconds(parts.Options.AfterWaitMs), cancel);
        // 2
        var isDegraded = (isShed || !parts.ConsentsFresh()) && call.Asker.Leaf != LeafId.None;
        var loading = isDegraded || call.Asker.Leaf == LeafId.None
            ? Task.FromResult<Profile?>(null) : LoadAsync(call.Asker.Leaf, cancel);
        var collected = call.Request.HasEvents
            ? await parts.Collect.AcceptAsync(call.Key, call.Body, call.Events, cancel) : null;
        var profile = await loading;
        if (collected is Collected.Refused refused)
            return new Experienced.Refused(refused.Problem);
        var accepted = collected as Collected.Accepted;
        // Loaded beside it: a lowering may stand on another of her leaves than the one that asks.
        if (profile is not null && accepted is { Lowers: true })
            profile = await LoadAsync(call.Asker.Leaf, cancel);
        var decided = await DecideAsync(call, profile, accepted?.Events ?? [], isDegraded, cancel);
        return new Experienced.Answer(new Answered
        {
            Position = accepted?.Position ?? parts.Progress.Folded,
            IsStale = !isCurrent,
            IsDegraded = isDegraded || decided.IsDegraded,
            Fates = accepted?.Fates ?? [],
            Decisions = decided.Decisions,
            Motifs = decided.Motifs,
            Locale = call.Request.Locale,
        });
    }

    private async Task<Profile?> LoadAsync(LeafId leaf, CancellationToken cancel)
    {
        try
        {
            if (await parts.Profiles.LoadAsync(leaf, cancel) is { } known)
                return known;
            // Nothing folded yet, but she may have said no already.
            var consents = await parts.Store.LoadAsync([ConsentRows.KeyOf(leaf)], cancel);
            return ConsentRows.TryOpen(parts.Keys, consents[0], out var said)
                ? new Profile(leaf, [], parts.Purposes, NowMs()) { Refused = said.Lowered } : null;
        }
        catch (KeyGoneException)
        {
            // Being erased: nobody any more.
            return null;
        }
    }

    private async ValueTask<(IReadOnlyList<Decision> Decisions, bool IsDegraded, IReadOnlyList<Motif> Motifs)>
        DecideAsync(ExperienceCall call, Profile? profile, IReadOnlyList<Event> events,
            bool isDegraded, CancellationToken cancel)
    {
        var cpu = Station.ThreadCpuNs();
        var context = Context();
        var asker = call.Asker;
        var placements = call.Request.Placements;
        // 3
        if (profile is null)
        {
            var why = isDegraded ? HeldBack.Degraded : HeldBack.None;
            var generic = Decide(placements, context, new(null, null, why));
            Station.Decide.Add(placements.Count, cpu);
            Tell(generic, LeafId.None);
            return (generic, false, context.Motifs);
        }
        var (whole, isRefused) = Overlaid(profile, asker.Leaf, events);
        // 4
        var (facts, taste) = PersonCut.Of(whole, asker.IsAlone ? whole.Alone(asker.Leaf) : whole,
            isRefused ? HeldBack.PurposeRefused : asker.Refused);
        facts = facts with { IsHoldout = IsHoldout(whole) };
        var isPersonal = facts.Personalisation == HeldBack.None;
        var plan = new Plan(facts, taste, HeldBack.None);
        if (!isPersonal)
        {
            // Nothing of her is kept: what was decided is nobody's.
            var suppressed = Decide(placements, context, plan);
            Station.Decide.Add(placements.Count, cpu);
            Tell(suppressed, LeafId.None);
            return (suppressed, false, context.Motifs);
        }
        // 5 and 6
        var candidates = Candidates(placements, context, taste);
        Station.Decide.Add(placements.Count, cpu);
        var decisions = await ReserveAsync(call, (whole, context), (plan, candidates), cancel);
        await parts.Feedback.ObserveAsync(events, cancel);
        Tell(decisions ?? [], asker.Leaf);
        return decisions is not null ? (decisions, false, context.Motifs)
            : (Decide(placements, context, new(null, null, HeldBack.Degraded)), true, context.Motifs);
    }

    private async ValueTask<IReadOnlyList<Decision>?> ReserveAsync(
        ExperienceCall call, (Profile Whole, DecisionContext Context) now,
        (Plan Plan, Candidate[][] Candidates) asked, CancellationToken cancel)
    {
        var leaf = call.Asker.Leaf;
        LeafId[] leaves = [.. now.Whole.Leaves.Append(leaf).Append(now.Whole.Root).Distinct()];
        try
        {
            var rests = await parts.Feedback.RestsAsync(
                PersonCut.Objections(now.Whole), leaves, cancel);
            return await parts.Reservations.DecideAsync(
                new Owner(now.Whole.Root, leaf, leaves), rests,
                (parts.Options.Caps, now.Context.NowMs),
                (in ContactUnion contacts) => Decide(
                    call.Request.Placements, now.Context, asked.Plan, asked.Candidates, contacts),
                cancel);
        }
        catch (Exception gone) when (gone is KeyGoneException or OverloadedException)
        {
            // Erased meanwhile, or the store is full: without a reservation, without her.
            return null;
        }
    }

    private static List<Decision> Decide(
        IReadOnlyList<Placement> placements, DecisionContext context, Plan plan) =>
        Decide(placements, context, plan, Candidates(placements, context, plan.Taste),
            new ContactUnion([], []));

    private static List<Decision> Decide(
        IReadOnlyList<Placement> placements, DecisionContext context, Plan plan,
        Candidate[][] candidates, in ContactUnion contacts)
    {
        var decisions = new List<Decision>(placements.Count);
        // Two placements of one page share its caps, so contacts grow from one to the next.
        var union = new List<Contact>(contacts.Items);
        var salt = RandomNumberGenerator.GetInt32(1 << 17);
        for (var i = 0; i < placements.Count; i++)
        {
            var person = plan.Facts is null ? null : plan.Facts with
            {
                Contacts = union.ToArray(),
                Rests = contacts.Rests,
                Facts = plan.Facts.Facts
                    | (union.Count + contacts.Rests.Length > 0 ? FactsUsed.Contacts : FactsUsed.None),
            };
            var blocked = plan.Blocked != HeldBack.None
                && placements[i].Type == PlacementType.Banner ? plan.Blocked : HeldBack.None;
            var decision = DecisionPipeline.Decide(
                placements[i], context with { Blocked = blocked }, person, candidates[i])
                with
            { Id = IdOf(context, salt, i) };
            decisions.Add(decision);
            if (ReservationWorker.Reservation(decision) is { } contact)
                union.Add(contact);
        }
        return decisions;
    }

    private static Candidate[][] Candidates(
        IReadOnlyList<Placement> placements, DecisionContext context, Taste? taste)
    {
        var candidates = new Candidate[placements.Count][];
        for (var i = 0; i < candidates.Length; i++)
            candidates[i] = ExperienceCandidates.Of(
                placements[i], context.Models, taste, (context.Catalogue, context.NowMs));
        return candidates;
    }

    // What the request's own events say and refuse counts at once; what they grant counts at once
    // for a leaf that is new, and else when it is folded: a ledger never widens by an overlay.
    private (Profile Profile, bool IsRefused) Overlaid(
        Profile profile, LeafId leaf, IReadOnlyList<Event> events)
    {
        var own = new List<Event>(events.Count);
        PurposeSet given = default, lowered = profile.Refused;
        foreach (var e in events)
        {
            if (e.Leaf != leaf)
                continue;
            own.Add(e);
            given |= e.Stamp.Granted;
            lowered |= e.Stamp.Refused;
        }
        var overlaid = own.Count == 0 ? profile
            : profile.With(own, parts.Purposes.Allowed(given - lowered, lowered), parts.Identity);
        return (overlaid, (lowered - profile.Refused).Has(KnownPurposes.ProfiledContent));
    }

    private DecisionContext Context()
    {
        var models = parts.Models();
        Span<byte> random = stackalloc byte[8];
        RandomNumberGenerator.Fill(random);
        return new DecisionContext
        {
            Catalogue = parts.Catalogue(),
            Motifs = parts.Motifs.Values,
            NowMs = NowMs(),
            RequestId = BitConverter.ToUInt64(random),
            Models = models,
            Caps = parts.Options.Caps,
            Stops = parts.Stops.Current,
            QualityFloor = parts.Options.QualityFloor,
        };
    }

    // 42 bits of time, 17 random ones, 5 for the place within the request: a person's decisions lie
    // in the order of time, and two nodes never give one id.
    private static DecisionId IdOf(DecisionContext context, int salt, int place) =>
        new(new UInt128(context.RequestId,
            (ulong)context.NowMs << 22 | (ulong)salt << 5 | (uint)place));

    // Who is out on one device is out on all of them: holdout wins in a merge.
    private bool IsHoldout(Profile whole)
    {
        if (parts.Options.HoldoutPercent <= 0)
            return false;
        foreach (var leaf in whole.Leaves)
        {
            if (KeyHash.Mix((ulong)leaf.Value) % 100 < (ulong)parts.Options.HoldoutPercent)
                return true;
        }
        return false;
    }

    private void Tell(IReadOnlyList<Decision> decisions, LeafId leaf)
    {
        for (var i = 0; i < decisions.Count; i++)
        {
            parts.Recent.Add(decisions[i], leaf);
            if (parts.Notices.Watched)
                parts.Notices.Publish(new FlowNotice.Decided(
                    decisions[i].AtMs, leaf, decisions[i].Id, decisions[i].Placement));
        }
    }

    private long NowMs() => parts.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private readonly record struct Plan(PersonFacts? Facts, Taste? Taste, HeldBack Blocked);
}
