using Stammgast.Decisions;
using Xunit;
using static Stammgast.Tests.Decisions.Shelf;

namespace Stammgast.Tests.Decisions;

/// <summary>Invariant 8, its pure half; the burst is in <c>ReservationTests</c>.</summary>
public sealed class CapsTests
{
    private const long Hour = 3_600_000;

    [Fact]
    public void A_banner_shows_three_times_in_seven_days_and_then_rests_thirty()
    {
        Contact[] seen = [Banner(6), Banner(3), Banner(1)];
        Assert.Equal(HeldBack.CapOffer, Check(seen, ContactChannel.OnSite, 1));
        Assert.Equal(HeldBack.None, Check(seen, ContactChannel.OnSite, 2));
        Assert.Equal(HeldBack.None, Check([Banner(8), Banner(3), Banner(1)], ContactChannel.OnSite, 1));
        Assert.Equal(HeldBack.CapOffer, Check([Banner(35), Banner(31), Banner(29)], ContactChannel.OnSite, 1));
        Assert.Equal(HeldBack.None, Check([Banner(36), Banner(32), Banner(30)], ContactChannel.OnSite, 1));
    }

    [Fact]
    public void Messages_are_capped_per_channel_in_total_and_by_a_gap()
    {
        Assert.Equal(HeldBack.CapChannel,
            Check([Sent(ContactChannel.Email, 6), Sent(ContactChannel.Email, 2)], ContactChannel.Email, 0));
        Assert.Equal(HeldBack.None, Check([Sent(ContactChannel.Email, 2)], ContactChannel.Email, 0));
        Assert.Equal(HeldBack.CapChannel, Check([Sent(ContactChannel.Sms, 2)], ContactChannel.Sms, 0));
        Contact[] four = [Sent(ContactChannel.Push, 6), Sent(ContactChannel.Push, 5),
            Sent(ContactChannel.Email, 4), Sent(ContactChannel.Email, 3)];
        Assert.Equal(HeldBack.CapTotal, Check(four, ContactChannel.Sms, 0));
        var hours15 = Sent(ContactChannel.Email, 0) with { AtMs = Now - 15 * Hour };
        Assert.Equal(HeldBack.MinGap, Check([hours15], ContactChannel.Push, 0));
        Assert.Equal(HeldBack.None,
            Check([hours15 with { AtMs = Now - 16 * Hour }], ContactChannel.Push, 0));
    }

    [Fact]
    public void Service_messages_count_for_no_cap() =>
        Assert.Equal(HeldBack.None, Check(
            [Sent(ContactChannel.Sms, 0) with { IsService = true }], ContactChannel.Sms, 0));

    [Fact]
    public void Banners_count_for_no_message_cap() =>
        Assert.Equal(HeldBack.None, Check([Banner(0), Banner(0)], ContactChannel.Sms, 5));

    [Fact]
    public void Obeying_the_caps_no_window_ever_exceeds_them()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var contacts = new List<Contact>();
            for (var at = Now; at < Now + 120 * Day; at += random.Next(1, 40) * Hour)
            {
                var channel = (ContactChannel)random.Next(1, 5);
                var offer = (ulong)random.Next(1, 3);
                if (Caps.Check(contacts.ToArray(), channel, offer, (CapRules.Default, at)) == HeldBack.None)
                    contacts.Add(new Contact(at, channel, ContactState.Seen, false, offer, (ulong)at));
            }
            foreach (var last in contacts)
            {
                var week = contacts.Where(c => c.AtMs <= last.AtMs && c.AtMs > last.AtMs - 7 * Day).ToList();
                Assert.True(week.Count(c => c.Channel == ContactChannel.Email) <= 2, $"seed {seed}");
                Assert.True(week.Count(c => c.Channel == ContactChannel.Sms) <= 1, $"seed {seed}");
                Assert.True(week.Count(c => c.Channel == ContactChannel.Push) <= 3, $"seed {seed}");
                Assert.True(week.Count(c => c.Channel != ContactChannel.OnSite) <= 4, $"seed {seed}");
                Assert.True(week.Count(c => c.Offer == last.Offer) <= 3, $"seed {seed}");
            }
        }
    }

    [Fact]
    public void Contacts_and_rests_come_back_from_their_bytes()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var contacts = Contacts.Empty;
            for (var i = random.Next(30); i > 0; i--)
                contacts = contacts.With(new Contact(Now - random.Next(60) * Day,
                    (ContactChannel)random.Next(1, 5), (ContactState)random.Next(1, 3),
                    random.Next(2) == 0, (ulong)random.NextInt64(), (ulong)random.NextInt64()));
            for (var i = random.Next(5); i > 0; i--)
                contacts = contacts.With(new Rest((RestKind)random.Next(1, 4), (ulong)random.Next(9), Now + i), Now);
            var bytes = contacts.Write();
            var back = Contacts.Read(bytes);
            Assert.True(back.Items.SequenceEqual(contacts.Items) && back.Rests.SequenceEqual(contacts.Rests),
                $"seed {seed}");
            for (var length = 1; length < bytes.Length; length += 7)
                Assert.Throws<FormatException>(() => Contacts.Read(bytes.AsSpan(0, length)));
        }
    }

    [Fact]
    public void An_unseen_banner_is_released_and_a_seen_one_stays()
    {
        var contacts = Contacts.Empty.With(Reserved(1)).With(Reserved(2));
        contacts = contacts.Seen(Reserved(2));
        Assert.Equal(Now + 600_000, contacts.NextReleaseMs(600_000));
        var released = contacts.Released(Now);
        Assert.Equal([2UL], released.Items.Select(c => c.Decision));
        Assert.Null(released.NextReleaseMs(600_000));
        // Seen after its release: it did happen, so it counts again.
        Assert.Equal(2, released.Seen(Reserved(1)).Items.Length);
    }

    [Fact]
    public void On_site_contacts_are_kept_ninety_days_and_messages_thirteen_months()
    {
        var contacts = Contacts.Empty.With(Banner(91)).With(Sent(ContactChannel.Email, 395))
            .With(Sent(ContactChannel.Email, 397)).With(Banner(89)).With(Banner(0));
        Assert.Equal(3, contacts.Items.Length);
    }

    [Fact]
    public void Night_is_quiet_and_so_is_the_unknown()
    {
        var berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        Assert.False(QuietHours.Holds(At("2026-01-15T12:00:00+01:00"), berlin, "DE"));
        Assert.True(QuietHours.Holds(At("2026-01-15T21:00:00+01:00"), berlin, "DE"));
        Assert.True(QuietHours.Holds(At("2026-07-15T07:59:00+02:00"), berlin, "DE"));
        Assert.False(QuietHours.Holds(At("2026-07-15T08:00:00+02:00"), berlin, "DE"));
        Assert.False(QuietHours.Holds(At("2026-01-15T21:30:00+01:00"), berlin, "FR"));
        Assert.True(QuietHours.Holds(At("2026-01-18T12:00:00+01:00"), berlin, "FR"));
        Assert.True(QuietHours.Holds(Now, null, "DE"));
    }

    private static long At(string instant) =>
        DateTimeOffset.Parse(instant, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();

    private static Contact Reserved(ulong decision) =>
        new(Now, ContactChannel.OnSite, ContactState.Reserved, false, 1, decision);

    private static Contact Banner(long daysAgo) =>
        new(Now - daysAgo * Day, ContactChannel.OnSite, ContactState.Seen, false, 1, (ulong)daysAgo);

    private static Contact Sent(ContactChannel channel, long daysAgo) =>
        new(Now - daysAgo * Day, channel, ContactState.Seen, false, 0, (ulong)daysAgo);

    private static HeldBack Check(Contact[] union, ContactChannel channel, ulong offer) =>
        Caps.Check(union, channel, offer, (CapRules.Default, Now));
}
