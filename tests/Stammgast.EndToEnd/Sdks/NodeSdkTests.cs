using System.Globalization;
using Stammgast.EndToEnd.Support;
using Xunit;

namespace Stammgast.EndToEnd.Sdks;

/// <summary>
/// The official server SDKs, pinned, from npm, with only their host set: what they send is kept,
/// each event once, also when everything that they retry goes wrong.
/// </summary>
public abstract class NodeSdkContract(Platform platform)
{
    // Two faults a batch keep the SDKs' backoff below 10 s.
    private const int FaultsPerBatch = 2;
    private const int EventsPerBatch = 8;

    /// <summary>The script that drives the SDK.</summary>
    protected abstract string Script { get; }

    /// <summary>What the SDK retries.</summary>
    private protected abstract Fault[] Faults { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_event_is_kept_once()
    {
        Needs.Node();
        await platform.ReadyAsync(Cancel);
        await SendAsync(platform.Url, "plain", 5 * EventsPerBatch);
    }

    [Fact]
    public async Task Nothing_is_lost_and_nothing_doubled_whatever_goes_wrong()
    {
        Needs.Node();
        await platform.ReadyAsync(Cancel);
        await using var proxy = await FaultProxy.StartAsync(
            platform.Url, Numbered.EachMeets(FaultsPerBatch, Faults));
        var batches = (Faults.Length + FaultsPerBatch - 1) / FaultsPerBatch;
        await SendAsync(proxy.Url, "faults", batches * EventsPerBatch);
        Numbered.AssertAllMet(proxy, Faults);
    }

    private async Task SendAsync(Uri host, string name, int count)
    {
        var user = $"{Script}-{name}";
        string[] arguments = [host.ToString().TrimEnd('/'), platform.ServerKey, user,
            count.ToString(CultureInfo.InvariantCulture)];
        await NodeScript.RunAsync(Script, arguments, Cancel);
        await Numbered.AssertKeptOnceAsync(platform, ("user_id", user), count);
    }
}

/// <summary><c>@segment/analytics-node</c>.</summary>
public sealed class SegmentNodeTests(Platform platform) : NodeSdkContract(platform)
{
    protected override string Script => "segment-node.mjs";

    private protected override Fault[] Faults => Fault.SegmentRetries;
}

/// <summary><c>@rudderstack/rudder-sdk-node</c>, which compresses.</summary>
public sealed class RudderNodeTests(Platform platform) : NodeSdkContract(platform)
{
    protected override string Script => "rudder-node.mjs";

    private protected override Fault[] Faults => Fault.RudderRetries;
}
