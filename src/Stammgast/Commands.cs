using System.CommandLine;

namespace Stammgast;

/// <summary>The verbs of the one binary. A verb is made by the room that does its work.</summary>
internal static class Commands
{
    /// <summary>Each verb's factory, in the order in which <c>--help</c> shows them.</summary>
    public static readonly IReadOnlyList<Func<Command>> All = [Serve];

    private static Command Serve()
    {
        var port = new Option<int>("--port")
        {
            Description = "TCP port to listen on, loopback only unless --bind says otherwise.",
            DefaultValueFactory = _ => 5280,
        };
        var data = new Option<DirectoryInfo>("--data")
        {
            Description = "The cell's data folder; made if absent.",
            DefaultValueFactory = _ => new DirectoryInfo("data"),
        };
        var serve = new Command("serve", "Runs a cell.") { port, data };
        serve.SetAction(async (parsed, cancel) =>
        {
            await using var app = Rooms.Build(parsed.GetValue(port), parsed.GetValue(data)!);
            await app.RunAsync(cancel);
            return 0;
        });
        return serve;
    }
}
