using System.Security.Cryptography;

namespace Stammgast.Demo;

/// <summary>The shop's pages: Sporthaus Adler, as a shop of the platform's would be built.</summary>
internal sealed class ShopApi(ShopState shop, Platform platform, TimeProvider clock)
{
    /// <summary>Adds the shop's routes.</summary>
    public void Map(IEndpointRouteBuilder app)
    {
        var pages = app.MapGroup("").AddEndpointFilter(Guard.ApplyAsync).ExcludeFromDescription();
        pages.MapGet("/shop/{**name}", Assets.Serve);
        pages.MapGet("/shop/cards", Cards);
        pages.MapGet("/shop/motif", MotifPart);
        pages.MapGet("/", (Delegate)HomeAsync);
        pages.MapGet("/c/{category}", ListAsync);
        pages.MapGet("/p/{id}", ProductAsync);
        pages.MapGet("/basket", (HttpContext http) => Page(http, TillPages.Basket));
        pages.MapGet("/thanks/{order}", ThanksAsync);
        pages.MapGet("/account", (Delegate)Account);
        pages.MapPost("/account/token", (Delegate)TokenAsync);
        pages.MapPost("/basket/add", (Delegate)AddAsync);
        pages.MapPost("/basket/remove", (Delegate)RemoveAsync);
        pages.MapPost("/checkout", (Delegate)BuyAsync);
        pages.MapPost("/account/in", (Delegate)SignInAsync);
        pages.MapPost("/account/out", (Delegate)SignOut);
        pages.MapPost("/account/return", (Delegate)ReturnAsync);
    }

    private async Task<IResult> HomeAsync(HttpContext http)
    {
        var visit = Read(http);
        var answer = await platform.AskAsync(
            visit.Language, WindowPages.HomePlaces, http.RequestAborted);
        return Show(WindowPages.Home(visit, shop.Assortment, answer));
    }

    private async Task<IResult> ListAsync(HttpContext http, string category)
    {
        if (!WindowPages.Has(category))
            return Results.NotFound();
        var visit = Read(http);
        var styles = shop.Assortment.Under(category).ToList();
        var answer = styles.Exists(style => style.Sensitive)
            ? ExperienceAnswer.Silent
            : await platform.AskAsync(
                visit.Language,
                [new("listing", "rank") { ProductIds = [.. styles.Select(style => style.Id)] }],
                http.RequestAborted);
        return Show(WindowPages.List(visit, shop.Assortment, category, answer.For("listing")));
    }

    private async Task<IResult> ProductAsync(HttpContext http, string id)
    {
        if (shop.Assortment.Find(id) is not { } style)
            return Results.NotFound();
        var visit = Read(http);
        var places = ProductPage.Places(style);
        var answer = places.Count == 0
            ? ExperienceAnswer.Silent
            : await platform.AskAsync(visit.Language, places, http.RequestAborted);
        return Show(ProductPage.Show(visit, shop.Assortment, style, answer));
    }

    private async Task<IResult> ThanksAsync(HttpContext http, string order)
    {
        var visit = Read(http);
        var answer = await platform.AskAsync(
            visit.Language, [WindowPages.HomePlaces[1]], http.RequestAborted);
        return Show(TillPages.Thanks(
            visit, shop.Assortment, (order, shop.Recent(order)), answer));
    }

    // What a script puts into a slot once the platform has decided: the same markup as at first.
    private IResult Cards(HttpContext http, string ids)
    {
        var visit = Read(http);
        var styles = ids.Split(',').Take(50).Select(shop.Assortment.Find).OfType<Style>();
        return Show(Html.Of($"{styles.Select(style => Slot.Card(visit, style))}"));
    }

    private IResult MotifPart(HttpContext http, string id) =>
        Show(Motif.Of(id).Show(Read(http), shop.Assortment));

    private IResult Account(HttpContext http)
    {
        var visit = Read(http);
        return Show(visit.Patron is { } patron
            ? AccountPage.Orders(visit, patron, shop.Orders(patron))
            : AccountPage.SignIn(visit, shop.People));
    }

    private async Task<IResult> AddAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var style = shop.Assortment.Find(form["product"]);
        var variant = style?.Variants.FirstOrDefault(v => v.Id == form["variant"]);
        if (style is null || variant is null)
            return Results.NotFound();
        var basket = Read(http).Basket.With(style, variant, form["gift"] == "1");
        Keep(http, Basket.Cookie, basket.Write(), TimeSpan.FromDays(7));
        return Results.Redirect("/basket");
    }

    private async Task<IResult> RemoveAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var basket = Read(http).Basket.Without(form["variant"].ToString(), form["gift"] == "1");
        Keep(http, Basket.Cookie, basket.Write(), TimeSpan.FromDays(7));
        return Results.Redirect("/basket");
    }

    private async Task<IResult> BuyAsync(HttpContext http)
    {
        var visit = Read(http);
        if (visit.Basket.Lines.Count == 0)
            return Results.Redirect("/basket");
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var at = clock.GetUtcNow();
        var id = $"B-{at:yyMMdd}-{RandomNumberGenerator.GetHexString(6)}";
        await platform.RecordAsync(
            [ShopEvents.Ordered(visit, id, Device.Of(form), at)], http.RequestAborted);
        shop.Add(visit.Patron, ShopEvents.Booked(visit.Basket, id, at));
        http.Response.Cookies.Delete(Basket.Cookie);
        return Results.Redirect($"/thanks/{id}");
    }

    private async Task<IResult> SignInAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var wanted = form["user"].FirstOrDefault() ?? form["other"].FirstOrDefault();
        if (shop.SignIn(wanted) is not { } session)
            return Results.Redirect("/account");
        Keep(http, ShopState.Cookie, session, TimeSpan.FromHours(8));
        return Results.Redirect("/account");
    }

    // The shop vouches to the platform for whom it signed in, for this browser, for an hour.
    private async Task<IResult> TokenAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var device = Device.Of(form);
        return Read(http).Patron is { } patron && device.AnonymousId.Length > 0
            ? Results.Json(
                new IdentityAnswer(patron.UserId, platform.SignIdentity(
                    patron.UserId, device.AnonymousId, clock.GetUtcNow())),
                DemoJson.Default.IdentityAnswer)
            : Results.NoContent();
    }

    private IResult SignOut(HttpContext http)
    {
        shop.SignOut(http.Request.Cookies[ShopState.Cookie]);
        http.Response.Cookies.Delete(ShopState.Cookie);
        return Results.Redirect("/account");
    }

    private async Task<IResult> ReturnAsync(HttpContext http)
    {
        var visit = Read(http);
        if (visit.Patron is not { } patron)
            return Results.Redirect("/account");
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var slip = new ReturnSlip(form["order"].ToString(), form["variant"].ToString(),
            form["reason"].ToString(), clock.GetUtcNow());
        if (shop.Return(patron, slip) is { } line)
            await platform.RecordAsync(
                [ShopEvents.Returned(patron.UserId, slip.OrderId, line)], http.RequestAborted);
        return Results.Redirect("/account");
    }

    private Visit Read(HttpContext http)
    {
        var request = http.Request;
        var language = Language.Of(request);
        if (request.Query.ContainsKey("lang"))
            Keep(http, "lang", language.Tag, TimeSpan.FromDays(180));
        return new()
        {
            Language = language,
            Path = request.Path,
            Basket = Basket.Read(request.Cookies[Basket.Cookie], shop.Assortment),
            WriteKey = platform.WriteKey,
            Patron = shop.Who(request.Cookies[ShopState.Cookie]),
        };
    }

    private IResult Page(HttpContext http, Func<Visit, Html> page) => Show(page(Read(http)));

    private static IResult Show(Html html) => Results.Content(html.Text, "text/html; charset=utf-8");

    private static void Keep(
        HttpContext http, string name, string value, TimeSpan age) =>
        http.Response.Cookies.Append(name, value, new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Secure = http.Request.IsHttps,
            MaxAge = age,
        });
}
