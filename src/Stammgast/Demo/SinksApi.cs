namespace Stammgast.Demo;

/// <summary>
/// The far ends of the demo: what would have been sent, and the clock. No channel sends mail or
/// short messages yet, so both sinks are honestly empty.
/// </summary>
internal static class SinksApi
{
    /// <summary>Adds the routes.</summary>
    public static void Map(IEndpointRouteBuilder app, DemoClock clock)
    {
        var sinks = app.MapGroup("/demo").AddEndpointFilter(Guard.ApplyAsync)
            .ExcludeFromDescription();
        sinks.MapGet("/mail", () => Results.Json(Array.Empty<string>(), DemoJson.Default.StringArray));
        sinks.MapGet("/sms", () => Results.Json(Array.Empty<string>(), DemoJson.Default.StringArray));
        sinks.MapGet("/clock", () => Now(clock));
        sinks.MapPost("/clock", (ClockMove move) => clock.TryAdvanceTo(move.Now)
            ? Now(clock)
            : Results.Problem("The demo's clock goes forward only.", statusCode: 409));
    }

    private static IResult Now(DemoClock clock) =>
        Results.Json(new ClockMove(clock.GetUtcNow()), DemoJson.Default.ClockMove);
}
