using System.Diagnostics;
using System.Text.Json;
using Stammgast.EndToEnd.Support;
using Xunit;

namespace Stammgast.EndToEnd.Faults;

/// <summary>Read-your-own-writes, and that what was bought is done: at once, and after a restart.</summary>
public sealed class OwnWritesTests
{
    private const int Products = 8;

    // Every placement that can show a product.
    private const string Placements = """
        [{"key":"home.row","type":"items","limit":8},
         {"key":"pdp.row","type":"items","limit":8,"productId":"P-8"},
         {"key":"cart.row","type":"items","limit":8,"exclude":["P-7"]}]
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_call_buys_is_not_offered_by_the_call_nor_by_any_after_it()
    {
        using var data = new DataFolder();
        var calls = Soak.Count(shortly: 5, whole: 100);
        var cell = await StartAsync(data);
        try
        {
            for (var i = 0; i < calls; i++)
            {
                var bought = $"P-{1 + i % 6}";
                var user = $"own-{i}";
                var first = await ExperienceAsync(cell, user, null,
                    Line.Order(user, $"own-m{i}", $"own-o{i}", (bought, 10)));
                AssertSpared(first, bought);
                AssertSpared(await CurrentAsync(
                    cell, user, first.GetProperty("position").GetString()), bought);
                AssertSpared(await ExperienceAsync(cell, user, null), bought);
            }
            // Acknowledged, not necessarily folded, and the process is gone.
            var last = await cell.PostAsync("/v1/track", cell.ServerKey,
                Line.Order("own-last", "own-last-m", "own-last-o", ("P-2", 10)), Cancel);
            var position = last.Ok().GetProperty("position").GetString();
            await cell.KillAsync();
            await cell.DisposeAsync();
            cell = await StartAsync(data);
            AssertSpared(await CurrentAsync(cell, "own-last", position), "P-2");
            for (var i = 0; i < calls; i++)
                AssertSpared(await ExperienceAsync(cell, $"own-{i}", null), $"P-{1 + i % 6}");
        }
        finally
        {
            await cell.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_event_of_one_call_is_seen_by_another_call_that_names_its_position()
    {
        using var data = new DataFolder();
        var calls = Soak.Count(shortly: 20, whole: 400);
        await using var cell = await StartAsync(data);
        for (var i = 0; i < calls; i++)
        {
            var user = $"after-{i}";
            var bought = $"P-{1 + i % 6}";
            var sent = await cell.PostAsync("/v1/track", cell.ServerKey,
                Line.Order(user, $"after-m{i}", $"after-o{i}", (bought, 10)), Cancel);
            AssertSpared(await CurrentAsync(
                cell, user, sent.Ok().GetProperty("position").GetString()), bought);
        }
    }

    [Fact]
    public async Task What_was_bought_elsewhere_is_done_within_five_seconds_without_a_position()
    {
        using var data = new DataFolder();
        await using var cell = await StartAsync(data);
        await ExperienceAsync(cell, "soon", null, Line.View("\"userId\":\"soon\"", "soon-v", "P-5"));
        (await cell.PostAsync("/v1/track", cell.ServerKey,
            Line.Order("soon", "soon-m", "soon-o", ("P-3", 10)), Cancel)).Ok();
        await Task.Delay(TimeSpan.FromSeconds(5), Cancel);
        AssertSpared(await ExperienceAsync(cell, "soon", null), "P-3");
    }

    [Fact]
    public async Task A_position_of_before_a_restart_needs_nothing_new_to_be_reached()
    {
        using var data = new DataFolder();
        string? position;
        await using (var cell = await StartAsync(data))
        {
            var sent = await cell.PostAsync("/v1/track", cell.ServerKey,
                Line.View("\"userId\":\"calm\"", "calm-m", "P-1"), Cancel);
            position = sent.Ok().GetProperty("position").GetString();
            await cell.FoldedAsync(Cancel);
            // The log writes down what is acknowledged within moments.
            await Task.Delay(TimeSpan.FromSeconds(1), Cancel);
        }
        await using var later = await StartAsync(data);
        await later.FoldedAsync(Cancel);
        var answer = await ExperienceAsync(later, "calm", position);
        Assert.False(IsStale(answer), answer.GetRawText());
    }

    private static async Task<CellProcess> StartAsync(DataFolder data)
    {
        var cell = await CellProcess.StartAsync(data.Path, Cancel);
        (await cell.SendAsync(HttpMethod.Put, "/v1/catalog/products", cell.AdminKey,
            Line.Products(Products), Cancel)).Ok();
        // The models' shelf of products is filled anew within moments.
        await Eventually.HoldsAsync("something is offered", async () =>
            Shown((await ExperienceAsync(cell, null, null)).GetProperty("decisions")[0]).Any(),
            Cancel);
        return cell;
    }

    private static async Task<JsonElement> ExperienceAsync(
        CellProcess cell, string? user, string? after, params IEnumerable<string> events)
    {
        string Text(string? value) => value is null ? "null" : $"\"{value}\"";
        return (await cell.PostAsync("/v1/experience", cell.ServerKey, $$"""
            {"userId":{{Text(user)}},"after":{{Text(after)}},"events":[{{string.Join(',', events)}}],
             "placements":{{Placements}}}
            """, Cancel)).Ok();
    }

    // An answer waits 5 ms for the position that the caller knows, and else says that it is stale;
    // it may not be for long.
    private static async Task<JsonElement> CurrentAsync(
        CellProcess cell, string user, string? position)
    {
        var since = Stopwatch.StartNew();
        var answer = await Eventually.GetAsync(
            () => ExperienceAsync(cell, user, position), one => !IsStale(one), Cancel);
        Assert.True(since.Elapsed < TimeSpan.FromSeconds(5), $"stale for {since.Elapsed}");
        return answer;
    }

    private static bool IsStale(JsonElement answer) =>
        answer.TryGetProperty("stale", out var stale) && stale.GetBoolean();

    private static void AssertSpared(JsonElement answer, string product)
    {
        foreach (var decision in answer.GetProperty("decisions").EnumerateArray())
            Assert.False(Shown(decision).Contains(product), $"{product} in {answer.GetRawText()}");
    }

    private static IEnumerable<string> Shown(JsonElement decision) =>
        decision.GetProperty("items").ValueKind != JsonValueKind.Array ? [] :
            decision.GetProperty("items").EnumerateArray()
                .Select(item => item.GetProperty("productId").GetString()!);
}
