namespace Stammgast.Consent;

/// <summary>
/// The purposes that the product itself names. Their keys and bits are fixed for ever: events,
/// consents and keys are stored with them. A configuration that moves one is refused at start.
/// </summary>
public static class KnownPurposes
{
    /// <summary><c>essential.service</c>: order and account.</summary>
    public static readonly Purpose Service = new(0);

    /// <summary><c>essential.service.notifications.email</c>.</summary>
    public static readonly Purpose ServiceEmail = new(1);

    /// <summary><c>essential.service.notifications.sms</c>.</summary>
    public static readonly Purpose ServiceSms = new(2);

    /// <summary><c>essential.service.payment_processing</c>.</summary>
    public static readonly Purpose Payment = new(3);

    /// <summary><c>essential.service.operations.support</c>: service desk.</summary>
    public static readonly Purpose Support = new(4);

    /// <summary><c>essential.fraud_detection</c>.</summary>
    public static readonly Purpose FraudDetection = new(5);

    /// <summary><c>essential.legal_obligation</c>: books, proofs, requests.</summary>
    public static readonly Purpose LegalObligation = new(6);

    /// <summary><c>functional.storage</c>: keeping something on the device.</summary>
    public static readonly Purpose Storage = new(8);

    /// <summary><c>functional.service.improve</c>.</summary>
    public static readonly Purpose Improve = new(9);

    /// <summary><c>personalize.content.limited</c>: by what is looked at just now.</summary>
    public static readonly Purpose LimitedContent = new(12);

    /// <summary><c>personalize.content.profiling</c>: making a profile.</summary>
    public static readonly Purpose Profiling = new(13);

    /// <summary><c>personalize.content.profiled</c>: using it for rows, banners, order.</summary>
    public static readonly Purpose ProfiledContent = new(14);

    /// <summary><c>personalize.fit</c>: body data, size advice.</summary>
    public static readonly Purpose Fit = new(15);

    /// <summary><c>personalize.advice</c>: what an advisor sees.</summary>
    public static readonly Purpose Advice = new(16);

    /// <summary><c>marketing.communications.email</c>.</summary>
    public static readonly Purpose MarketingEmail = new(20);

    /// <summary><c>marketing.communications.sms</c>.</summary>
    public static readonly Purpose MarketingSms = new(21);

    /// <summary><c>marketing.communications.push</c>.</summary>
    public static readonly Purpose MarketingPush = new(22);

    /// <summary><c>marketing.communications.post</c>.</summary>
    public static readonly Purpose MarketingPost = new(23);

    /// <summary><c>marketing.communications.onsite</c>.</summary>
    public static readonly Purpose MarketingOnsite = new(24);

    /// <summary><c>marketing.advertising.first_party.contextual</c>.</summary>
    public static readonly Purpose ContextualAdvertising = new(28);

    /// <summary><c>marketing.advertising.first_party.targeted</c>.</summary>
    public static readonly Purpose TargetedAdvertising = new(29);

    /// <summary><c>marketing.advertising.profiling</c>.</summary>
    public static readonly Purpose AdvertisingProfiling = new(30);

    /// <summary><c>marketing.advertising.frequency_capping</c>: objectable.</summary>
    public static readonly Purpose FrequencyCapping = new(31);

    /// <summary><c>marketing.advertising.negative_targeting</c>: suppressing; objectable.</summary>
    public static readonly Purpose NegativeTargeting = new(32);

    /// <summary><c>marketing.advertising.third_party.targeted</c>.</summary>
    public static readonly Purpose ThirdPartyAdvertising = new(33);

    /// <summary><c>analytics.reporting.ad_performance</c>.</summary>
    public static readonly Purpose AdPerformance = new(36);

    /// <summary><c>analytics.reporting.content_performance</c>.</summary>
    public static readonly Purpose ContentPerformance = new(37);

    /// <summary><c>analytics.reporting.campaign_insights</c>.</summary>
    public static readonly Purpose CampaignInsights = new(38);

    /// <summary><c>third_party_sharing</c>.</summary>
    public static readonly Purpose ThirdPartySharing = new(44);

    /// <summary><c>train_ai_system</c>.</summary>
    public static readonly Purpose TrainModels = new(45);

    /// <summary>All of them with their keys.</summary>
    public static IReadOnlyDictionary<string, Purpose> All { get; } =
        new Dictionary<string, Purpose>(StringComparer.Ordinal)
        {
            ["essential.service"] = Service,
            ["essential.service.notifications.email"] = ServiceEmail,
            ["essential.service.notifications.sms"] = ServiceSms,
            ["essential.service.payment_processing"] = Payment,
            ["essential.service.operations.support"] = Support,
            ["essential.fraud_detection"] = FraudDetection,
            ["essential.legal_obligation"] = LegalObligation,
            ["functional.storage"] = Storage,
            ["functional.service.improve"] = Improve,
            ["personalize.content.limited"] = LimitedContent,
            ["personalize.content.profiling"] = Profiling,
            ["personalize.content.profiled"] = ProfiledContent,
            ["personalize.fit"] = Fit,
            ["personalize.advice"] = Advice,
            ["marketing.communications.email"] = MarketingEmail,
            ["marketing.communications.sms"] = MarketingSms,
            ["marketing.communications.push"] = MarketingPush,
            ["marketing.communications.post"] = MarketingPost,
            ["marketing.communications.onsite"] = MarketingOnsite,
            ["marketing.advertising.first_party.contextual"] = ContextualAdvertising,
            ["marketing.advertising.first_party.targeted"] = TargetedAdvertising,
            ["marketing.advertising.profiling"] = AdvertisingProfiling,
            ["marketing.advertising.frequency_capping"] = FrequencyCapping,
            ["marketing.advertising.negative_targeting"] = NegativeTargeting,
            ["marketing.advertising.third_party.targeted"] = ThirdPartyAdvertising,
            ["analytics.reporting.ad_performance"] = AdPerformance,
            ["analytics.reporting.content_performance"] = ContentPerformance,
            ["analytics.reporting.campaign_insights"] = CampaignInsights,
            ["third_party_sharing"] = ThirdPartySharing,
            ["train_ai_system"] = TrainModels,
        };
}
