using System.Buffers.Text;
using System.IO.Compression;
using System.Net.Mime;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Stammgast.Storage;

namespace Stammgast.Catalogue;

/// <summary>
/// <c>/v1/catalog/products</c>: the shop's articles, for admin keys. A write says per item what is
/// wrong and where; the good items of a feed are kept.
/// </summary>
internal static class CatalogueApi
{
    private const int BodyBytes = 64 * 1024 * 1024;
    private const int MaxFaults = 1_000;
    private const int DefaultPage = 100;
    private const int MaxPage = 1_000;

    /// <summary>Adds the routes.</summary>
    /// <param name="app">Where.</param>
    /// <param name="worker">The catalogue.</param>
    /// <param name="time">The clock.</param>
    /// <param name="guard">Refuses requests without an admin key; null lets one pass.</param>
    public static void Map(
        IEndpointRouteBuilder app, CatalogueWorker worker, TimeProvider time,
        Func<HttpContext, Problem?> guard)
    {
        var products = app.MapGroup("/v1/catalog/products").WithTags("Catalogue");
        products.AddEndpointFilter((context, next) =>
            guard(context.HttpContext) is { } refused
                ? ValueTask.FromResult<object?>(refused.ToResult()) : next(context));
        products.MapPut("", (HttpContext http, CancellationToken cancel) =>
                PutAsync(http, worker, time, cancel))
            .WithSummary("Adds or replaces products: JSON, NDJSON, CSV or a Google Merchant feed.");
        products.MapGet("", (string? cursor, int? limit) => List(worker.Current, cursor, limit))
            .WithSummary("Lists products by id.");
        products.MapGet("{id}", (string id) => One(worker.Current, id))
            .WithSummary("Shows a product.");
        products.MapDelete("{id}", async (string id, CancellationToken cancel) =>
                await worker.DeleteAsync(id, cancel)
                    ? Results.NoContent() : Problems.NotFound("product").ToResult())
            .WithSummary("Forgets a product.");
    }

    private static async Task<IResult> PutAsync(
        HttpContext http, CatalogueWorker worker, TimeProvider time, CancellationToken cancel)
    {
        var (body, refused) = await ReadBodyAsync(http.Request, cancel);
        if (refused is not null)
            return refused.ToResult();
        var parsed = Parse(http.Request.ContentType, body, time.GetUtcNow().ToUnixTimeMilliseconds());
        if (parsed is null)
            return Problems.UnsupportedMedia("Products come as application/json, "
                + "application/x-ndjson, text/csv, application/xml (a Google Merchant feed) or "
                + "text/tab-separated-values.").ToResult();
        if (parsed.Unreadable is { } why)
            return Problems.Malformed(why).ToResult();
        try
        {
            await worker.UpsertAsync(parsed.Products, cancel);
        }
        catch (OverloadedException full)
        {
            return Problems.Unavailable(full.RetryAfter).ToResult();
        }
        return Json(parsed.Products.Count == 0 && parsed.Faults.Count > 0 ? 422 : 200,
            json => Answer(json, parsed, worker.Current.Version));
    }

    private static ParsedProducts? Parse(string? contentType, byte[] body, long nowMs)
    {
        var kind = MediaType(contentType);
        return kind switch
        {
            "application/json" or "text/json" => ProductReader.ReadJson(body, nowMs),
            "application/x-ndjson" or "application/ndjson" or "application/jsonl" =>
                ProductReader.ReadNdjson(body, nowMs),
            "text/csv" => ProductTable.ReadCsv(body, nowMs),
            "text/tab-separated-values" => MerchantFeed.ReadTsv(body, nowMs),
            "application/xml" or "text/xml" or "application/rss+xml" or "application/atom+xml" =>
                MerchantFeed.ReadXml(body, nowMs),
            _ => null,
        };
    }

    private static string MediaType(string? contentType)
    {
        try
        {
            return contentType is null ? "" : new ContentType(contentType).MediaType.ToLowerInvariant();
        }
        catch (FormatException)
        {
            return "";
        }
    }

    // Bounded after decompression, so that a small bomb cannot fill the memory.
    private static async Task<(byte[] Body, Problem? Refused)> ReadBodyAsync(
        HttpRequest request, CancellationToken cancel)
    {
        var encoding = request.Headers.ContentEncoding.ToString();
        if (encoding is not ("" or "identity" or "gzip"))
            return ([], Problems.UnsupportedMedia("Content-Encoding is gzip or none."));
        await using var plain = encoding == "gzip"
            ? new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true) : request.Body;
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = BodyBytes;
        using var body = new MemoryStream();
        var buffer = new byte[64 * 1024];
        try
        {
            for (int read; (read = await plain.ReadAsync(buffer, cancel)) > 0;)
            {
                if (body.Length + read > BodyBytes)
                    return ([], Problems.TooLarge(BodyBytes));
                body.Write(buffer, 0, read);
            }
        }
        catch (InvalidDataException)
        {
            return ([], Problems.Malformed("The body is not gzip as its header says."));
        }
        return (body.ToArray(), null);
    }

    private static void Answer(Utf8JsonWriter json, ParsedProducts parsed, long version)
    {
        var bad = parsed.Faults.Select(fault => fault.Index).Distinct().Count();
        json.WriteStartObject();
        json.WriteNumber("accepted", parsed.Products.Count);
        json.WriteNumber("rejected", bad);
        json.WriteNumber("version", version);
        json.WriteStartArray("errors");
        foreach (var fault in parsed.Faults.Take(MaxFaults))
        {
            json.WriteStartObject();
            json.WriteNumber("index", fault.Index);
            json.WriteString("id", fault.ProductId);
            json.WriteString("pointer", fault.Pointer);
            json.WriteString("code", fault.Code);
            json.WriteString("detail", fault.Detail);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static IResult List(CatalogueSnapshot catalogue, string? cursor, int? limit)
    {
        var count = limit ?? DefaultPage;
        if (count is < 1 or > MaxPage)
            return Problems.Invalid($"From 1 to {MaxPage}.", "/limit").ToResult();
        var after = "";
        if (cursor is not null && !TryCursor(cursor, out after))
            return Problems.Invalid("Not a cursor of this list.", "/cursor").ToResult();
        var page = catalogue.PageAfter(after, count);
        return Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("data");
            foreach (var product in page)
                ProductWriter.Write(json, product);
            json.WriteEndArray();
            if (page.Count == count)
                json.WriteString("next", Base64Url.EncodeToString(Encoding.UTF8.GetBytes(page[^1].Id)));
            else
                json.WriteNull("next");
            json.WriteEndObject();
        });
    }

    private static bool TryCursor(string cursor, out string after)
    {
        after = "";
        var bytes = new byte[Base64Url.GetMaxDecodedLength(cursor.Length)];
        if (!Base64Url.TryDecodeFromChars(cursor, bytes, out var written))
            return false;
        after = Encoding.UTF8.GetString(bytes.AsSpan(0, written));
        return true;
    }

    private static IResult One(CatalogueSnapshot catalogue, string id) =>
        catalogue.TryGet(id, out var product)
            ? Json(200, json => ProductWriter.Write(json, product))
            : Problems.NotFound("product").ToResult();

    private static IResult Json(int status, Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
            write(json);
        return Results.Text(buffer.ToArray().AsSpan(), "application/json", status);
    }
}
