using System.CommandLine;
using System.Globalization;

namespace Stammgast.Demo;

/// <summary>The verb <c>demo</c>.</summary>
internal static class DemoCommand
{
    private const double SlowestSpeed = 0.001;
    private const double FastestSpeed = 100_000;

    /// <summary>Makes the verb.</summary>
    /// <param name="run">Runs the demo until cancelled; given by the root, which composes cells.</param>
    public static Command Create(Func<DemoOptions, CancellationToken, Task<int>> run)
    {
        var port = new Option<int>("--port")
        {
            Description = "TCP port on loopback; 0: any free one.",
            DefaultValueFactory = _ => 5280,
        };
        var data = new Option<DirectoryInfo>("--data")
        {
            Description = "The cell's data folder; made if absent.",
            DefaultValueFactory = _ => new DirectoryInfo(Path.Combine("data", "demo")),
        };
        var now = new Option<DateTimeOffset?>("--now")
        {
            Description = "Where the demo's clock starts, such as 2026-11-22T08:00:00Z.",
            CustomParser = result => DateTimeOffset.TryParse(result.Tokens[0].Value,
                CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
                ? moment : Fault(result, "An instant is such as 2026-11-22T08:00:00Z."),
        };
        var speed = new Option<double>("--speed")
        {
            Description = "The demo's seconds per real second.",
            DefaultValueFactory = _ => 1,
        };
        speed.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double>() is not (>= SlowestSpeed and <= FastestSpeed))
                result.AddError("--speed is between 0.001 and 100000.");
        });
        var empty = new Option<bool>("--empty")
        {
            Description = "Starts without the past and the demo assortment.",
        };
        var json = new Option<bool>("--json")
        {
            Description = "Prints one JSON line when ready, instead of pictures.",
        };
        var demo = new Command("demo", """
            Runs a cell with the demo shop and its past.

            Examples:
              stammgast demo
              stammgast demo --port 0 --json --empty

            Exit codes: as of serve.
            """)
        {
            port, data, now, speed, empty, json,
        };
        demo.SetAction((parsed, cancel) => run(new DemoOptions
        {
            Port = parsed.GetValue(port),
            Data = parsed.GetValue(data)!,
            Now = parsed.GetValue(now),
            Speed = parsed.GetValue(speed),
            Empty = parsed.GetValue(empty),
            Json = parsed.GetValue(json),
        }, cancel));
        return demo;
    }

    private static DateTimeOffset? Fault(System.CommandLine.Parsing.ArgumentResult result, string why)
    {
        result.AddError(why);
        return null;
    }
}
