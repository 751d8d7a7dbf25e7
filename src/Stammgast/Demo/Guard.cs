using Microsoft.AspNetCore.Http.Extensions;

namespace Stammgast.Demo;

/// <summary>
/// What every answer of the demo's pages carries: a policy that runs nobody else's script, and no
/// trust in forms or host names that come from elsewhere.
/// </summary>
internal static class Guard
{
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; "
        + "img-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; "
        + "base-uri 'none'; frame-ancestors 'self'";

    /// <summary>Sets the headers and refuses what another site sends.</summary>
    public static async ValueTask<object?> ApplyAsync(
        EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "geolocation=(), camera=(), microphone=()";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.XFrameOptions = "SAMEORIGIN";
        headers.Vary = "Cookie, Accept-Language";
        // Loopback only: another name that leads here is somebody else's page (DNS rebinding).
        if (http.Request.Host.Host is not ("localhost" or "127.0.0.1" or "[::1]"))
            return Results.StatusCode(StatusCodes.Status421MisdirectedRequest);
        return HttpMethods.IsGet(http.Request.Method) || IsOwn(http.Request)
            ? await next(context)
            : Results.StatusCode(StatusCodes.Status403Forbidden);
    }

    // Browsers say where a form came from; what says nothing is no browser and holds no cookie.
    private static bool IsOwn(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0
            || origin == UriHelper.BuildAbsolute(request.Scheme, request.Host).TrimEnd('/');
    }
}
