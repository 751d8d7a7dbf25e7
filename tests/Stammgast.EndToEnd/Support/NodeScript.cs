using System.Diagnostics;

namespace Stammgast.EndToEnd.Support;

/// <summary>Runs a script beside the pinned npm packages and waits for its end.</summary>
internal static class NodeScript
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>What it wrote; a non-zero exit fails the test with it.</summary>
    public static async Task<string> RunAsync(
        string file, IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(Needs.Node())
        {
            WorkingDirectory = Checkout.Npm,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(file);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)
            ?? throw new InvalidOperationException("Node did not start.");
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limited.CancelAfter(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limited.Token);
            var errors = process.StandardError.ReadToEndAsync(limited.Token);
            await process.WaitForExitAsync(limited.Token);
            var text = await output + await errors;
            Xunit.Assert.True(process.ExitCode == 0, $"{file} ended with {process.ExitCode}: {text}");
            return text;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
