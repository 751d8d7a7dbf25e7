using Microsoft.AspNetCore.Server.Kestrel.Core;
using Stammgast.Collect;

namespace Stammgast;

/// <summary>Puts the rooms together into one process. No business rule in here.</summary>
internal static class Rooms
{
    /// <summary>A cell's web application, not yet started.</summary>
    public static WebApplication Build(int port, DirectoryInfo data)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, port));
        data.Create();
        var app = builder.Build();
        app.MapGet("/health/live", () => Results.Text("alive"));
        SdkApi.Map(app);
        return app;
    }

    private static void Listen(KestrelServerOptions kestrel, int port)
    {
        kestrel.AddServerHeader = false;
        kestrel.ListenLocalhost(port);
    }
}
