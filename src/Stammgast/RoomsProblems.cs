using Stammgast.Storage;

namespace Stammgast;

/// <summary>
/// Gives a problem document to every refusal that no room wrote one for: an unknown path, a wrong
/// method, a parameter that cannot be read, a full store, a bug.
/// </summary>
internal static partial class RoomsProblems
{
    /// <summary>Stands before all routes.</summary>
    public static void Use(WebApplication app)
    {
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Stammgast");
        app.Use((http, next) => AnswerAsync(http, next, log));
    }

    private static async Task AnswerAsync(HttpContext http, RequestDelegate next, ILogger log)
    {
        try
        {
            await next(http);
        }
        catch (Exception refused) when (!http.Response.HasStarted
            && refused is OverloadedException or StorageFailedException)
        {
            // 503 whichever route met it: SDKs keep what gets that, and drop what gets 4xx.
            http.Response.Clear();
            var soon = (refused as OverloadedException)?.RetryAfter ?? TimeSpan.FromSeconds(5);
            await Problems.Unavailable(soon).ToResult().ExecuteAsync(http);
            return;
        }
        catch (BadHttpRequestException unreadable) when (!http.Response.HasStarted)
        {
            http.Response.StatusCode = unreadable.StatusCode;
        }
        catch (Exception bug) when (!http.Response.HasStarted
            && !http.RequestAborted.IsCancellationRequested)
        {
            Failed(log, bug);
            http.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }
        var response = http.Response;
        if (!response.HasStarted && response.StatusCode >= 400 && response.ContentType is null
            && Of(response.StatusCode) is { } problem)
            await problem.ToResult().ExecuteAsync(http);
    }

    private static Problem? Of(int status) => status switch
    {
        StatusCodes.Status400BadRequest => Problems.Malformed(
            "A parameter or the body cannot be read: see docs/HTTP.md for what this call takes."),
        StatusCodes.Status404NotFound => Problems.NoRoute(),
        StatusCodes.Status405MethodNotAllowed => Problems.WrongMethod(),
        StatusCodes.Status415UnsupportedMediaType =>
            Problems.UnsupportedMedia("Send Content-Type: application/json."),
        StatusCodes.Status500InternalServerError => Problems.Failed(),
        _ => null,
    };

    [LoggerMessage(2, LogLevel.Error, "A call failed by a bug.")]
    private static partial void Failed(ILogger log, Exception bug);
}
