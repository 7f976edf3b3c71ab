using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Nacre.Attestation.Remote;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.Formats.Json;

namespace Nacre.Attestation.Services;

/// <summary>
/// The REST contract of upstream's Attestation Service (trust.md 3.2): a token or a text on success, 500 with the causes when a call fails, as its
/// clients expect; beyond it 403 for who may not, <c>GET /policy/{id}</c> and <c>GET /readyz</c>.
/// </summary>
/// <param name="callers">Do the work: for callers without a client certificate, and for those with one.</param>
/// <param name="state">Of the server around it.</param>
/// <param name="origins">Web pages that may call, by origin (CORS); none without.</param>
/// <param name="log">Told of failures that the caller does not get to see.</param>
internal sealed partial class AttestationEndpoints(
    (AttestationCalls Anonymous, AttestationCalls Known) callers, IServiceState state, IReadOnlyList<string> origins,
    ILogger<AttestationEndpoints> log)
{
    public const int MaxBodyBytes = 2 << 20;
    private const string Json = "application/json";
    private const string PolicyPath = "/policy/";

    private static readonly string[] s_methods = ["GET", "POST", "OPTIONS"];
    private static readonly string[] s_paths =
        ["/attestation", "/policy", "/challenge", "/.well-known/jwks.json", "/healthz", "/readyz"];

    public void Map(IApplicationBuilder app) => app.Run(ServeAsync);

    private async Task ServeAsync(HttpContext context)
    {
        AllowOrigin(context);
        using var watched = state.Begin(context.Request.Headers.TraceParent, context.Request.Headers.TraceState);
        var (status, type, body) = await AnswerAsync(context);
        var (method, route) = RouteOf(context.Request);
        watched.EndRequest(method, route, status);
        if (state.IsDraining)
            context.Response.Headers.Connection = "close";
        context.Response.StatusCode = status;
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        if (body.Length > 0)
        {
            context.Response.ContentType = type;
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    private async Task<(int Status, string Type, byte[] Body)> AnswerAsync(HttpContext context)
    {
        try
        {
            var path = context.Request.Path.Value ?? "";
            var calls = context.Connection.ClientCertificate is null ? callers.Anonymous : callers.Known;
            return (context.Request.Method, path) switch
            {
                ("POST", "/attestation") => Text(await EvaluateAsync(calls, await ReadAsync(context), context.RequestAborted)),
                ("POST", "/policy") => Text(await SetPolicyAsync(calls, await ReadAsync(context), context.RequestAborted)),
                ("GET", "/policy") => (200, Json, await ListPoliciesAsync(calls, context.RequestAborted)),
                ("GET", _) when path.StartsWith(PolicyPath, StringComparison.Ordinal) =>
                    await calls.FindPolicyAsync(path[PolicyPath.Length..], context.RequestAborted) is { } policy
                        ? Text(policy.Document.Text) : Text("there is no such policy", 404),
                ("POST", "/challenge") => Text(Challenge(calls, await ReadAsync(context))),
                ("GET", "/.well-known/jwks.json") => (200, Json, await calls.KeySetAsync(context.RequestAborted)),
                ("GET", "/healthz") => Text(""),
                ("GET", "/readyz") => await ReadyAsync(context.RequestAborted),
                ("OPTIONS", _) => (204, Json, []),
                _ => Text("there is no such thing here", 404),
            };
        }
        catch (ServiceCallException e)
        {
            return Text($"An internal error occured: {e.Causes}", e.IsForbidden ? 403 : 500);
        }
        catch (AttestationUnavailableException e)
        {
            return Text($"An internal error occured: \n0: {e.Message}", 503);
        }
        catch (MalformedDataException e)
        {
            return Text(e.Message, 400);
        }
        catch (BadHttpRequestException e)
        {
            return Text($"the request cannot be read: {e.Message}", e.StatusCode);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return Text("", 499);
        }
#pragma warning disable CA1031 // The boundary: the peer gets a status and nothing of the inside.
        catch (Exception e)
        {
            LogUnexpected(log, e);
            return Text("An internal error occured: \n0: the log of the server says which", 500);
        }
#pragma warning restore CA1031
    }

    private async ValueTask<(int Status, string Type, byte[] Body)> ReadyAsync(CancellationToken cancel)
    {
        var (isReady, report) = await state.CheckAsync(cancel);
        return (isReady ? 200 : StatusCodes.Status503ServiceUnavailable, Json, JsonText.Utf8(report));
    }

    // For traces and metrics: what a caller made up is not told there.
    private static (string Method, string Route) RouteOf(HttpRequest request)
    {
        var method = s_methods.Contains(request.Method) ? request.Method : "other";
        var path = request.Path.Value ?? "";
        return (method, s_paths.Contains(path) ? path[1..] : path.StartsWith(PolicyPath, StringComparison.Ordinal) ? "policy/{id}" : "none");
    }

    private static async ValueTask<string> EvaluateAsync(AttestationCalls calls, byte[] body, CancellationToken cancel)
    {
        using var document = StrictJson.Parse(body, "attestation", MaxBodyBytes);
        var fields = new JsonFields("attestation", document.RootElement);
        fields.Only("verification_requests", "policy_ids");
        var policies = fields.Array("policy_ids").Select(item => item.ValueKind == JsonValueKind.String
            ? item.GetString()! : throw fields.Malformed("policy_ids", "must hold strings"));
        return await calls.EvaluateAsync([.. fields.Array("verification_requests").Select(Read)], [.. policies], cancel);
    }

    private static EvaluationItem Read(JsonElement element)
    {
        var fields = new JsonFields("verification_request", element);
        fields.Only("tee", "evidence", "runtime_data", "init_data", "runtime_data_hash_algorithm");
        var runtime = fields.FindObject("runtime_data");
        runtime?.Only("raw", "structured");
        var initData = fields.FindObject("init_data");
        initData?.Only("init_data_digest", "init_data_toml");
        return new EvaluationItem
        {
            Tee = fields.Text("tee", 64),
            Evidence = fields.Text("evidence", MaxBodyBytes),
            RawRuntimeData = runtime?.FindText("raw"),
            StructuredRuntimeData = runtime?.Find("structured")?.GetRawText(),
            InitDataDigest = initData?.FindText("init_data_digest", 256),
            InitDataToml = initData?.FindText("init_data_toml", MaxBodyBytes),
            HashAlgorithm = fields.FindText("runtime_data_hash_algorithm", 16) ?? "",
        };
    }

    private static async ValueTask<string> SetPolicyAsync(AttestationCalls calls, byte[] body, CancellationToken cancel)
    {
        using var document = StrictJson.Parse(body, "policy", MaxBodyBytes);
        var fields = new JsonFields("policy", document.RootElement);
        fields.Only("type", "policy_id", "policy");
        await calls.SetPolicyAsync(fields.Text("policy_id", 128), fields.Text("policy", MaxBodyBytes), "REST", cancel);
        return "";
    }

    private static async ValueTask<byte[]> ListPoliciesAsync(AttestationCalls calls, CancellationToken cancel) => JsonText.Utf8(new JsonArray(
        [.. (await calls.PoliciesAsync(cancel)).Select(policy => new JsonObject { ["policy-id"] = policy.Document.Id })]));

    private static string Challenge(AttestationCalls calls, byte[] body)
    {
        using var document = StrictJson.Parse(body, "challenge", MaxBodyBytes);
        var fields = new JsonFields("challenge", document.RootElement);
        fields.Only("tee", "tee_params");
        return calls.Challenge(fields.FindText("tee", 64), fields.FindText("tee_params"));
    }

    // Counted here and not by the web server, which would close the connection before its peer could read why.
    private static async Task<byte[]> ReadAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        var chunk = new byte[16 * 1024];
        while (await context.Request.Body.ReadAsync(chunk, context.RequestAborted) is > 0 and var count)
        {
            await body.WriteAsync(chunk.AsMemory(0, count), context.RequestAborted);
            if (body.Length > MaxBodyBytes)
                throw new BadHttpRequestException($"the body is larger than {MaxBodyBytes} bytes", StatusCodes.Status413PayloadTooLarge);
        }

        return body.ToArray();
    }

    private void AllowOrigin(HttpContext context)
    {
        if (context.Request.Headers.Origin is not [{ } origin] || !origins.Contains(origin))
            return;

        var headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = origin;
        headers.AccessControlAllowMethods = "POST, GET, OPTIONS";
        headers.AccessControlAllowHeaders = "content-type, authorization";
        headers.AccessControlMaxAge = "86400";
        headers.Vary = "Origin";
    }

    private static (int Status, string Type, byte[] Body) Text(string text, int status = 200) =>
        (status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text));

    [LoggerMessage(Level = LogLevel.Error, Message = "A request failed in a way that was not foreseen")]
    private static partial void LogUnexpected(ILogger log, Exception e);
}
