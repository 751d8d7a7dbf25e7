namespace Stammgast.Collect;

/// <summary>
/// Cross-origin calls. A preflight carries no key, so it is answered for any page and any header;
/// the call itself is refused if its key does not allow the page. Credentials are allowed, since
/// our SDK sends the session along; it is SameSite=Lax, so that pages of other sites never have it.
/// </summary>
internal static class CorsApi
{
    // Chrome's own upper bound is two hours.
    private const string PreflightSeconds = "7200";
    private const int HeaderChars = 1024;

    /// <summary>Answers preflights of these paths.</summary>
    public static void MapPreflight(IEndpointRouteBuilder app, IEnumerable<string> paths)
    {
        foreach (var path in paths)
            app.MapMethods(path, [HttpMethods.Options], Preflight).ExcludeFromDescription();
    }

    /// <summary>Lets the page that called read the answer.</summary>
    public static void AllowAnswer(HttpContext http)
    {
        var origin = http.Request.Headers.Origin.ToString();
        if (origin.Length == 0)
            return;
        var headers = http.Response.Headers;
        headers.AccessControlAllowOrigin = origin;
        headers.AccessControlExposeHeaders = "Retry-After";
        headers.Vary = "Origin";
        headers.AccessControlAllowCredentials = "true";
    }

    private static IResult Preflight(HttpContext http)
    {
        var request = http.Request.Headers;
        var headers = http.Response.Headers;
        var origin = request.Origin.ToString();
        if (origin.Length == 0)
            return Results.NoContent();
        var wanted = request.AccessControlRequestHeaders.ToString();
        headers.AccessControlAllowOrigin = origin;
        headers.AccessControlAllowCredentials = "true";
        headers.AccessControlAllowMethods = "GET, POST, OPTIONS";
        var known = wanted.Length is > 0 and <= HeaderChars && AreTokens(wanted);
        headers.AccessControlAllowHeaders = known
            ? wanted
            : "Authorization, Content-Type, X-Retry-Count";
        headers.AccessControlMaxAge = PreflightSeconds;
        headers.Vary = "Origin, Access-Control-Request-Headers";
        return Results.NoContent();
    }

    private static bool AreTokens(string names)
    {
        foreach (var letter in names)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '_' or ',' or ' '))
                return false;
        }
        return true;
    }
}
