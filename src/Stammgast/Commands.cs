using System.CommandLine;
using Stammgast.Demo;
using Stammgast.Keys;

namespace Stammgast;

/// <summary>The verbs of the one binary. A verb is made by the room that does its work.</summary>
internal static class Commands
{
    /// <summary>Each verb's factory, in the order in which <c>--help</c> shows them.</summary>
    public static readonly IReadOnlyList<Func<Command>> All = [Demo, Serve, Import, Operations.BenchCommand.Create];

    /// <summary>
    /// The exit code of what an operator can mend, told in one line; null: a bug, told in full.
    /// </summary>
    public static int? ExitCodeOf(Exception why) => why switch
    {
        Consent.ConsentConfigurationException => 78,
        InvalidDataException => 65,
        FolderInUseException => FolderInUseException.ExitCode,
        IOException or UnauthorizedAccessException => 74,
        _ => null,
    };

    private static Command Demo() => DemoCommand.Create(
        (options, cancel) => ToldAsync(() => RoomsDemo.RunAsync(options, cancel)));

    private static Command Import() => Collect.ImportCommand.Make(FlowImport.OpenAsync);

    private static Command Serve()
    {
        var port = new Option<int>("--port")
        {
            Description = "TCP port; 0: any free one.",
            DefaultValueFactory = _ => 5280,
        };
        var data = new Option<DirectoryInfo>("--data")
        {
            Description = "The cell's data folder; made if absent.",
            DefaultValueFactory = _ => new DirectoryInfo("data"),
        };
        var everywhere = new Option<bool>("--public")
        {
            Description = "Listens on all addresses, behind a proxy that ends TLS; else on loopback.",
        };
        var serve = new Command("serve", """
            Runs a cell. The first start prints an admin key, once.

            Examples:
              stammgast serve
              stammgast serve --data /srv/cell --port 8080 --public

            Exit codes: 0 stopped, 65 a file of the cell is damaged or missing, 70 a loop broke,
            74 input or output failed (the port is taken), 75 another process has the folder,
            78 purposes.json or notices.json is wrong.
            """)
        {
            port, data, everywhere,
        };
        serve.SetAction((parsed, cancel) => ToldAsync(() => ServeAsync(
            new CellOptions
            {
                Port = parsed.GetValue(port),
                Data = parsed.GetValue(data)!,
                Public = parsed.GetValue(everywhere),
            },
            cancel)));
        return serve;
    }

    private static async Task<int> ToldAsync(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (Exception why) when (ExitCodeOf(why) is { } code)
        {
            await Console.Error.WriteLineAsync("stammgast: " + why.Message);
            return code;
        }
    }

    private static async Task<int> ServeAsync(CellOptions options, CancellationToken cancel)
    {
        await using var cell = await Cell.OpenAsync(options, TimeProvider.System, cancel);
        await using var app = Rooms.Build(cell);
        await Rooms.RunAsync(cell, app, () => GreetAsync(cell, app, cancel), cancel);
        return Environment.ExitCode;
    }

    // A cell without keys could never be told anything: the first start makes one and shows it once.
    private static async Task GreetAsync(Cell cell, WebApplication app, CancellationToken cancel)
    {
        Console.WriteLine($"Stammgast serves at {app.Urls.First()}");
        if (cell.ApiKeys.All.Count > 0)
            return;
        var made = await cell.NewKeyAsync(ApiKeyKind.Admin, "first", cancel);
        Console.WriteLine("This admin key is shown once; POST /v1/keys makes the others:");
        Console.WriteLine(made);
    }
}
