using System.Diagnostics;
using System.Globalization;
using Stammgast.Kernels;
using Stammgast.Tests.Support;
using Xunit;

namespace Stammgast.Tests.Kernels;

/// <summary>Public click logs, their own splits; gates a little below what the method reaches.</summary>
public sealed class SessionKnnGateTests
{
    private const int Top = 20;

    [Fact]
    public void Next_clicks_of_the_recsys_challenge_are_found_often_and_early()
    {
        var folder = "sessions/rsc15_100k/yoochoose-clicks-100k_";
        var (hits, ranks) = Evaluate(folder + "train_full.txt.gz", folder + "test.txt.gz", false);
        Assert.True(hits >= .685, $"HR@20 {hits:F4}");
        Assert.True(ranks >= .365, $"MRR@20 {ranks:F4}");
    }

    [Fact]
    public void Next_clicks_are_found_where_the_page_itself_may_not_be_shown()
    {
        var (hits, ranks) = Evaluate("sessions/serenade_example/train.txt.gz",
            "sessions/serenade_example/test.txt.gz", true);
        Assert.True(hits >= .655, $"HR@20 {hits:F4}");
        Assert.True(ranks >= .335, $"MRR@20 {ranks:F4}");
    }

    private static (double Hits, double Ranks) Evaluate(string train, string test, bool excludeCurrent)
    {
        var ids = new Dictionary<string, int>();
        if (EvaluationData.Lines(train) is not { } trainLines
            || EvaluationData.Lines(test) is not { } testLines)
            return (1, 1);
        var model = SessionKnn.Build(Sessions(trainLines, ids));
        var known = ids.Count;
        var work = new SessionKnn.Work();
        var (asked, hits, ranks) = (0, 0, 0.0);
        var watch = Stopwatch.StartNew();
        foreach (var session in Sessions(testLines, ids))
        {
            for (var at = 1; at < session.Length; at++)
            {
                if (session[at] >= known)
                    continue;
                asked++;
                var found = model.Query(session.AsSpan(0, at), Top + 1, work);
                var rank = 0;
                foreach (var item in found)
                {
                    if (excludeCurrent && item.Item == session[at - 1])
                        continue;
                    if (++rank > Top)
                        break;
                    if (item.Item != session[at])
                        continue;
                    hits++;
                    ranks += 1.0 / rank;
                    break;
                }
            }
        }
        EvaluationData.Say(string.Create(CultureInfo.InvariantCulture,
            $"{asked} asked, HR@20 {(double)hits / asked:F4}, MRR@20 {ranks / asked:F4}, {watch.Elapsed.TotalMicroseconds / asked:F0} µs each"));
        return ((double)hits / asked, ranks / asked);
    }

    // Sessions by the time of their last click, clicks by time.
    private static List<int[]> Sessions(IEnumerable<string> lines, Dictionary<string, int> ids)
    {
        var sessions = new Dictionary<string, List<(double At, int Item)>>();
        foreach (var line in lines.Skip(1))
        {
            var cells = line.Split('\t');
            if (!ids.TryGetValue(cells[1], out var item))
                ids.Add(cells[1], item = ids.Count);
            if (!sessions.TryGetValue(cells[0], out var clicks))
                sessions.Add(cells[0], clicks = []);
            clicks.Add((double.Parse(cells[2], CultureInfo.InvariantCulture), item));
        }
        return [.. sessions.Values.OrderBy(clicks => clicks.Max(click => click.At))
            .Select(clicks => clicks.OrderBy(click => click.At).Select(click => click.Item).ToArray())];
    }
}
