using System.CommandLine;
using Stammgast;

var root = new RootCommand(
    "Stammgast: a self-hosted, privacy-first, real-time customer data and experience platform.");
foreach (var command in Commands.All)
    root.Subcommands.Add(command());
return await root.Parse(args).InvokeAsync();
